import { Announcer, browserTimer, type Timer } from '@wardline/ui/plain';
import { toBase64 } from '@wardline/client/log';
import { LogMemory } from '../src/proof/log-memory';
import { Router } from '../src/route';
import { Session } from '../src/session/session';
import type { Tools } from '../src/views/page';
import { FakeServer } from './fake/server';
import { Signer } from './fake/signer';
import type { Scene } from './scenes';

export const now = new Date('2026-11-23T09:45:00Z');

export class MapStorage {
  readonly kept = new Map<string, string>();
  getItem = (key: string): string | null => this.kept.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.kept.set(key, value);
  removeItem = (key: string): void => void this.kept.delete(key);
}

export interface World {
  tools: Tools;
  server: FakeServer;
  saved: { file: Blob; name: string }[];
  /** Comes to the page, as the scene says. */
  arrive(): Promise<void>;
}

/** The real pages before a server that is not there, but whose log is real. */
export async function makeWorld(scene: Scene, timer: Timer = browserTimer): Promise<World> {
  const signer = await Signer.make();
  const server = await FakeServer.make(scene, now, signer);
  const address = new URL(scene.at ?? '/admin/', 'http://localhost');
  const move = (to: string) => { address.href = new URL(to, address).href; };
  const router = new Router({ location: () => address, history: { pushState: (_, __, to) => move(String(to)), replaceState: (_, __, to) => move(String(to)) } });
  const [session, local] = [new MapStorage(), new MapStorage()];
  if (scene.me !== undefined) session.setItem('wardline.admin.person', scene.me.id);
  if (scene.seen !== undefined) local.setItem('wardline.admin.log', await seen(scene.seen, server));
  const saved: World['saved'] = [];
  const tools: Tools = {
    session: new Session({ fetcher: server.fetcher, storage: session }), router,
    announcer: new Announcer(), memory: new LogMemory(local, () => now), timer, storage: local, now: () => now,
    save: (file, name) => saved.push({ file, name }),
  };
  return { tools, server, saved, arrive: () => tools.session.arrive(scene.secret ?? null) };
}

async function seen(what: NonNullable<Scene['seen']>, server: FakeServer): Promise<string> {
  const size = typeof what === 'number' ? what : what === 'longer' ? server.entries.length + 7 : server.entries.length - 3;
  const root = typeof what === 'number' ? await server.tree.root(size) : new Uint8Array(32).fill(7);
  return JSON.stringify({ verifierKey: server.signer.verifierKey, root: toBase64(root), size, at: '2026-11-16T14:02:00Z', first: { size, at: '2026-11-16T14:02:00Z' } });
}

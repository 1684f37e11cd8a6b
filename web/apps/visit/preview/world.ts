import { Announcer, browserTimer } from '@wardline/ui/plain';
import { Desk } from '../src/devices/desk';
import { type Ear, Listener } from '../src/devices/listen';
import { resumeTracks } from '../src/devices/resume';
import { Flow } from '../src/flow/flow';
import { People } from '../src/flow/people';
import { Resume } from '../src/flow/resume';
import type { Tools } from '../src/views/page';
import type { FakeDevices } from './fake-devices';
import { FakeSession } from './fake-session';
import { visit } from './people';
import type { Scene } from './scenes';

export interface World {
  tools: Tools;
  session: FakeSession;
  /** Arrives, joins, and lets happen what the scene says. */
  play(): Promise<void>;
}

/** The real page on a scripted visit: everything but the server, the devices and the other people. */
export function makeWorld(scene: Scene, devices: FakeDevices, pause: (ms: number) => Promise<void>): World {
  if (scene.devices !== undefined) devices.devices = scene.devices;
  if (scene.refuseDevices !== undefined) devices.refusal = { camera: scene.refuseDevices, microphone: scene.refuseDevices };

  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const info = scene.info ?? visit;
  const session = new FakeSession(scene.refuseJoin ?? scene.joined ?? { phase: 'waiting' });
  const desk = new Desk(devices.ports);
  const flow = new Flow('v1', 'secret', {
    checkSupport: () => ({ supported: scene.unsupported === undefined, missing: [...(scene.unsupported ?? [])] }),
    exchangeLink: () => scene.neverAnswers ? new Promise(() => undefined)
      : scene.refuseLink !== undefined ? Promise.reject(scene.refuseLink) : Promise.resolve({ person: info.you, visit: 'v1' }),
    loadVisit: () => Promise.resolve(info),
    signOut: () => Promise.resolve(),
    openSession: () => scene.joinsSlowly ? new Promise(() => undefined) : Promise.resolve(session),
    tracks: (mark) => resumeTracks(desk, mark),
    releaseDevices: () => desk.release(),
    people: new People({ session: storage, local: storage }),
    resume: new Resume({ session: storage, local: storage }, () => Date.now()),
    timer: { now: () => 0, after: (ms, act) => browserTimer.after(Math.min(ms, 100), act) },
  });
  const steady: Ear = { hear: (samples) => { samples.fill(0.06); return true; }, close: () => undefined };
  const tools: Tools = {
    flow, desk, storage, listener: new Listener(() => steady, browserTimer), announcer: new Announcer(),
    platform: { browser: 'chrome-desktop', system: 'mac' }, tone: () => undefined,
  };

  const play = async (): Promise<void> => {
    await flow.arrive();
    if (scene.joined === undefined && scene.refuseJoin === undefined && scene.joinsSlowly !== true) return;
    for (let tries = 0; desk.state.get().camera.state === 'off' || desk.state.get().camera.state === 'asking'; tries++) {
      if (tries > 60) throw new Error('The camera never came');
      await pause(25);
    }
    const joined = flow.join();
    if (scene.joinsSlowly === true) return pause(150);
    await joined;
    if (scene.then === undefined) return;
    await pause(50);
    session.change(scene.then);
  };
  return { tools, session, play };
}

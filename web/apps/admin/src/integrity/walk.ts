import { type Checkpoint, equal, leafHash } from '@wardline/client/log';
import { Store, type Timer } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { codeOf } from '../api/http';
import { type Link, timeInPlace } from '../proof/entry-bytes';
import type { LogFault, LogMemory } from '../proof/log-memory';
import { Frontier } from '../proof/merkle';

/*
 *   idle ──[start]──► going ──[the root is the signed one]──► held
 *                      │  ▲ └──[an entry, or the root, is wrong]──► broken
 *              [stop, no answer]
 *                      ▼  │ [go on]
 *                    stopped
 */
export type WalkState =
  | { at: 'idle' }
  | { at: 'going' | 'stopped'; done: number; total: number; code: string | null; perSecond: number | null }
  | { at: 'held'; total: number }
  /** `index`: the first entry that does not follow the one before; null when only the end is wrong. */
  | { at: 'broken'; done: number; total: number; index: number | null; fault: LogFault | null };

/** C2SP tlog-tiles: entries in one bundle. */
export const bundleSize = 256;

interface Walk {
  checkpoint: Checkpoint;
  frontier: Frontier;
  last: Link | null;
}

/** Recomputes the whole log in this browser, entry by entry, without believing the server anything. */
export class LogWalk {
  readonly state = new Store<WalkState>({ at: 'idle' });
  #walk: Walk | null = null;
  #stop = false;
  #asking: AbortController | null = null;

  constructor(private readonly api: Pick<AdminApi, 'bundle' | 'checkpoint' | 'consistency'>, private readonly memory: LogMemory, private readonly timer: Pick<Timer, 'now'>) {}

  async start(): Promise<void> {
    if (this.state.get().at === 'going') return;
    this.#stop = false;
    this.#walk = null;
    this.state.set({ at: 'going', done: 0, total: 0, code: null, perSecond: null });
    try {
      const log = await this.memory.check(this.api, () => this.api.checkpoint());
      if (!log.holds) return this.state.set({ at: 'broken', done: 0, total: 0, index: null, fault: log.fault });
      this.#walk = { checkpoint: log.checkpoint, frontier: new Frontier(), last: null };
    } catch (error) {
      return this.state.set({ at: 'stopped', done: 0, total: 0, code: codeOf(error), perSecond: null });
    }
    return this.run(this.#walk);
  }

  goOn(): Promise<void> {
    if (this.state.get().at !== 'stopped') return Promise.resolve();
    return this.#walk === null ? this.start() : this.run(this.#walk);
  }

  stop(): void {
    this.#stop = true;
    this.#asking?.abort();
  }

  private async run(walk: Walk): Promise<void> {
    const total = walk.checkpoint.size;
    this.#stop = false;
    const [begun, before] = [this.timer.now(), walk.frontier.size];
    const say = (at: 'going' | 'stopped', code: string | null) => {
      const [done, seconds] = [walk.frontier.size, (this.timer.now() - begun) / 1000];
      // The first moments say nothing about the rest.
      this.state.set({ at, done, total, code, perSecond: seconds > 1 && done > before ? (done - before) / seconds : null });
    };
    try {
      while (walk.frontier.size < total) {
        say('going', null);
        this.#asking = new AbortController();
        const number = Math.floor(walk.frontier.size / bundleSize);
        const entries = readBundle(await this.api.bundle(number, this.#asking.signal));
        // What lies behind the checkpoint is not signed by it; what was done of this bundle is not done again.
        const wanted = entries?.slice(walk.frontier.size - number * bundleSize, Math.min(bundleSize, total - number * bundleSize)) ?? [];
        if (wanted.length === 0) return this.broken(walk, walk.frontier.size);
        for (const entry of wanted) {
          if (this.#stop) return say('stopped', null);
          const time = timeInPlace(entry, walk.frontier.size, walk.last);
          if (time === null) return this.broken(walk, walk.frontier.size);
          const leaf = await leafHash(entry);
          await walk.frontier.add(leaf);
          walk.last = { leaf, time };
        }
      }
      if (!equal(await walk.frontier.root(), walk.checkpoint.root)) return this.broken(walk, null);
      this.state.set({ at: 'held', total });
    } catch (error) {
      say('stopped', this.#stop ? null : codeOf(error));
    }
  }

  private broken(walk: Walk, index: number | null): void {
    this.state.set({ at: 'broken', done: walk.frontier.size, total: walk.checkpoint.size, index, fault: null });
  }
}

/** C2SP tlog-tiles, entry bundle: each entry behind its length in two bytes, big-endian. Null when it ends too early. */
export function readBundle(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] | null {
  const entries: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length;) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined) return null;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) return null;
    entries.push(new Uint8Array(bytes.slice(at + 2, end)));
    at = end;
  }
  return entries;
}

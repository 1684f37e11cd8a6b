import { Store, type Timer } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { codeOf, isAbort } from '../api/http';
import type { Integrity } from '../api/types';
import { type LogMemory, type LogView } from '../proof/log-memory';

export interface WatchState {
  integrity: Integrity | null;
  /** What this browser found itself; null until it has looked. */
  log: LogView | null;
  code: string | null;
  busy: boolean;
}

/** How often the state is asked for on its own page, and on the others. */
export const lookingEveryMs = 10_000;
export const quietEveryMs = 60_000;

/** The server says so, or this browser has found it. */
export const isBroken = ({ integrity, log }: WatchState): boolean => integrity?.state === 'broken' || log?.holds === false;

/** The state of the log, kept fresh while somebody is here. */
export class IntegrityWatch {
  readonly state = new Store<WatchState>({ integrity: null, log: null, code: null, busy: true });
  #everyMs = quietEveryMs;
  #cancel: (() => void) | null = null;
  #asking: AbortController | null = null;

  constructor(
    private readonly api: Pick<AdminApi, 'integrity' | 'checkpoint' | 'consistency'>,
    private readonly memory: LogMemory,
    private readonly timer: Timer,
  ) {}

  async open(): Promise<void> {
    this.close();
    const asking = new AbortController();
    this.#asking = asking;
    this.state.update({ busy: true });
    try {
      const integrity = await this.api.integrity(asking.signal);
      const log = await this.memory.check(this.api, () => this.api.checkpoint(asking.signal));
      if (asking === this.#asking) this.state.set({ integrity, log, code: null, busy: false });
    } catch (error) {
      // What was known stays on the page, with the word that it is old.
      if (asking === this.#asking && !isAbort(error)) this.state.update({ code: codeOf(error), busy: false });
    }
    if (asking === this.#asking) this.wait();
  }

  /** Sooner or later than until now, from the next time on; at once when it became sooner. */
  every(ms: number): void {
    const sooner = ms < this.#everyMs;
    this.#everyMs = ms;
    if (this.#cancel === null) return;
    if (sooner) void this.open();
    else this.wait();
  }

  close(): void {
    this.#asking?.abort();
    this.#asking = null;
    this.#cancel?.();
    this.#cancel = null;
  }

  /** After the hospital said that its log was restored or replaced. */
  forget(): Promise<void> {
    this.memory.forget();
    return this.open();
  }

  private wait(): void {
    this.#cancel?.();
    this.#cancel = this.timer.after(this.#everyMs, () => void this.open());
  }
}

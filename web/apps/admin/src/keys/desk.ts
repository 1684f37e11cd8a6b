import { Store, type Timer } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { codeOf } from '../api/http';
import type { Keys, Rewrap } from '../api/types';

export interface DeskState {
  keys: Keys | null;
  busy: boolean;
  code: string | null;
  /** The tenant whose key is being turned, and why the last act did not happen. */
  turning: string | null;
  actCode: string | null;
  /** The last key that was turned here. */
  turned: { tenant: string; version: number } | null;
}

/** While re-wrapping runs its progress is asked for this often; otherwise all is, more rarely. */
export const rewrapEveryMs = 500;
export const keysEveryMs = 30_000;

/** Keys as they are, and the two things that one can do about them. */
export class KeyDesk {
  readonly state = new Store<DeskState>({ keys: null, busy: true, code: null, turning: null, actCode: null, turned: null });
  #cancel: (() => void) | null = null;
  #open = false;

  constructor(
    private readonly api: Pick<AdminApi, 'keys' | 'turn' | 'rewrap' | 'startRewrap' | 'stopRewrap'>,
    private readonly timer: Timer,
  ) {}

  open(): Promise<void> {
    this.#open = true;
    return this.load();
  }

  close(): void {
    this.#open = false;
    this.#cancel?.();
  }

  async turn(tenant: string): Promise<void> {
    if (this.state.get().turning !== null) return;
    this.state.update({ turning: tenant, actCode: null, turned: null });
    try {
      const keys = await this.api.turn(tenant);
      const version = Math.max(...keys.keys.filter((key) => key.tenant === tenant && key.purpose === 'data').map((key) => key.version));
      this.state.update({ keys, turning: null, turned: { tenant, version } });
    } catch (error) {
      this.state.update({ turning: null, actCode: codeOf(error) });
    }
  }

  /** Begins re-wrapping, or goes on where it was stopped. */
  startRewrap(): Promise<void> {
    return this.act(() => this.api.startRewrap());
  }

  stopRewrap(): Promise<void> {
    return this.act(() => this.api.stopRewrap());
  }

  private async act(act: () => Promise<Rewrap>): Promise<void> {
    this.state.update({ actCode: null });
    try {
      this.show(await act());
    } catch (error) {
      this.state.update({ actCode: codeOf(error) });
    }
  }

  private async load(): Promise<void> {
    this.state.update({ busy: true });
    try {
      const keys = await this.api.keys();
      this.state.update({ keys, busy: false, code: null });
    } catch (error) {
      this.state.update({ busy: false, code: codeOf(error) });
    }
    this.next();
  }

  private async follow(): Promise<void> {
    try {
      const rewrap = await this.api.rewrap();
      // What the keys are wrapped under has changed with the last one.
      if (rewrap.state !== 'running') return await this.load();
      this.show(rewrap);
    } catch (error) {
      this.state.update({ code: codeOf(error) });
      this.next();
    }
  }

  private show(rewrap: Rewrap): void {
    const { keys } = this.state.get();
    if (keys !== null) this.state.update({ keys: { ...keys, rewrap }, code: null });
    this.next();
  }

  private next(): void {
    this.#cancel?.();
    if (!this.#open) return;
    const running = this.state.get().keys?.rewrap.state === 'running';
    this.#cancel = this.timer.after(running ? rewrapEveryMs : keysEveryMs, () => void (running ? this.follow() : this.load()));
  }
}

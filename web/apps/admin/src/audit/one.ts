import { Store } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { ApiError, codeOf, isAbort } from '../api/http';
import type { OneEntry } from '../api/types';
import { pretty } from '../proof/entry-bytes';
import { readProofFile } from '../proof/proof-file';

export type OneState = { at: 'loading' } | { at: 'shown'; one: OneEntry } | { at: 'failed'; code: string };

/** The bytes of the entry, set out for reading. */
export type RawState = { at: 'hidden' } | { at: 'loading' } | { at: 'shown'; text: string } | { at: 'failed'; code: string };

/** One entry of the log. */
export class One {
  readonly state = new Store<OneState>({ at: 'loading' });
  readonly raw = new Store<RawState>({ at: 'hidden' });
  #asking: AbortController | null = null;

  constructor(private readonly api: Pick<AdminApi, 'entry' | 'proof'>, private readonly index: number) {}

  async load(): Promise<void> {
    this.close();
    const asking = new AbortController();
    this.#asking = asking;
    this.state.set({ at: 'loading' });
    try {
      const one = await this.api.entry(this.index, asking.signal);
      if (asking === this.#asking) this.state.set({ at: 'shown', one });
    } catch (error) {
      if (asking === this.#asking && !isAbort(error)) this.state.set({ at: 'failed', code: codeOf(error) });
    }
  }

  async showRaw(): Promise<void> {
    this.raw.set({ at: 'loading' });
    try {
      const text = pretty(readProofFile(await this.api.proof(this.index))?.entry ?? null);
      if (text === null) throw new ApiError('http.malformed', 200, 'The server gave no readable entry.');
      this.raw.set({ at: 'shown', text });
    } catch (error) {
      this.raw.set({ at: 'failed', code: codeOf(error) });
    }
  }

  hideRaw(): void {
    this.raw.set({ at: 'hidden' });
  }

  close(): void {
    this.#asking?.abort();
    this.#asking = null;
  }
}

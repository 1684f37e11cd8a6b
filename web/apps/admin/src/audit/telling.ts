import { Store } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { codeOf, isAbort } from '../api/http';
import type { Entry, Names } from '../api/types';
import { noFilters } from './filters';

export interface TellingState {
  entries: readonly Entry[];
  names: Names;
  /** Where the rest begins; null when all of it is here. */
  next: string | null;
  busy: boolean;
  code: string | null;
}

const atOnce = 200;

/** All entries of one visit, oldest first, as many at a time as one reads. */
export class Telling {
  readonly state = new Store<TellingState>({ entries: [], names: {}, next: null, busy: true, code: null });
  #asking: AbortController | null = null;

  constructor(private readonly api: Pick<AdminApi, 'entries'>, private readonly visit: string) {}

  async more(): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const { next } = this.state.get();
    this.state.update({ busy: true, code: null });
    try {
      const page = await this.api.entries({ ...noFilters, visit: this.visit }, 'oldest', atOnce, next, asking.signal);
      if (asking !== this.#asking) return;
      // From the beginning, or behind what is there already.
      const before = next === null ? [] : this.state.get().entries;
      this.state.update({ entries: [...before, ...page.entries], names: { ...this.state.get().names, ...page.names }, next: page.next, busy: false });
    } catch (error) {
      if (asking === this.#asking && !isAbort(error)) this.state.update({ busy: false, code: codeOf(error) });
    }
  }

  close(): void {
    this.#asking?.abort();
    this.#asking = null;
  }
}

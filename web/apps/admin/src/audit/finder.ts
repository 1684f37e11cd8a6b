import { Store } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { codeOf, isAbort } from '../api/http';
import type { Found } from '../api/types';

export type FinderState =
  | { at: 'idle' }
  | { at: 'looking'; text: string }
  | { at: 'found'; text: string; found: readonly Found[] }
  | { at: 'failed'; text: string; code: string };

/** People by name. The last question counts. */
export class Finder {
  readonly state = new Store<FinderState>({ at: 'idle' });
  #asking: AbortController | null = null;

  constructor(private readonly api: Pick<AdminApi, 'people'>) {}

  async look(text: string): Promise<void> {
    this.clear();
    if (text === '') return;
    const asking = new AbortController();
    this.#asking = asking;
    this.state.set({ at: 'looking', text });
    try {
      const found = await this.api.people(text, asking.signal);
      if (asking === this.#asking) this.state.set({ at: 'found', text, found });
    } catch (error) {
      if (asking === this.#asking && !isAbort(error)) this.state.set({ at: 'failed', text, code: codeOf(error) });
    }
  }

  clear(): void {
    this.#asking?.abort();
    this.#asking = null;
    this.state.set({ at: 'idle' });
  }
}

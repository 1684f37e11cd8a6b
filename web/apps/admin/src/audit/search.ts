import { Store } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { codeOf, isAbort } from '../api/http';
import type { EntryPage } from '../api/types';
import type { Question } from './filters';

/*
 *   loading ──► shown ──[another page or question]──► shown, busy ──► shown
 *      └──────────┴───────[error]──► failed ──[try again]──► loading
 */
export interface SearchState {
  page: EntryPage | null;
  busy: boolean;
  code: string | null;
  /** Which page, from 0. */
  at: number;
}

export const pageSize = 50;

/** Pages of entries. What one asked last is what one sees, however late other answers come. */
export class Search {
  readonly state = new Store<SearchState>({ page: null, busy: true, code: null, at: 0 });
  /** Where each page begins that was reached: the way back. */
  #cursors: (string | null)[] = [null];
  #question: Question | null = null;
  #asking: AbortController | null = null;

  constructor(private readonly api: Pick<AdminApi, 'entries'>) {}

  ask(question: Question): Promise<void> {
    this.#question = question;
    this.#cursors = [null];
    return this.load(0);
  }

  again(): Promise<void> {
    return this.load(this.state.get().at);
  }

  next(): Promise<void> {
    const { page, at } = this.state.get();
    if (page === null || page.next === null) return Promise.resolve();
    this.#cursors[at + 1] = page.next;
    return this.load(at + 1);
  }

  previous(): Promise<void> {
    const { at } = this.state.get();
    return at === 0 ? Promise.resolve() : this.load(at - 1);
  }

  close(): void {
    this.#asking?.abort();
  }

  private async load(at: number): Promise<void> {
    if (this.#question === null) return;
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.state.update({ busy: true, code: null });
    try {
      const page = await this.api.entries(this.#question.filters, this.#question.order, pageSize, this.#cursors[at] ?? null, asking.signal);
      if (asking === this.#asking) this.state.set({ page, busy: false, code: null, at });
    } catch (error) {
      if (asking === this.#asking && !isAbort(error)) this.state.update({ busy: false, code: codeOf(error) });
    }
  }
}

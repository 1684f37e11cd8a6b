import { Store } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { codeOf } from '../api/http';
import type { Entry } from '../api/types';
import { checkEntry, type EntryCheck } from './check-entry';
import type { LogMemory } from './log-memory';

/*
 *   idle ──[check]──► checking ──► done ──[check]──► …
 *                        └──[no answer]──► failed
 */
export type CheckState =
  | { at: 'idle' }
  | { at: 'checking' }
  | { at: 'done'; check: EntryCheck }
  | { at: 'failed'; code: string };

/** The check of one entry, at the press of a button. */
export class Checker {
  readonly state = new Store<CheckState>({ at: 'idle' });

  constructor(private readonly api: Pick<AdminApi, 'proof' | 'checkpoint' | 'consistency'>, private readonly memory: LogMemory) {}

  async check(entry: Entry): Promise<void> {
    if (this.state.get().at === 'checking') return;
    this.state.set({ at: 'checking' });
    try {
      this.state.set({ at: 'done', check: await checkEntry(entry, this.api, this.memory) });
    } catch (error) {
      this.state.set({ at: 'failed', code: codeOf(error) });
    }
  }
}

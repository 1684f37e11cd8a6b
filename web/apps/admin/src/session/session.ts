import { read, remove, Store, write } from '@wardline/ui/plain';
import { AdminApi, personHeader } from '../api/admin-api';
import { ApiError, codeOf, type Fetcher, sendForJson } from '../api/http';
import type { Me } from '../api/types';

/*
 * Who sits here. Everything that knows how one signs in is in this file: today a link of the staff, exchanged for a cookie.
 *
 *   arriving ──[link taken, or known from before]──► in ──[sign out]──────────► out
 *      │                                             │
 *      └──[refused, nobody known, offline]─► out ◄───┴──[the cookie is gone]
 */
export type SessionState =
  | { at: 'arriving' }
  | { at: 'in'; me: Me; api: AdminApi }
  /** `code`: why; null when somebody signed out. */
  | { at: 'out'; code: string | null };

const personKey = 'wardline.admin.person';

export interface SessionPorts {
  fetcher: Fetcher;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

export class Session {
  readonly state = new Store<SessionState>({ at: 'arriving' });

  constructor(private readonly ports: SessionPorts) {}

  /** With the secret of a link, or as whom this browser knows already. */
  async arrive(secret: string | null): Promise<void> {
    this.state.set({ at: 'arriving' });
    try {
      const me = secret === null ? await this.recall() : await this.exchange(secret);
      if (me === null) return this.state.set({ at: 'out', code: 'link.missing' });
      write(this.ports.storage, personKey, me.id);
      this.state.set({ at: 'in', me, api: new AdminApi(me.id, this.watched) });
    } catch (error) {
      this.state.set({ at: 'out', code: codeOf(error) });
    }
  }

  /** Throws `ApiError`: then the cookie is still there, and whoever sits here next could go on. */
  async signOut(): Promise<void> {
    const state = this.state.get();
    if (state.at !== 'in') return;
    await sendForJson(this.ports.fetcher, '/api/identity/session', { method: 'DELETE', headers: { [personHeader]: state.me.id } });
    remove(this.ports.storage, personKey);
    this.state.set({ at: 'out', code: null });
  }

  private async exchange(secret: string): Promise<Me> {
    const { person } = await sendForJson<{ person: Me }>(this.ports.fetcher, '/api/identity/staff-link', { method: 'POST', body: { secret } });
    return person;
  }

  private async recall(): Promise<Me | null> {
    const person = read(this.ports.storage, personKey);
    if (person === null) return null;
    try {
      return (await sendForJson<{ person: Me }>(this.ports.fetcher, '/api/identity/me', { headers: { [personHeader]: person } })).person;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      remove(this.ports.storage, personKey);
      return null;
    }
  }

  /** A cookie that ran out ends the session wherever it is noticed; every view need not know of it. */
  private readonly watched: Fetcher = async (input, init) => {
    const response = await this.ports.fetcher(input, init);
    if (response.status === 401 && this.state.get().at === 'in') {
      remove(this.ports.storage, personKey);
      this.state.set({ at: 'out', code: 'identity.not-signed-in' });
    }
    return response;
  };
}

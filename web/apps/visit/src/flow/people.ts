import { read, remove, write } from '@wardline/ui/plain';

/** Which person this tab is, for one visit. Ids only: they prove nothing without the browser's cookie. */
export interface Memory {
  session: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  local: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

export type Recall = { kind: 'known'; person: string } | { kind: 'none' } | { kind: 'several' };

const peopleKey = 'wardline.people';
const tabKey = (visit: string) => `wardline.person.${visit}`;

/** A tab keeps its person; a reopened tab finds it again when this browser knows exactly one for the visit. */
export class People {
  constructor(private readonly memory: Memory) {}

  recall(visit: string): Recall {
    const here = read(this.memory.session, tabKey(visit));
    if (here !== null) return { kind: 'known', person: here };
    const known = this.all()[visit] ?? [];
    const [only] = known;
    if (only === undefined) return { kind: 'none' };
    return known.length === 1 ? { kind: 'known', person: only } : { kind: 'several' };
  }

  remember(visit: string, person: string): void {
    this.rememberHere(visit, person);
    const all = this.all();
    const known = all[visit] ?? [];
    if (!known.includes(person)) write(this.memory.local, peopleKey, JSON.stringify({ ...all, [visit]: [...known, person] }));
  }

  /** Only for this tab: it was found, not proven by a link. */
  rememberHere(visit: string, person: string): void {
    write(this.memory.session, tabKey(visit), person);
  }

  /** The server no longer knows this person in this browser. */
  forget(visit: string, person: string): void {
    remove(this.memory.session, tabKey(visit));
    const { [visit]: known = [], ...others } = this.all();
    const left = known.filter((id) => id !== person);
    write(this.memory.local, peopleKey, JSON.stringify(left.length === 0 ? others : { ...others, [visit]: left }));
  }

  private all(): Record<string, string[]> {
    try {
      const parsed: unknown = JSON.parse(read(this.memory.local, peopleKey) ?? '{}');
      if (typeof parsed !== 'object' || parsed === null) return {};
      const lists = Object.entries(parsed).filter((entry): entry is [string, string[]] =>
        Array.isArray(entry[1]) && entry[1].every((id) => typeof id === 'string'));
      return Object.fromEntries(lists);
    } catch {
      return {};
    }
  }
}

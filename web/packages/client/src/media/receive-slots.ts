import type { Source } from '../basics';

export interface Wanted {
  readonly participant: string;
  readonly source: Source;
}

/** One receiving m-section. It outlives the participant it first showed: sections are reused, never piled up. */
export interface Slot<T> {
  readonly id: number;
  readonly kind: 'audio' | 'video';
  readonly transceiver: T;
  user: Wanted | null;
}

export interface SlotChanges<T> {
  readonly freed: readonly Slot<T>[];
  readonly taken: readonly Slot<T>[];
}

export function kindOf(source: Source): 'audio' | 'video' {
  return source === 'microphone' ? 'audio' : 'video';
}

/** Which received track stands in which m-section. */
export class ReceiveSlots<T> {
  all: Slot<T>[] = [];
  private nextId = 0;

  /** `isUsable`: false for a section that the server has refused, which is gone for good (RFC 8829 §5.10). */
  constructor(
    private readonly create: (kind: 'audio' | 'video', id: number) => T,
    private readonly isUsable: (transceiver: T) => boolean,
  ) {}

  find(participant: string, source: Source): Slot<T> | undefined {
    return this.all.find(s => s.user?.participant === participant && s.user.source === source);
  }

  /** Makes exactly `wanted` received: leavers free their sections first, newcomers take free ones before new ones. */
  assign(wanted: readonly Wanted[]): SlotChanges<T> {
    this.all = this.all.filter(s => this.isUsable(s.transceiver));
    const freed = this.all.filter(s => s.user !== null && !wanted.some(w => same(w, s.user!)));
    for (const slot of freed) slot.user = null;
    const taken: Slot<T>[] = [];
    for (const user of wanted) {
      if (this.find(user.participant, user.source) !== undefined) continue;
      const kind = kindOf(user.source);
      let slot = this.all.find(s => s.user === null && s.kind === kind);
      if (slot === undefined) {
        const id = this.nextId++;
        slot = { id, kind, transceiver: this.create(kind, id), user: null };
        this.all.push(slot);
      }
      slot.user = user;
      taken.push(slot);
    }
    return { freed: freed.filter(s => s.user === null), taken };
  }
}

function same(a: Wanted, b: Wanted): boolean {
  return a.participant === b.participant && a.source === b.source;
}

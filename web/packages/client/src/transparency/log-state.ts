import { equal, type Bytes } from '../bytes';
import { alarmOf, type Alarm, type Fault } from './faults';
import type { LogMemory } from './memory';
import { isConsistent } from './merkle';
import { openCheckpoint, parseLogKey, type Checkpoint, type LogKey } from './note';

const maxSeen = 64;

/** What the server says connects two trees. */
export interface SizeProof {
  readonly from: number;
  readonly to: number;
  readonly proof: readonly Bytes[];
}

/**
 * What one device knows of one log: whose signature it wants, the newest checkpoint that it has verified, and those that
 * are known to be beginnings of it. It only ever grows.
 */
export class LogState {
  private pins: LogKey[] = [];
  private held: Checkpoint | null = null;
  /** By size: checkpoints that are one history with the one that is held. */
  private readonly seen = new Map<number, Checkpoint>();

  private constructor(private readonly memory: LogMemory) {}

  /**
   * `given`: the log key that came with the page, if one did. What the device remembers is taken for what it is only when
   * its own signature holds.
   */
  static async open(given: string | null, memory: LogMemory): Promise<{ log: LogState; alarm: Alarm | null }> {
    const log = new LogState(memory);
    if (given !== null) {
      const key = await parseLogKey(given);
      if (key === null) throw new Error('The log key of this page is none.');
      log.pins.push(key);
    }
    const record = await memory.load();
    const key = record === null ? null : await parseLogKey(record.log);
    const checkpoint = record === null || key === null ? null : await openCheckpoint(record.checkpoint, [key]);
    if (key !== null && checkpoint !== null) {
      if (log.pins.every(p => p.text !== key.text)) log.pins.push(key);
      log.hold(checkpoint);
    }
    return { log, alarm: record?.alarm ?? null };
  }

  /** Null before the first answer that held. */
  get key(): LogKey | null {
    return this.pins.length === 1 ? this.pins[0]! : null;
  }

  get size(): number {
    return this.held?.size ?? 0;
  }

  /** What `note` is, signed by whom it has to be signed; nothing is kept yet. */
  async verify(presented: string, note: string): Promise<Fault | { key: LogKey; checkpoint: Checkpoint }> {
    const key = await parseLogKey(presented);
    if (key === null) return { refusal: 'keys.malformed' };
    const others = this.pins.filter(p => p.text !== key.text);
    // A log that changes its key signs with both for a while.
    const checkpoint = await openCheckpoint(note, [...others, key]);
    if (checkpoint !== null) return { key, checkpoint };
    if (others.length === 0 || (await openCheckpoint(note, [key])) === null) return { refusal: 'keys.bad-checkpoint' };
    const checkpoints = this.held === null ? [note] : [this.held.note, note];
    return alarmOf('keys.log-changed', { logs: [...others.map(p => p.text), key.text], checkpoints });
  }

  /** Whether `next` grew out of what is held; null when it did. */
  async grows(next: Checkpoint, proof: readonly Bytes[], logs: readonly string[]): Promise<Fault | null> {
    const { held } = this;
    if (held === null) return null;
    if (next.size < held.size) return alarmOf('keys.rolled-back', { logs, checkpoints: [held.note, next.note] });
    if (next.size === held.size) return equal(next.root, held.root) ? null : alarmOf('keys.forked', { logs, checkpoints: [held.note, next.note] });
    if (await isConsistent(held.size, held.root, next.size, next.root, proof)) return null;
    return alarmOf('keys.inconsistent', { logs, checkpoints: [held.note, next.note], proof });
  }

  /** From now on this is what is known, here and on the device. */
  async keep(key: LogKey, checkpoint: Checkpoint): Promise<void> {
    this.pins = [key];
    if (checkpoint.size > this.size || this.held === null) this.hold(checkpoint);
    await this.memory.save({ log: key.text, checkpoint: this.held!.note, size: this.size, alarm: null });
  }

  async remember(alarm: Alarm): Promise<void> {
    await this.memory.save({ log: this.pins[0]?.text ?? '', checkpoint: this.held?.note ?? '', size: this.size, alarm });
  }

  /**
   * Whether somebody else's checkpoint, signed by this log, is of the same history: null when it is, or the two sizes
   * between which a proof is wanted that is not `answered` yet.
   */
  async compare(theirs: Checkpoint, answered: SizeProof | null): Promise<Fault | { from: number; to: number } | null> {
    const logs = this.pins.map(p => p.text);
    const seen = this.seen.get(theirs.size);
    if (seen !== undefined) return equal(seen.root, theirs.root) ? null : alarmOf('keys.forked', { logs, checkpoints: [seen.note, theirs.note] });
    const held = this.held!;
    const [first, second] = theirs.size < held.size ? [theirs, held] : [held, theirs];
    // The log may have grown here while the answer was on its way.
    if (answered?.from !== first.size || answered.to !== second.size) return { from: first.size, to: second.size };
    if (!(await isConsistent(first.size, first.root, second.size, second.root, answered.proof))) {
      return alarmOf('keys.inconsistent', { logs, checkpoints: [first.note, second.note], proof: answered.proof });
    }
    if (theirs === second) this.hold(theirs);
    else this.see(theirs);
    return null;
  }

  private hold(checkpoint: Checkpoint): void {
    this.held = checkpoint;
    this.see(checkpoint);
  }

  private see(checkpoint: Checkpoint): void {
    if (this.seen.size >= maxSeen) this.seen.delete(this.seen.keys().next().value!);
    this.seen.set(checkpoint.size, checkpoint);
  }
}

import { concat, prefixed, type Bytes } from '../bytes';
import type { ProvenEntry } from './answer';
import { maxEntryChars } from './entry';
import { hashBytes, maxProofHashes } from './merkle';
import { maxLogKeyChars, maxNoteChars } from './note';

/** What a member has seen of the log; sealed, it goes to each other member (docs/design/key-transparency.md, "Comparing"). */
export interface View {
  /** Please send yours. */
  readonly again: boolean;
  readonly log: string;
  readonly checkpoint: string;
  /** The end of the visit's chain, in the tree of the checkpoint. */
  readonly end: ProvenEntry;
}

// flags 1 ‖ len 2 ‖ log key ‖ len 2 ‖ checkpoint ‖ index 8 ‖ len 2 ‖ entry ‖ n 1 ‖ n hashes

export const maxViewBytes = 1 + 2 + maxLogKeyChars + 2 + maxNoteChars + 8 + 2 + maxEntryChars + 1 + maxProofHashes * hashBytes;

export function encodeView(view: View): Bytes {
  const index = new Uint8Array(8);
  new DataView(index.buffer).setBigUint64(0, BigInt(view.end.index));
  return concat(
    new Uint8Array([view.again ? 1 : 0]), prefixed(view.log), prefixed(view.checkpoint),
    index, prefixed(view.end.entry), new Uint8Array([view.end.proof.length]), ...view.end.proof,
  );
}

/** Null for anything that is not exactly a view. Never throws. */
export function decodeView(bytes: Bytes): View | null {
  if (bytes.length > maxViewBytes) return null;
  const reader = new Reader(bytes);
  const flags = reader.take(1)?.[0];
  const log = reader.text(maxLogKeyChars);
  const checkpoint = reader.text(maxNoteChars);
  const at = reader.take(8);
  const entry = reader.text(maxEntryChars);
  const count = reader.take(1)?.[0];
  if (flags === undefined || flags > 1 || log === null || checkpoint === null || at === null || entry === null || count === undefined) return null;
  const index = new DataView(at.buffer).getBigUint64(0);
  const path = reader.take(count * hashBytes);
  if (count > maxProofHashes || path === null || !reader.isDone || index > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  const proof = Array.from({ length: count }, (_, i) => path.slice(i * hashBytes, (i + 1) * hashBytes));
  return { again: flags === 1, log, checkpoint, end: { index: Number(index), entry, proof } };
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Bytes) {}

  get isDone(): boolean {
    return this.at === this.bytes.length;
  }

  take(count: number): Bytes | null {
    if (this.at + count > this.bytes.length) return null;
    const taken = this.bytes.slice(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  text(maxBytes: number): string | null {
    const length = this.take(2);
    const bytes = length === null ? null : this.take(length[0]! * 256 + length[1]!);
    if (bytes === null || bytes.length > maxBytes) return null;
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return null;
    }
  }
}

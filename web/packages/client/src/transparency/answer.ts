import { fromBase64Url, toBase64Url, type Bytes } from '../bytes';
import { maxEntryChars } from './entry';
import { hashBytes, maxProofHashes } from './merkle';
import { maxLogKeyChars, maxNoteChars } from './note';

export const maxEntriesAnswered = 64;

/** An entry with the proof that it stands in the tree of a checkpoint. */
export interface ProvenEntry {
  readonly index: number;
  readonly entry: string;
  readonly proof: readonly Bytes[];
}

/** The answer to `GET …/keys`, with nothing proven yet. */
export interface KeysAnswer {
  readonly log: string;
  readonly checkpoint: string;
  readonly consistency: readonly Bytes[];
  readonly entries: readonly ProvenEntry[];
}

/** Null for anything of another shape or beyond the bounds. Never throws. */
export function readKeysAnswer(value: unknown): KeysAnswer | null {
  const fields = value as Partial<Record<keyof KeysAnswer, unknown>> | null | undefined;
  const log = bounded(fields?.log, maxLogKeyChars);
  const checkpoint = bounded(fields?.checkpoint, maxNoteChars);
  const consistency = hashes(fields?.consistency);
  const entries = list(fields?.entries, maxEntriesAnswered, provenEntry);
  return log === null || checkpoint === null || consistency === null || entries === null ? null : { log, checkpoint, consistency, entries };
}

/** The answer to `GET …/keys/consistency`. */
export function readProof(value: unknown): readonly Bytes[] | null {
  return hashes((value as { proof?: unknown } | null | undefined)?.proof);
}

function provenEntry(value: unknown): ProvenEntry | null {
  const fields = value as Partial<Record<keyof ProvenEntry, unknown>> | null | undefined;
  const entry = bounded(fields?.entry, maxEntryChars);
  const proof = hashes(fields?.proof);
  const index = fields?.index;
  return entry === null || proof === null || typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 ? null : { index, entry, proof };
}

function hashes(value: unknown): readonly Bytes[] | null {
  return list(value, maxProofHashes, item => {
    const bytes = typeof item === 'string' && item.length < 64 ? fromBase64Url(item) : null;
    return bytes?.length === hashBytes && toBase64Url(bytes) === item ? bytes : null;
  });
}

function list<T>(value: unknown, max: number, read: (item: unknown) => T | null): readonly T[] | null {
  if (!Array.isArray(value) || value.length > max) return null;
  const items = value.map(read);
  return items.includes(null) ? null : items as T[];
}

function bounded(value: unknown, max: number): string | null {
  return typeof value === 'string' && value.length <= max ? value : null;
}

import { type Bytes, type Checkpoint, equal, fromBase64, isConsistent, type LogKey, openCheckpoint, parseLogKey, toBase64 } from '@wardline/client/log';
import { read, remove, write } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import type { CheckpointAnswer } from '../api/types';

/** What this browser last saw of the log and found right, and since when it follows it. */
interface Seen extends Since {
  verifierKey: string;
  root: string;
  first: Since;
}

export type LogFault =
  /** The checkpoint cannot be read, or the log has not signed it. */
  | 'unsigned'
  /** The log signs with another key than it did before this browser's eyes. */
  | 'other-key'
  /** It is shorter than it was. */
  | 'shorter'
  /** It does not begin with what it was. */
  | 'rewritten';

/** How long the log was, and when this browser saw it so. */
export interface Since {
  size: number;
  at: string;
}

/** Who signed: the name, and the whole verifier key, as `wardline verify --key` takes it. */
export interface Signer {
  name: string;
  verifierKey: string;
}

export type LogView =
  /** `since`: from when on this browser has seen it only grow; null the first time. */
  | { holds: true; checkpoint: Checkpoint; signer: Signer; since: Since | null }
  /** `last`: when it last fitted. */
  | { holds: false; fault: LogFault; last: Since | null };

const key = 'wardline.admin.log';

/**
 * Holds the log to what it was. The key that it signs with and the newest checkpoint are remembered, and each later one
 * must have grown out of it (RFC 9162 §2.1.4): a server that rewrites what has happened is caught by every browser that
 * was here before.
 */
export class LogMemory {
  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly now: () => Date,
  ) {}

  /**
   * Asks for a checkpoint and holds it to what was remembered before it was asked for: two answers that overtake each other
   * are no rollback. Throws `ApiError` when the server does not answer: that says nothing about the log.
   */
  async check(api: Pick<AdminApi, 'consistency'>, ask: () => Promise<CheckpointAnswer>): Promise<LogView> {
    const seen = this.recall();
    const { note, verifierKey } = await ask();
    const bad = (fault: LogFault): LogView => ({ holds: false, fault, last: seen === null ? null : { size: seen.size, at: seen.at } });
    const keys = await this.keys(seen, verifierKey);
    const checkpoint = keys === null ? null : await openCheckpoint(note, keys);
    const named = checkpoint === null ? await parseLogKey(verifierKey) : keys?.at(-1) ?? null;
    if (checkpoint === null || named === null) {
      // Another key, and the one that is remembered did not sign that it follows.
      return bad(seen !== null && seen.verifierKey !== verifierKey ? 'other-key' : 'unsigned');
    }

    if (seen !== null) {
      const root = fromBase64(seen.root);
      if (root === null || checkpoint.size < seen.size) return bad('shorter');
      if (!(await this.grew(api, seen.size, root, checkpoint))) return bad('rewritten');
    }
    const here = { size: checkpoint.size, at: this.now().toISOString() };
    // Another answer may have come meanwhile; the larger one is the better memory.
    if ((this.recall()?.size ?? 0) <= checkpoint.size) {
      write(this.storage, key, JSON.stringify({ ...here, verifierKey, root: toBase64(checkpoint.root), first: seen?.first ?? here } satisfies Seen));
    }
    return { holds: true, checkpoint, signer: { name: named.name, verifierKey }, since: seen?.first ?? null };
  }

  /** The key that the server names and, where it is another one, the one that is remembered: then both must have signed. */
  private async keys(seen: Seen | null, verifierKey: string): Promise<LogKey[] | null> {
    const texts = seen === null || seen.verifierKey === verifierKey ? [verifierKey] : [seen.verifierKey, verifierKey];
    const keys = await Promise.all(texts.map(parseLogKey));
    return keys.every((key) => key !== null) ? keys : null;
  }

  private async grew(api: Pick<AdminApi, 'consistency'>, size: number, root: Bytes, now: Checkpoint): Promise<boolean> {
    if (now.size === size) return equal(now.root, root);
    if (size === 0) return true;
    const hashes = (await api.consistency(size, now.size)).map(fromBase64);
    return hashes.every((hash) => hash !== null) && isConsistent(size, root, now.size, now.root, hashes);
  }

  /** After the hospital said, by another way than this page, that its log was restored or replaced. */
  forget(): void {
    remove(this.storage, key);
  }

  private recall(): Seen | null {
    try {
      const seen: unknown = JSON.parse(read(this.storage, key) ?? 'null');
      return isSeen(seen) ? seen : null;
    } catch {
      return null;
    }
  }
}

function isSeen(value: unknown): value is Seen {
  if (typeof value !== 'object' || value === null) return false;
  const { verifierKey, root, first } = value as Record<string, unknown>;
  return typeof verifierKey === 'string' && typeof root === 'string' && isSince(value) && isSince(first);
}

function isSince(value: unknown): value is Since {
  if (typeof value !== 'object' || value === null) return false;
  const { size, at } = value as Record<string, unknown>;
  return Number.isSafeInteger(size) && typeof at === 'string';
}

import { type Bytes, type Checkpoint, equal, leafHash } from '@wardline/client/log';
import type { AdminApi } from '../api/admin-api';
import type { Entry } from '../api/types';
import { differences } from './entry-bytes';
import type { LogFault, LogMemory, Signer, Since } from './log-memory';
import { climb, type Step } from './merkle';
import { readProofFile } from './proof-file';

/** An entry that is proven: the way from its bytes to what the log signed. */
export interface Proven {
  holds: true;
  index: number;
  entry: Bytes;
  leaf: Bytes;
  steps: readonly Step[];
  checkpoint: Checkpoint;
  signer: Signer;
  since: Since | null;
  file: string;
}

export type EntryFault =
  | { kind: 'log'; fault: LogFault; last: Since | null }
  /** The proof is for something else, or is none. */
  | { kind: 'proof' }
  /** What the page shows is not what stands in the log; the fields that differ. */
  | { kind: 'differs'; fields: readonly string[] }
  /** The hashes do not lead to what the log signed. */
  | { kind: 'path' };

export type EntryCheck = Proven | ({ holds: false; file: string } & EntryFault);

/** Recomputes, in this browser, that an entry is in the signed log and is the one that is shown. Throws `ApiError`. */
export async function checkEntry(shown: Entry, api: Pick<AdminApi, 'proof' | 'checkpoint' | 'consistency'>, memory: LogMemory): Promise<EntryCheck> {
  // 1. The proof carries its own checkpoint: signed by the log, and grown out of what this browser saw of it before.
  let file = '';
  const log = await memory.check(api, async () => {
    file = await api.proof(shown.index);
    return { note: readProofFile(file)?.checkpoint ?? '', verifierKey: (await api.checkpoint()).verifierKey };
  });
  const proof = readProofFile(file);
  if (proof === null || proof.index !== shown.index) return { holds: false, kind: 'proof', file };
  if (!log.holds) return { holds: false, kind: 'log', fault: log.fault, last: log.last, file };

  // 2. The bytes that are to be proven say what the page shows.
  const fields = differences(shown, proof.entry);
  if (fields.length > 0) return { holds: false, kind: 'differs', fields, file };

  // 3. From the bytes to the root, hash by hash.
  const leaf = await leafHash(proof.entry);
  const way = await climb(proof.index, log.checkpoint.size, leaf, proof.hashes);
  if (way === null || !equal(way.root, log.checkpoint.root)) return { holds: false, kind: 'path', file };
  return { holds: true, index: proof.index, entry: proof.entry, leaf, steps: way.steps, checkpoint: log.checkpoint, signer: log.signer, since: log.since, file };
}

import { toBase64Url, type Bytes } from '../bytes';
import type { ProvenEntry } from './answer';

/** Why somebody is not a member yet; permanent codes of docs/design/key-transparency.md. */
export type RefusalCode =
  | 'keys.missing' | 'keys.mismatch' | 'keys.impersonated' | 'keys.unreachable' | 'keys.malformed' | 'keys.bad-checkpoint'
  | 'keys.bad-proof' | 'keys.bad-history' | 'keys.uncompared' | 'keys.other-log';

/** What ends key exchange for good. */
export type AlarmCode = 'keys.rolled-back' | 'keys.forked' | 'keys.inconsistent' | 'keys.log-changed';

export interface Alarm {
  readonly code: AlarmCode;
  /** JSON, for whoever looks into it: everything that the log has signed and that does not fit together. */
  readonly evidence: string;
}

export interface Refusal {
  readonly participant: string;
  readonly code: RefusalCode;
}

export type Fault = { readonly refusal: RefusalCode } | { readonly alarm: Alarm };

interface Material {
  readonly logs: readonly string[];
  /** Signed notes, the older one first. */
  readonly checkpoints: readonly string[];
  /** The consistency proof that the server gave between them, if there is one. */
  readonly proof?: readonly Bytes[];
  /** Each with its inclusion in the checkpoint of the same place. */
  readonly entries?: readonly ProvenEntry[];
}

export function alarmOf(code: AlarmCode, material: Material): { alarm: Alarm } {
  const { logs, checkpoints, proof, entries } = material;
  const evidence = JSON.stringify({
    code, logs, checkpoints,
    ...(proof === undefined ? {} : { consistency: proof.map(toBase64Url) }),
    ...(entries === undefined ? {} : { entries: entries.map(e => ({ index: e.index, entry: e.entry, proof: e.proof.map(toBase64Url) })) }),
  }, null, 1);
  return { alarm: { code, evidence } };
}

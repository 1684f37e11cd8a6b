/*
 * What the server answers below /api/audit and /api/keys. Times are RFC 3339 in UTC, hashes base64 (RFC 4648 §4),
 * people, patients and visits are keyed pseudonyms: no name and no identifier stands in an entry.
 */

export type Outcome = 'success' | 'denied' | 'failed';
export type ActorKind = 'patient' | 'clinician' | 'staff' | 'system' | 'anonymous';

/** One thing that happened, as the ledger holds it. */
export interface Entry {
  /** Its place in the log, from 0. */
  index: number;
  at: string;
  tenant: string;
  /** Such as `visit.admit`. */
  action: string;
  actor: string;
  actorKind: ActorKind;
  patient: string | null;
  visit: string | null;
  /** Whom the act was about, where that is not the patient. */
  person: string | null;
  /** Network zone, or a keyed pseudonym of the address. */
  where: string | null;
  /** Purpose of use, a code of HL7 v3-ActReason. */
  why: string | null;
  outcome: Outcome;
  /** The rule that decided, and the version of the policy it stands in. */
  rule: string | null;
  policyVersion: string | null;
  /** Small facts without PHI. */
  facts: Readonly<Record<string, string>>;
  /** Whether PHI is sealed beside it; its bytes are in the tree, its words are not. */
  sealed: boolean;
}

/** A pseudonym that the server still knows a name for, for those who may see names. */
export interface Named {
  name: string;
  role: string | null;
}

export type Names = Readonly<Record<string, Named>>;

export type Order = 'newest' | 'oldest';

/** What is looked for. Empty text: everything. */
export interface Filters {
  patient: string;
  person: string;
  visit: string;
  action: string;
  outcome: Outcome | '';
  /** Times as the browser's own field writes them, local, to the minute: `2026-11-23T09:00`. */
  from: string;
  to: string;
}

export interface EntryPage {
  entries: readonly Entry[];
  names: Names;
  /** What to give as `after` for the entries behind these; null at the end. */
  next: string | null;
  /** How many there are in all, as far as the server counts. */
  total: number | null;
}

export interface OneEntry {
  entry: Entry;
  names: Names;
}

export interface Found {
  pseudonym: string;
  name: string;
  role: string | null;
}

/** What a proof needs that is not in it: the key that the log signs with, as a verifier key of C2SP signed-note. */
export interface CheckpointAnswer {
  /** C2SP tlog-checkpoint: origin, size, root hash, signatures. */
  note: string;
  verifierKey: string;
}

export type CopyState = 'current' | 'behind' | 'away' | 'differs';

export interface Integrity {
  /** `broken`: something that was proven is not so any more. */
  state: 'holds' | 'checking' | 'broken';
  /** Entries in the log, and how far this server has verified them since it started or began anew. */
  size: number;
  verifiedSize: number;
  verifiedAt: string | null;
  checkpoint: { size: number; rootHash: string; signedAt: string };
  copies: readonly { name: string; state: CopyState; size: number; at: string | null; code: string | null }[];
  witnesses: readonly { name: string; size: number; at: string | null; code: string | null }[];
  /** What is wrong, with a permanent code; the first entry that does not hold where there is one. */
  alerts: readonly { code: string; index: number | null; at: string; copy: string | null }[];
}

/** Where a key that protects other keys lives. Never the key. */
export interface KeySource {
  /** `file:…`, `pkcs11:…` or `aws-kms:…`: which key, and not how to get at it. */
  id: string;
  /** Whether it wraps what is new; the others only unwrap until everything is re-wrapped. */
  current: boolean;
  works: boolean;
  /** Why it does not work. */
  code: string | null;
}

export type KeyPurpose = 'data' | 'patients' | 'index';
/** `coming`: made a moment ago, seals when every server can read it. */
export type KeyState = 'coming' | 'writing' | 'reading';

/** One version of one of a tenant's keys. Never the key. */
export interface TenantKey {
  tenant: string;
  purpose: KeyPurpose;
  version: number;
  state: KeyState;
  createdAt: string;
  /** When the newest data key turns by itself; null for the others. */
  nextTurnAt: string | null;
  /** The id of the key source that it is wrapped under. */
  wrappedUnder: string;
}

/** Something that the care for keys could not do, and tries again. */
export interface KeyProblem {
  tenant: string;
  task: 'turn' | 'erase' | 'source' | 'store';
  code: string;
  since: string;
}

export interface Rewrap {
  state: 'idle' | 'running' | 'stopped' | 'done' | 'failed';
  /** Keys, not bytes: re-wrapping touches no data. */
  done: number;
  total: number;
  startedAt: string | null;
  code: string | null;
}

export interface Keys {
  checkedAt: string;
  sources: readonly KeySource[];
  keys: readonly TenantKey[];
  problems: readonly KeyProblem[];
  rewrap: Rewrap;
}

export type AdminRole = 'privacy-officer' | 'key-administrator';

export interface Me {
  id: string;
  name: string;
  roles: readonly AdminRole[];
}

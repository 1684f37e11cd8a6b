import { toBase64Url } from '@wardline/client/log';
import type { Entry } from '../api/types';
import { fromUtf8 } from './bytes';

/** The field of the page, and the member of the entry's JSON that proves it (docs/design/ledger.md). */
const members = {
  index: 'index', tenant: 'tenant', action: 'action', actor: 'actor', actorKind: 'actorKind', patient: 'patient', visit: 'visit', person: 'person',
  where: 'where', why: 'why', outcome: 'outcome', rule: 'rule', policyVersion: 'policy',
} as const satisfies Partial<Record<keyof Entry, string>>;

/**
 * The entry's JSON, when it is exactly what its value is written as: so no name stands in it twice, and no two readers can
 * see different things in one entry.
 */
function parse(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const json = fromUtf8(bytes) ?? '';
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && JSON.stringify(value) === json ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Names of the fields in which the bytes of the log say something else than the page. */
export function differences(shown: Entry, bytes: Uint8Array): string[] {
  const proven = parse(bytes);
  if (proven === null) return ['entry'];
  const fields: string[] = Object.entries(members).filter(([field, member]) => (proven[member] ?? null) !== shown[field as keyof typeof members]).map(([field]) => field);
  // The same moment may be written in two ways.
  if (typeof proven['time'] !== 'string' || Date.parse(proven['time']) !== Date.parse(shown.at)) fields.push('at');
  if (!equalFacts(shown.facts, proven['facts'] ?? {})) fields.push('facts');
  if (shown.sealed !== (typeof proven['sealed'] === 'string')) fields.push('sealed');
  return fields;
}

function equalFacts(shown: Entry['facts'], proven: unknown): boolean {
  if (typeof proven !== 'object' || proven === null) return false;
  const entries = Object.entries(proven);
  return entries.length === Object.keys(shown).length && entries.every(([name, value]) => Object.hasOwn(shown, name) && shown[name] === value);
}

/** The hash and the time of an entry, which the next one has to name and must not be before. */
export interface Link {
  leaf: Uint8Array;
  time: number;
}

/** The time of an entry that stands in its place: its own number, behind the very entry that it names, and not before it. Null: it does not. */
export function timeInPlace(bytes: Uint8Array, index: number, before: Link | null): number | null {
  const entry = parse(bytes);
  if (entry === null || entry['index'] !== index || entry['previous'] !== (before === null ? '' : toBase64Url(before.leaf))) return null;
  const time = typeof entry['time'] === 'string' ? Date.parse(entry['time']) : NaN;
  return Number.isNaN(time) || (before !== null && time < before.time) ? null : time;
}

/** The entry as people read JSON; null when it is none. */
export function pretty(bytes: Uint8Array | null): string | null {
  const entry = bytes === null ? null : parse(bytes);
  return entry === null ? null : JSON.stringify(entry, null, 2);
}

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

/** Whether an entry does not stand in its place: another number, or another entry before it than it names. */
export function chainFault(bytes: Uint8Array, index: number, previous: Uint8Array | null): boolean {
  const entry = parse(bytes);
  return entry === null || entry['index'] !== index || entry['previous'] !== (previous === null ? '' : toBase64Url(previous));
}

/** The entry as people read JSON; null when it is none. */
export function pretty(bytes: Uint8Array | null): string | null {
  const entry = bytes === null ? null : parse(bytes);
  return entry === null ? null : JSON.stringify(entry, null, 2);
}

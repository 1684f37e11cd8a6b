import { toBase64 } from '@wardline/client/log';
import type { Entry } from '../api/types';
import { fromUtf8 } from './bytes';

/** Fields that stand in the entry's bytes under the same name as on the page. */
const same = [
  'index', 'at', 'tenant', 'action', 'actor', 'actorKind', 'patient', 'visit', 'person', 'where', 'why', 'outcome', 'rule', 'policyVersion',
] as const satisfies readonly (keyof Entry)[];

function parse(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes) ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Names of the fields in which the bytes of the log say something else than the page. */
export function differences(shown: Entry, bytes: Uint8Array): string[] {
  const proven = parse(bytes);
  if (proven === null) return ['entry'];
  const fields: string[] = same.filter((name) => (proven[name] ?? null) !== shown[name]);
  if (!equalFacts(shown.facts, proven['facts'] ?? {})) fields.push('facts');
  if (shown.sealed !== (typeof proven['sealed'] === 'string' && proven['sealed'] !== '')) fields.push('sealed');
  return fields;
}

function equalFacts(shown: Entry['facts'], proven: unknown): boolean {
  if (typeof proven !== 'object' || proven === null) return false;
  const entries = Object.entries(proven);
  return entries.length === Object.keys(shown).length && entries.every(([name, value]) => shown[name] === value);
}

/** Whether an entry does not stand in its place: another number, or another entry before it than it names. */
export function chainFault(bytes: Uint8Array, index: number, previous: Uint8Array | null): boolean {
  const entry = parse(bytes);
  return entry === null || entry['index'] !== index || (entry['previous'] ?? '') !== (previous === null ? '' : toBase64(previous));
}

/** The entry as people read JSON; null when it is none. */
export function pretty(bytes: Uint8Array | null): string | null {
  const entry = bytes === null ? null : parse(bytes);
  return entry === null ? null : JSON.stringify(entry, null, 2);
}

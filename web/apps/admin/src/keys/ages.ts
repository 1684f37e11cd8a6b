import type { Keys, KeySource, TenantKey } from '../api/types';

const dayMs = 86_400_000;

export const ageDays = (key: TenantKey, now: Date): number => (now.getTime() - Date.parse(key.createdAt)) / dayMs;

/** Days until it turns by itself; negative when that should have happened. Null: another version seals already. */
export const daysLeft = (key: TenantKey, now: Date): number | null => (key.nextTurnAt === null ? null : (Date.parse(key.nextTurnAt) - now.getTime()) / dayMs);

/** How much of its time is over, 0 to 100. */
export function spentPercent(key: TenantKey, now: Date): number | null {
  if (key.nextTurnAt === null) return null;
  const whole = Date.parse(key.nextTurnAt) - Date.parse(key.createdAt);
  return whole <= 0 ? 100 : Math.min(100, Math.max(0, Math.round((100 * (now.getTime() - Date.parse(key.createdAt))) / whole)));
}

export const currentSource = (keys: Keys): KeySource | null => keys.sources.find((source) => source.current) ?? null;

/** Keys that are still wrapped under an earlier source. */
export const behind = (keys: Keys): number => {
  const current = currentSource(keys);
  return keys.keys.filter((key) => key.wrappedUnder !== current?.id).length;
};

export type SourceKind = 'file' | 'pkcs11' | 'aws-kms' | 'other';

/** What kind of thing holds the key: the beginning of its id. */
export function kindOf(source: KeySource): SourceKind {
  const kind = source.id.split(':')[0];
  return kind === 'file' || kind === 'pkcs11' || kind === 'aws-kms' ? kind : 'other';
}

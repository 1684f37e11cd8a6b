import type { Filters } from '../api/types';
import { localMinute } from '../times';

export const spans = ['any', 'hour', 'day', 'week', 'month'] as const;
export type SpanName = (typeof spans)[number] | 'own';

const hours: Readonly<Record<Exclude<SpanName, 'any' | 'own'>, number>> = { hour: 1, day: 24, week: 7 * 24, month: 30 * 24 };

/** Since when, for the spans that end now. The minute that has begun counts as a whole one. */
export function timesOf(span: SpanName, now: Date): Pick<Filters, 'from' | 'to'> {
  if (span === 'any' || span === 'own') return { from: '', to: '' };
  return { from: localMinute(new Date(now.getTime() - hours[span] * 3_600_000)), to: '' };
}

/** A range that ends before it begins finds nothing; better said than searched for. */
export const isBackwards = ({ from, to }: Pick<Filters, 'from' | 'to'>): boolean => from !== '' && to !== '' && to <= from;

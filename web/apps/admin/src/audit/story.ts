import type { Entry } from '../api/types';
import { own } from '../own';

/** Where somebody was, and from when to when (milliseconds since 1970). */
export interface Span {
  where: 'waiting' | 'call';
  from: number;
  to: number;
}

export interface Lane {
  pseudonym: string;
  spans: readonly Span[];
}

export interface Story {
  from: number;
  to: number;
  lanes: readonly Lane[];
  /** Whether the visit was ended: otherwise its last entry is not its end. */
  ended: boolean;
}

/*
 * What an entry says about where somebody is:
 *
 *   visit.wait ──► waiting ──[visit.admit]──► call ──[visit.hold]──► waiting
 *   visit.enter ─────────────────────────────► call
 *   visit.leave, visit.away, visit.remove, visit.end ──► gone
 */
const leads: Readonly<Record<string, { of: 'actor' | 'person' | 'everybody'; to: Span['where'] | null }>> = {
  'visit.wait': { of: 'actor', to: 'waiting' },
  'visit.enter': { of: 'actor', to: 'call' },
  'visit.admit': { of: 'person', to: 'call' },
  'visit.hold': { of: 'person', to: 'waiting' },
  'visit.remove': { of: 'person', to: null },
  'visit.leave': { of: 'actor', to: null },
  'visit.away': { of: 'actor', to: null },
  'visit.end': { of: 'everybody', to: null },
};

/** From a visit's entries, oldest first, who was where and when. Refused and failed acts moved nobody. */
export function storyOf(entries: readonly Entry[]): Story | null {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return null;
  const lanes = new Map<string, { open: Span | null; spans: Span[] }>();
  const end = Date.parse(last.at);
  let ended = false;

  const move = (pseudonym: string, to: Span['where'] | null, at: number) => {
    const lane = lanes.get(pseudonym) ?? { open: null, spans: [] };
    lanes.set(pseudonym, lane);
    if (lane.open?.where === to) return;
    if (lane.open !== null) lane.spans.push({ ...lane.open, to: at });
    lane.open = to === null ? null : { where: to, from: at, to: at };
  };

  for (const entry of entries) {
    const lead = entry.outcome === 'success' ? own(leads, entry.action) : undefined;
    if (lead === undefined) continue;
    const at = Date.parse(entry.at);
    if (lead.of === 'everybody') {
      ended = true;
      for (const pseudonym of [...lanes.keys()]) move(pseudonym, lead.to, at);
      continue;
    }
    const whom = lead.of === 'actor' ? entry.actor : entry.person ?? entry.patient;
    if (whom !== null) move(whom, lead.to, at);
  }
  return {
    from: Date.parse(first.at), to: end, ended,
    lanes: [...lanes].map(([pseudonym, { open, spans }]) => ({ pseudonym, spans: open === null ? spans : [...spans, { ...open, to: end }] })),
  };
}

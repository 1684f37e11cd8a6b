import { type Mark, Timeline, type TimelineGroup } from '@wardline/ui/office';
import type { Entry, Names, Outcome } from '../api/types';
import { Link, useTimes, useWords } from './page';
import { Context, Sentence } from './Sentence';

export const markOf: Readonly<Record<Outcome, Mark>> = { success: 'done', denied: 'refused', failed: 'failed' };

/** Entries as sentences under their day. `within`: a visit that needs no link, since one is on its page. */
export function EntryTimeline({ entries, names, busy = false, within, level = 2 }: { entries: readonly Entry[]; names: Names; busy?: boolean; within?: string; level?: 2 | 3 }) {
  const words = useWords();
  const times = useTimes();
  const groups: (TimelineGroup & { moments: TimelineGroup['moments'][number][] })[] = [];
  for (const entry of entries) {
    const heading = times.day(entry.at);
    if (groups.at(-1)?.heading !== heading) groups.push({ heading, moments: [] });
    groups.at(-1)?.moments.push({
      key: entry.index, time: times.clock(entry.at), dateTime: entry.at, mark: markOf[entry.outcome],
      body: (
        <>
          <p className="sentence"><Sentence entry={entry} names={names} {...(within === undefined ? {} : { within })} /></p>
          <div className="moment-foot">
            <Context entry={entry} />
            <Link to={{ at: 'entry', index: entry.index }} className="details" label={words.audit.detailsOf(entry.index)}>{words.audit.details}</Link>
          </div>
        </>
      ),
    });
  }
  return <Timeline groups={groups} busy={busy} level={level} />;
}

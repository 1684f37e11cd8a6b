import type { ReactNode } from 'react';

/** How a moment ended: as it should, refused, or badly. Its picture differs in shape and colour, and its words say it too. */
export type Mark = 'done' | 'refused' | 'failed';

export interface Moment {
  key: string | number;
  /** As people read it, and as machines do. */
  time: string;
  dateTime: string;
  mark: Mark;
  body: ReactNode;
}

export interface TimelineGroup {
  heading: string;
  moments: readonly Moment[];
}

/** What happened, one thing after the other, under the day on which it did. */
export function Timeline({ groups, busy = false, level = 2 }: { groups: readonly TimelineGroup[]; busy?: boolean; level?: 2 | 3 }) {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <div className="timeline" aria-busy={busy || undefined} data-busy={busy || undefined}>
      {groups.map((group) => (
        <section key={group.heading} className="timeline-group">
          <Heading className="timeline-day">{group.heading}</Heading>
          <ol role="list">
            {group.moments.map((moment) => (
              <li key={moment.key} className="moment" data-mark={moment.mark}>
                <time className="moment-time figures" dateTime={moment.dateTime}>{moment.time}</time>
                <MarkIcon mark={moment.mark} />
                <div className="moment-body">{moment.body}</div>
              </li>
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

/** A full round, a barred round, a pointed one: three shapes, so that colour is not needed to tell them apart. */
export function MarkIcon({ mark }: { mark: Mark }) {
  return (
    <svg className="moment-mark" data-mark={mark} viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      {mark === 'done' && <circle cx="10" cy="10" r="5" />}
      {mark === 'refused' && <><circle cx="10" cy="10" r="7.5" /><path d="M5.5 14.5l9-9" /></>}
      {mark === 'failed' && <><path className="moment-ground" d="M10 1.8l8.2 14.7H1.8z" /><path d="M10 7v4.2M10 13.7v.1" /></>}
    </svg>
  );
}

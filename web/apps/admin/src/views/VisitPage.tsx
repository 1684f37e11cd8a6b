import { Button } from '@wardline/ui';
import { BackIcon, Empty, ListIcon, Placeholder } from '@wardline/ui/office';
import { PageHeading } from '@wardline/ui/page';
import { useEffect, useMemo } from 'react';
import { personOf } from '../audit/sentence';
import { type Lane, type Story, storyOf } from '../audit/story';
import { Telling } from '../audit/telling';
import type { Names } from '../api/types';
import { EntryTimeline } from './EntryTimeline';
import { Link, useSignedIn, useStore, useTimes, useWords } from './page';
import { Problem } from './problem';

/** One whole visit as a person would tell it: who was where, and then step by step. */
export function VisitPage({ visit }: { visit: string }) {
  const { api } = useSignedIn();
  const words = useWords();
  const times = useTimes();
  const telling = useMemo(() => new Telling(api, visit), [api, visit]);
  const { entries, names, next, busy, code } = useStore(telling.state);
  useEffect(() => {
    void telling.more();
    return () => telling.close();
  }, [telling]);
  const story = useMemo(() => storyOf(entries), [entries]);

  return (
    <div className="page">
      <p><Link to={{ at: 'audit', query: '' }} className="back"><BackIcon size={20} />{words.visit.back}</Link></p>
      <div className="page-head">
        <PageHeading>{story === null ? words.titles.visit : words.visit.heading(times.day(story.from))}</PageHeading>
        {story !== null && <p className="soft figures">{lengthOf(story, next !== null)}</p>}
      </div>
      {code !== null && <Problem code={code} onRetry={() => void telling.more()} />}
      {story === null && busy && <Placeholder label={words.loading} rows={8} kind="moment" />}
      {story === null && !busy && code === null && (
        <Empty icon={<ListIcon size={32} />} title={words.visit.nothing}><p>{words.visit.nothingText}</p></Empty>
      )}
      {story !== null && (
        <>
          {story.lanes.length > 0 && <Lanes story={story} names={names} />}
          <section className="part">
            <h2>{words.visit.story}</h2>
            <EntryTimeline entries={entries} names={names} within={visit} level={3} />
            {next !== null && <p><Button isPending={busy} onPress={() => void telling.more()}>{words.visit.more}</Button></p>}
          </section>
        </>
      )}
    </div>
  );

  function lengthOf(story: Story, unfinished: boolean): string {
    const from = times.minute(story.from);
    return story.ended || unfinished
      ? words.visit.from(from, times.minute(story.to), words.visit.minutes((story.to - story.from) / 60_000))
      : words.visit.open(from);
  }
}

/** Each person a line, drawn over the time of the visit: waiting hatched, in the call full. */
function Lanes({ story, names }: { story: Story; names: Names }) {
  const words = useWords();
  const times = useTimes();
  const whole = Math.max(1, story.to - story.from);
  const at = (time: number): string => `${(100 * (time - story.from)) / whole}%`;
  const said = (lane: Lane): string => lane.spans.map((span) => words.visit.span(words.visit[span.where], times.clock(span.from), times.clock(span.to))).join(', ');
  return (
    <section className="part" aria-label={words.visit.lanes}>
      <h2>{words.visit.people}</h2>
      <ul className="lanes" role="list">
        {story.lanes.map((lane) => {
          const person = personOf(lane.pseudonym, names, words.sentence);
          return (
            <li key={lane.pseudonym} className="lane">
              <span className="lane-name">{person.kind === 'text' ? person.text : person.name}</span>
              <span className="lane-line" aria-hidden="true">
                {lane.spans.map((span) => (
                  <i key={span.from} data-where={span.where} style={{ insetInlineStart: at(span.from), inlineSize: `${(100 * (span.to - span.from)) / whole}%` }} />
                ))}
              </span>
              <span className="lane-words soft small figures">{said(lane)}</span>
            </li>
          );
        })}
      </ul>
      <p className="lane-ends small soft figures" aria-hidden="true"><span>{times.minute(story.from)}</span><span>{times.minute(story.to)}</span></p>
      <ul className="legend small" role="list" aria-hidden="true">
        <li><i data-where="waiting" />{words.visit.waiting}</li><li><i data-where="call" />{words.visit.call}</li>
      </ul>
    </section>
  );
}

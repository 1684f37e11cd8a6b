import { Button } from '@wardline/ui';
import { BackIcon, Facts, MarkIcon, NextIcon, Placeholder, PreviousIcon } from '@wardline/ui/office';
import { PageHeading } from '@wardline/ui/page';
import { type ReactNode, useEffect, useMemo } from 'react';
import type { OneEntry } from '../api/types';
import { whereOf, whyOf } from '../audit/context';
import { One } from '../audit/one';
import { actorOf, personOf, plain, sentenceOf, short } from '../audit/sentence';
import { Checker } from '../proof/checker';
import { markOf } from './EntryTimeline';
import { Link, useSignedIn, useStore, useTimes, useTools, useWords } from './page';
import { Problem } from './problem';
import { ProofPanel } from './ProofPanel';
import { PartView } from './Sentence';

/** One entry: what it says, whether it can be trusted, and its bytes. */
export function EntryPage({ index }: { index: number }) {
  const { api } = useSignedIn();
  const words = useWords();
  const one = useMemo(() => new One(api, index), [api, index]);
  const state = useStore(one.state);
  useEffect(() => {
    void one.load();
    return () => one.close();
  }, [one]);

  return (
    <div className="page">
      <p><Link to={{ at: 'audit', query: '' }} className="back"><BackIcon size={20} />{words.entry.back}</Link></p>
      {state.at === 'shown'
        ? <Shown one={state.one} raw={<Raw one={one} />} />
        : (
          <>
            <PageHeading>{words.entry.number(index)}</PageHeading>
            {state.at === 'loading'
              ? <Placeholder label={words.loading} rows={6} />
              : <Problem code={state.code} onRetry={() => void one.load()} />}
          </>
        )}
    </div>
  );
}

function Shown({ one, raw }: { one: OneEntry; raw: ReactNode }) {
  const { entry, names } = one;
  const { api } = useSignedIn();
  const { memory } = useTools();
  const words = useWords();
  const times = useTimes();
  const checker = useMemo(() => new Checker(api, memory), [api, memory]);
  const { facts } = words.entry;

  const rows = [
    { name: facts.when, value: <time dateTime={entry.at}>{times.full(entry.at)}</time> },
    { name: facts.who, value: <PartView part={actorOf(entry, names, words.sentence)} entry={entry} /> },
    { name: facts.kind, value: words.entry.kinds[entry.actorKind] },
    ...(entry.patient === null ? [] : [{ name: facts.patient, value: <PartView part={personOf(entry.patient, names, words.sentence)} entry={entry} /> }]),
    ...(entry.person === null ? [] : [{ name: facts.person, value: <PartView part={personOf(entry.person, names, words.sentence)} entry={entry} /> }]),
    ...(entry.visit === null ? [] : [{ name: facts.visit, value: <Link to={{ at: 'visit', visit: entry.visit }}>{words.entry.wholeVisit} ({short(entry.visit)})</Link> }]),
    ...(entry.where === null ? [] : [{ name: facts.where, value: whereOf(entry.where, words.context) }]),
    ...(entry.why === null ? [] : [{ name: facts.why, value: whyOf(entry.why, words.context) }]),
    { name: facts.outcome, value: <span className="marked"><MarkIcon mark={markOf[entry.outcome]} />{words.outcomes[entry.outcome]}</span> },
    { name: facts.action, value: entry.action },
    ...(entry.rule === null ? [] : [{ name: facts.rule, value: entry.rule }]),
    ...(entry.policyVersion === null ? [] : [{ name: facts.policy, value: entry.policyVersion }]),
    ...Object.entries(entry.facts).map(([name, value]) => ({ name, value: <span className="hash">{value}</span> })),
    ...(entry.sealed ? [{ name: facts.sealed, value: words.entry.sealedYes }] : []),
  ];
  return (
    <>
      <div className="page-head">
        <p className="soft figures">{words.entry.number(entry.index)}</p>
        <PageHeading>{plain(sentenceOf(entry, names, words.sentence))}</PageHeading>
      </div>
      <div className="two">
        <div className="part">
          <Facts facts={rows} />
          {raw}
        </div>
        <ProofPanel entry={entry} checker={checker} />
      </div>
      <nav className="neighbours" aria-label={words.audit.pages}>
        {entry.index > 0 && <Link to={{ at: 'entry', index: entry.index - 1 }} className="back"><PreviousIcon size={20} />{words.entry.previous}</Link>}
        <Link to={{ at: 'entry', index: entry.index + 1 }} className="back">{words.entry.next}<NextIcon size={20} /></Link>
      </nav>
    </>
  );
}

/** The bytes that the proof is for, one press away. */
function Raw({ one }: { one: One }) {
  const words = useWords();
  const state = useStore(one.raw);
  const shown = state.at === 'shown';
  return (
    <section className="part">
      <h2>{words.entry.raw}</h2>
      <p className="soft">{words.entry.rawText}</p>
      <p>
        <Button onPress={() => (shown ? one.hideRaw() : void one.showRaw())} isPending={state.at === 'loading'} aria-expanded={shown}>
          {shown ? words.entry.rawHide : words.entry.rawShow}
        </Button>
      </p>
      {state.at === 'failed' && <Problem code={state.code} onRetry={() => void one.showRaw()} />}
      {shown && <pre className="raw" tabIndex={0} role="region" aria-label={words.entry.raw}>{state.text}</pre>}
    </section>
  );
}

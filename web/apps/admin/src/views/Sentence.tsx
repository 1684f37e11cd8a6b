import type { Entry, Names } from '../api/types';
import { contextOf } from '../audit/context';
import { noFilters, writeQuestion } from '../audit/filters';
import { type Part, sentenceOf } from '../audit/sentence';
import { Link, useWords } from './page';

/** What happened, in words. A person leads to what else concerns them, a visit to its whole story. */
export function Sentence({ entry, names, within }: { entry: Entry; names: Names; within?: string }) {
  const words = useWords();
  return <>{sentenceOf(entry, names, words.sentence).map((part, at) => <PartView key={at} part={part} entry={entry} within={within} />)}</>;
}

export function PartView({ part, entry, within }: { part: Part; entry: Entry; within?: string | undefined }) {
  const words = useWords();
  if (part.kind === 'text') return part.text;
  if (part.kind === 'visit') return part.pseudonym === within ? words.sentence.thisVisit : <Link to={{ at: 'visit', visit: part.pseudonym }}>{part.name}</Link>;
  const filter = part.pseudonym === entry.patient ? { patient: part.pseudonym } : { person: part.pseudonym };
  const query = writeQuestion({ filters: { ...noFilters, ...filter }, order: 'newest' });
  return <Link to={{ at: 'audit', query }} className={part.known ? 'who' : 'who erased'} label={words.audit.onlyThis(part.name)}>{part.name}</Link>;
}

/** How it ended, where that is not as it should; from where, what for, and which rule allowed it. */
export function Context({ entry }: { entry: Entry }) {
  const words = useWords();
  const context = contextOf(entry, words.context);
  return (
    <p className="context">
      {entry.outcome !== 'success' && <span className="outcome" data-outcome={entry.outcome}>{words.outcomes[entry.outcome]}</span>}
      {context.map((part) => <span key={part}>{part}</span>)}
    </p>
  );
}

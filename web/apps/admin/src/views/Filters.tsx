import { Button, Choice, CloseIcon } from '@wardline/ui';
import { Field, FilterIcon } from '@wardline/ui/office';
import { type FormEvent, useEffect, useMemo, useState } from 'react';
import type { Filters, Names, Outcome } from '../api/types';
import { countFilters, isPseudonym, noFilters, type Question } from '../audit/filters';
import { Finder } from '../audit/finder';
import { short } from '../audit/sentence';
import { isBackwards, type SpanName, spans, timesOf } from '../audit/span';
import { own } from '../own';
import { useSignedIn, useStore, useTimes, useTools, useWords } from './page';
import { problemOf } from './problem';

interface Asking {
  question: Question;
  onAsk: (question: Question) => void;
}

/** What is looked for. Each change asks at once; what is asked stands in the chips beside the answer. */
export function FilterPanel({ question, onAsk }: Asking) {
  const words = useWords();
  const { audit } = words;
  const set = (change: Partial<Filters>) => onAsk({ ...question, filters: { ...question.filters, ...change } });
  const count = countFilters(question.filters);
  return (
    <details className="filters" open={isWide()}>
      <summary><FilterIcon size={20} />{audit.filters}{count > 0 && <span className="soft"> ({audit.filtersOn(count)})</span>}</summary>
      <div className="filter-fields" role="search" aria-label={audit.filters}>
        <WhoField onChoose={set} />
        <Choice
          label={audit.what} value={question.filters.action} onChange={(action) => set({ action })}
          options={[{ id: '', label: audit.everything }, ...actionOptions(question.filters.action, audit.groups)]}
        />
        <Choice
          label={audit.outcome} value={question.filters.outcome} onChange={(outcome) => set({ outcome: outcome as Outcome | '' })}
          options={[{ id: '', label: audit.anyOutcome }, ...(['success', 'denied', 'failed'] as const).map((id) => ({ id, label: words.outcomes[id] }))]}
        />
        <WhenFields filters={question.filters} onSet={set} />
        <Choice
          label={audit.order} value={question.order} onChange={(order) => onAsk({ ...question, order: order === 'oldest' ? 'oldest' : 'newest' })}
          options={[{ id: 'newest', label: audit.newest }, { id: 'oldest', label: audit.oldest }]}
        />
      </div>
    </details>
  );
}

const isWide = (): boolean => typeof matchMedia !== 'function' || matchMedia('(min-width: 1000px)').matches;

/** Groups of acts; and the single act that is asked for by an address. */
function actionOptions(asked: string, groups: Readonly<Record<string, string>>): { id: string; label: string }[] {
  const options = Object.entries(groups).map(([id, label]) => ({ id, label }));
  return asked === '' || Object.hasOwn(groups, asked) ? options : [...options, { id: asked, label: asked }];
}

function WhoField({ onChoose }: { onChoose: (change: Partial<Filters>) => void }) {
  const { api } = useSignedIn();
  const { announcer } = useTools();
  const words = useWords();
  const { audit } = words;
  const [text, setText] = useState('');
  const finder = useMemo(() => new Finder(api), [api]);
  const state = useStore(finder.state);
  useEffect(() => () => finder.clear(), [finder]);
  useEffect(() => {
    if (state.at === 'found') announcer.say(state.found.length === 0 ? audit.nobody(state.text) : audit.foundPeople(state.found.length));
  }, [state, announcer, audit]);

  const wanted = text.trim();
  const look = (event: FormEvent) => {
    event.preventDefault();
    void finder.look(wanted);
  };
  const choose = (pseudonym: string, as: 'patient' | 'person') => {
    onChoose({ [as]: pseudonym });
    setText('');
    finder.clear();
  };
  return (
    <form className="who-field" onSubmit={look}>
      <Field label={audit.who} type="search" value={text} onChange={setText} hint={audit.whoHint} />
      <Button type="submit" isDisabled={wanted.length < 2}>{state.at === 'looking' ? audit.finding : audit.find}</Button>
      {state.at === 'failed' && <p className="field-fault">{problemOf(state.code, words).title}. {words.code(state.code)}</p>}
      {state.at === 'found' && state.found.length === 0 && <p className="soft">{audit.nobody(state.text)}</p>}
      {state.at === 'found' && (
        <ul className="found" role="list">
          {state.found.map((one) => <FoundOne key={one.pseudonym} name={one.name} onChoose={(as) => choose(one.pseudonym, as)} isPatient={one.role === 'patient'} />)}
          {state.found.length === 0 && isPseudonym(state.text) && <FoundOne name={audit.usePseudonym(`${short(state.text)}…`)} onChoose={(as) => choose(state.text, as)} />}
        </ul>
      )}
    </form>
  );
}

function FoundOne({ name, onChoose, isPatient }: { name: string; onChoose: (as: 'patient' | 'person') => void; isPatient?: boolean }) {
  const { audit } = useWords();
  return (
    <li>
      <span className="found-name">{name}</span>
      {isPatient !== false && <Button onPress={() => onChoose('patient')} aria-label={`${name}, ${audit.asPatient}`}>{audit.asPatient}</Button>}
      <Button onPress={() => onChoose('person')} aria-label={`${name}, ${audit.asPerson}`}>{audit.asPerson}</Button>
    </li>
  );
}

function WhenFields({ filters, onSet }: { filters: Filters; onSet: (change: Partial<Filters>) => void }) {
  const { audit } = useWords();
  const { now } = useTools();
  const [chosen, setChosen] = useState<SpanName | null>(null);
  // What the address says counts; a span is only a quick way to say it.
  const span: SpanName = filters.from === '' && filters.to === '' ? (chosen === 'own' ? 'own' : 'any') : chosen ?? 'own';
  const choose = (id: string) => {
    const next = [...spans, 'own' as const].find((one) => one === id) ?? 'any';
    setChosen(next);
    if (next !== 'own') onSet(timesOf(next, now()));
  };
  return (
    <>
      <Choice label={audit.when} value={span} onChange={choose} options={[...spans, 'own' as const].map((id) => ({ id, label: audit.spans[id] }))} />
      {span === 'own' && (
        <>
          <Field label={audit.from} type="datetime-local" value={filters.from} onChange={(from) => onSet({ from })} />
          <Field label={audit.to} type="datetime-local" value={filters.to} onChange={(to) => onSet({ to })} fault={isBackwards(filters) ? audit.backwards : null} />
        </>
      )}
    </>
  );
}

/** What is asked for, each with its way out. */
export function Chips({ question, names, onAsk }: Asking & { names: Names }) {
  const words = useWords();
  const times = useTimes();
  const { audit } = words;
  const { filters } = question;
  const nameOf = (pseudonym: string) => own(names, pseudonym)?.name ?? `${short(pseudonym)}…`;
  const chips: { key: keyof Filters; text: string }[] = [];
  if (filters.patient !== '') chips.push({ key: 'patient', text: audit.chips.patient(nameOf(filters.patient)) });
  if (filters.person !== '') chips.push({ key: 'person', text: audit.chips.person(nameOf(filters.person)) });
  if (filters.visit !== '') chips.push({ key: 'visit', text: audit.chips.visit(short(filters.visit)) });
  if (filters.action !== '') chips.push({ key: 'action', text: own(audit.groups, filters.action) ?? filters.action });
  if (filters.outcome !== '') chips.push({ key: 'outcome', text: words.outcomes[filters.outcome] });
  if (filters.from !== '') chips.push({ key: 'from', text: audit.chips.from(times.full(filters.from)) });
  if (filters.to !== '') chips.push({ key: 'to', text: audit.chips.to(times.full(filters.to)) });
  if (chips.length === 0) return null;
  return (
    <div className="chips">
      {chips.map((chip) => (
        <Button
          key={chip.key} className="chip" icon={<CloseIcon size={18} />} aria-label={audit.remove(chip.text)}
          onPress={() => onAsk({ ...question, filters: { ...filters, [chip.key]: '' } })}
        >
          {chip.text}
        </Button>
      ))}
      {chips.length > 1 && <Button kind="plain" onPress={() => onAsk({ ...question, filters: noFilters })}>{audit.clear}</Button>}
    </div>
  );
}

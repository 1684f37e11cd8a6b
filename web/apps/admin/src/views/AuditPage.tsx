import { Button } from '@wardline/ui';
import { DownloadIcon, Empty, GridIcon, ListIcon, Pager, Placeholder, Tabs } from '@wardline/ui/office';
import { PageHeading } from '@wardline/ui/page';
import { useEffect, useMemo, useState } from 'react';
import type { EntryPage } from '../api/types';
import { countFilters, noFilters, type Question, readQuestion, writeQuestion } from '../audit/filters';
import { pageSize, Search, type SearchState } from '../audit/search';
import { EntryTable } from './EntryTable';
import { EntryTimeline } from './EntryTimeline';
import { ExportPanel } from './ExportPanel';
import { Chips, FilterPanel } from './Filters';
import { useSignedIn, useStore, useTools, useWords } from './page';
import { Problem } from './problem';

/** What happened: asked by filters that stand in the address, told as a timeline or a table. */
export function AuditPage({ query }: { query: string }) {
  const { api } = useSignedIn();
  const { router, announcer } = useTools();
  const words = useWords();
  const question = useMemo(() => readQuestion(query), [query]);
  const search = useMemo(() => new Search(api), [api]);
  const state = useStore(search.state);
  const [exporting, setExporting] = useState(false);
  const [view, setView] = useState('timeline');

  useEffect(() => {
    void search.ask(question);
    return () => search.close();
  }, [search, question]);
  useEffect(() => {
    if (state.busy || state.page === null) return;
    announcer.say(state.page.entries.length === 0 ? words.audit.nothing : words.audit.shown(...whereOf(state.page, state.at)));
  }, [state, announcer, words]);

  const ask = (next: Question) => router.go({ at: 'audit', query: writeQuestion(next) }, 'replace');
  const names = state.page?.names ?? {};

  return (
    <div className="page audit">
      <div className="page-head">
        <PageHeading>{words.audit.heading}</PageHeading>
        <Button icon={<DownloadIcon size={20} />} onPress={() => setExporting(!exporting)} aria-expanded={exporting}>{words.export.open}</Button>
        <p className="soft">{words.audit.intro}</p>
      </div>
      {exporting && <ExportPanel question={question} total={state.page?.total ?? null} onClose={() => setExporting(false)} />}
      <div className="audit-body">
        <FilterPanel question={question} onAsk={ask} />
        <div className="audit-list">
          <Chips question={question} names={names} onAsk={ask} />
          <Tabs
            label={words.audit.views} chosen={view} onChoose={setView}
            tabs={[
              { id: 'timeline', label: words.audit.timeline, icon: <ListIcon size={20} />, panel: () => <Results search={search} state={state} question={question} onAsk={ask} view="timeline" /> },
              { id: 'table', label: words.audit.table, icon: <GridIcon size={20} />, panel: () => <Results search={search} state={state} question={question} onAsk={ask} view="table" /> },
            ]}
          />
        </div>
      </div>
    </div>
  );
}

function Results({ search, state, question, onAsk, view }: { search: Search; state: SearchState; question: Question; onAsk: (question: Question) => void; view: 'timeline' | 'table' }) {
  const words = useWords();
  const { page, busy, code, at } = state;
  if (code !== null) return <Problem code={code} onRetry={() => void search.again()} />;
  if (page === null) return <Placeholder label={words.loading} rows={8} kind={view === 'timeline' ? 'moment' : 'row'} />;
  if (page.entries.length === 0) {
    return countFilters(question.filters) === 0
      ? <Empty icon={<ListIcon size={32} />} title={words.audit.empty}><p>{words.audit.emptyText}</p></Empty>
      : (
        <Empty icon={<ListIcon size={32} />} title={words.audit.nothing} acts={<Button onPress={() => onAsk({ ...question, filters: noFilters })}>{words.audit.clear}</Button>}>
          <p>{words.audit.nothingText}</p>
        </Empty>
      );
  }
  const newestFirst = question.order === 'newest';
  // Back at the top, where what was asked for begins.
  const turn = (way: () => Promise<void>) => () => void way().then(() => document.getElementById('content')?.scrollIntoView());
  return (
    <div className="results">
      {view === 'timeline'
        ? <EntryTimeline entries={page.entries} names={page.names} busy={busy} />
        : <EntryTable page={page} busy={busy} order={question.order} onOrder={(order) => onAsk({ ...question, order })} />}
      <Pager
        label={words.audit.pages} where={words.audit.where(...whereOf(page, at))}
        previous={newestFirst ? words.audit.newer : words.audit.older} next={newestFirst ? words.audit.older : words.audit.newer}
        onPrevious={at === 0 ? undefined : turn(() => search.previous())} onNext={page.next === null ? undefined : turn(() => search.next())}
      />
    </div>
  );
}

function whereOf(page: EntryPage, at: number): [number, number, number | null] {
  return [at * pageSize + 1, at * pageSize + page.entries.length, page.total];
}

import { type Column, MarkIcon, Table } from '@wardline/ui/office';
import type { Entry, EntryPage, Order } from '../api/types';
import { actorOf, personOf, short } from '../audit/sentence';
import { markOf } from './EntryTimeline';
import { Link, useTimes, useWords } from './page';
import { PartView, Sentence } from './Sentence';

/** The same entries as rows. Sorted by time by the server, which alone has all of them. */
export function EntryTable({ page, busy, order, onOrder }: { page: EntryPage; busy: boolean; order: Order; onOrder: (order: Order) => void }) {
  const words = useWords();
  const times = useTimes();
  const { names } = page;
  const columns: Column<Entry>[] = [
    { key: 'time', head: words.audit.columns.time, sortable: true, cell: (entry) => <time dateTime={entry.at}>{times.full(entry.at)}</time> },
    { key: 'who', head: words.audit.columns.who, cell: (entry) => <PartView part={actorOf(entry, names, words.sentence)} entry={entry} /> },
    { key: 'what', head: words.audit.columns.what, names: true, cell: (entry) => <Sentence entry={entry} names={names} /> },
    {
      key: 'whom', head: words.audit.columns.whom,
      cell: (entry) => {
        const about = entry.person ?? entry.patient;
        return about === null ? words.none : <PartView part={personOf(about, names, words.sentence)} entry={entry} />;
      },
    },
    { key: 'visit', head: words.audit.columns.visit, cell: (entry) => (entry.visit === null ? words.none : <Link to={{ at: 'visit', visit: entry.visit }}>{short(entry.visit)}</Link>) },
    { key: 'outcome', head: words.audit.columns.outcome, cell: (entry) => <span className="marked"><MarkIcon mark={markOf[entry.outcome]} />{words.outcomes[entry.outcome]}</span> },
    { key: 'index', head: words.audit.columns.index, align: 'end', cell: (entry) => <Link to={{ at: 'entry', index: entry.index }} label={words.audit.detailsOf(entry.index)}>{words.number(entry.index)}</Link> },
  ];
  return (
    <Table
      caption={words.audit.caption} columns={columns} rows={page.entries} rowKey={(entry) => entry.index} busy={busy}
      sort={{ key: 'time', descending: order === 'newest' }} onSort={(sort) => onOrder(sort.descending ? 'newest' : 'oldest')}
    />
  );
}

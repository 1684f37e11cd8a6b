import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { SortIcon } from './icons';
import { pressed, type Sort, type Sortable } from './sorting';

export interface Column<T> extends Sortable<T> {
  head: string;
  cell: (row: T) => ReactNode;
  /** Numbers and times stand at the end, so that their digits are below each other. */
  align?: 'start' | 'end';
  /** The one column that names its row. */
  names?: boolean;
  /** Sorted by whoever gives the rows. */
  sortable?: boolean;
}

export interface TableProps<T> {
  /** For screen readers; the heading above says the same to everybody. */
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  sort?: Sort | undefined;
  onSort?: (sort: Sort) => void;
  /** Busy with other rows: these stay, paler, so that nothing jumps. */
  busy?: boolean;
}

/** What a column needs, in the reader's own size of type. */
const remPerColumn = 8.5;

/**
 * Rows and columns; where the columns have no room each row is a card with the column's head before each value. Roles are
 * written out, since a browser forgets that a table is one when its rows are drawn as blocks.
 */
export function Table<T>({ caption, columns, rows, rowKey, sort, onSort, busy = false }: TableProps<T>) {
  const table = useRef<HTMLTableElement>(null);
  const [cards, setCards] = useState(false);
  const least = remPerColumn * columns.length;
  useLayoutEffect(() => {
    const room = table.current?.parentElement;
    if (room === null || room === undefined) return;
    const measure = () => setCards(room.clientWidth > 0 && room.clientWidth < least * parseFloat(getComputedStyle(document.documentElement).fontSize));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(room);
    return () => observer.disconnect();
  }, [least]);

  return (
    <table ref={table} className="table" role="table" data-cards={cards || undefined} aria-busy={busy || undefined} data-busy={busy || undefined}>
      <caption className="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => {
            const sorts = (column.order !== undefined || column.sortable === true) && sort !== undefined && onSort !== undefined;
            const here = sorts && sort.key === column.key;
            return (
              <th
                key={column.key} scope="col" role="columnheader" data-align={column.align} data-sorts={sorts || undefined}
                aria-sort={here ? (sort.descending ? 'descending' : 'ascending') : undefined}
              >
                {sorts
                  ? (
                    <button type="button" className="table-sort" onClick={() => onSort(pressed(sort, column.key))}>
                      {column.head}<SortIcon direction={here ? (sort.descending ? 'down' : 'up') : null} />
                    </button>
                  )
                  : column.head}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row">
            {columns.map((column) => {
              const inside = <><span className="table-label" aria-hidden="true">{column.head}</span><span className="table-value">{column.cell(row)}</span></>;
              return column.names === true
                ? <th key={column.key} scope="row" role="rowheader" data-align={column.align}>{inside}</th>
                : <td key={column.key} role="cell" data-align={column.align}>{inside}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

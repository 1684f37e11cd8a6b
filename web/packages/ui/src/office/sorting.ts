/** By which column, and which way round. */
export interface Sort {
  key: string;
  descending: boolean;
}

export interface Sortable<T> {
  key: string;
  /** Absent: this column does not sort. */
  order?: ((a: T, b: T) => number) | undefined;
}

/** The rows in order; rows that are equal stay as they came, whichever way round. */
export function sorted<T>(rows: readonly T[], columns: readonly Sortable<T>[], sort: Sort): readonly T[] {
  const order = columns.find((column) => column.key === sort.key)?.order;
  if (order === undefined) return rows;
  return [...rows].sort((a, b) => (sort.descending ? order(b, a) : order(a, b)));
}

/** What a press on a column's head leads to: the column, and the other way round when it is sorted by already. */
export function pressed(sort: Sort, key: string): Sort {
  return sort.key === key ? { key, descending: !sort.descending } : { key, descending: false };
}

export const byText = <T>(of: (row: T) => string) => (a: T, b: T): number => of(a).localeCompare(of(b));
export const byNumber = <T>(of: (row: T) => number) => (a: T, b: T): number => of(a) - of(b);

/** Part of a list, and where it lies. Pages are counted from 0; a page behind the end is the last one. */
export function pageOf<T>(rows: readonly T[], page: number, size: number): { rows: readonly T[]; page: number; first: number; last: number; pages: number } {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const at = Math.min(Math.max(0, page), pages - 1);
  const part = rows.slice(at * size, (at + 1) * size);
  return { rows: part, page: at, first: rows.length === 0 ? 0 : at * size + 1, last: at * size + part.length, pages };
}

import { describe, expect, test } from 'vitest';
import { byNumber, byText, pageOf, sorted } from '../src/office';
import { pressed } from '../src/office/sorting';

const rows = [{ n: 2, t: 'b' }, { n: 1, t: 'b' }, { n: 3, t: 'a' }];
const columns = [{ key: 'n', order: byNumber((row: { n: number }) => row.n) }, { key: 't', order: byText((row: { t: string }) => row.t) }, { key: 'x' }];

describe('Sorting', () => {
  test('goes both ways and keeps equal rows as they came', () => {
    expect(sorted(rows, columns, { key: 'n', descending: true }).map((row) => row.n)).toEqual([3, 2, 1]);
    expect(sorted(rows, columns, { key: 't', descending: false }).map((row) => row.n)).toEqual([3, 2, 1]);
    expect(sorted(rows, columns, { key: 't', descending: true }).map((row) => row.n)).toEqual([2, 1, 3]);
    expect(sorted(rows, columns, { key: 'x', descending: true })).toBe(rows);
  });

  test('a press on the same head turns the order round, another head begins upwards', () => {
    expect(pressed({ key: 'n', descending: false }, 'n')).toEqual({ key: 'n', descending: true });
    expect(pressed({ key: 'n', descending: true }, 't')).toEqual({ key: 't', descending: false });
  });
});

describe('Paging', () => {
  const many = Array.from({ length: 101 }, (_, i) => i);

  test('says where it is', () => {
    expect(pageOf(many, 1, 50)).toMatchObject({ page: 1, first: 51, last: 100, pages: 3 });
    expect(pageOf(many, 2, 50)).toMatchObject({ rows: [100], first: 101, last: 101 });
  });

  test('never leads outside, and nothing is one empty page', () => {
    expect(pageOf(many, 9, 50).page).toBe(2);
    expect(pageOf(many, -1, 50).page).toBe(0);
    expect(pageOf([], 0, 50)).toEqual({ rows: [], page: 0, first: 0, last: 0, pages: 1 });
  });
});

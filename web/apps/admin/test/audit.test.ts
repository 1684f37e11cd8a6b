import { describe, expect, test } from 'vitest';
import { patientOf, pseudonym } from '../preview/fake/people';
import { now } from '../preview/world';
import { queryOf } from '../src/api/admin-api';
import { ApiError } from '../src/api/http';
import type { Entry, EntryPage } from '../src/api/types';
import { Export } from '../src/audit/export';
import { countFilters, noFilters, readQuestion, writeQuestion } from '../src/audit/filters';
import { Finder } from '../src/audit/finder';
import { Search } from '../src/audit/search';
import { isBackwards, timesOf } from '../src/audit/span';
import { storyOf } from '../src/audit/story';
import { Telling } from '../src/audit/telling';
import { serverWith, settled } from './fakes';

describe('The question in the address', () => {
  test('is read back as it was written', () => {
    const question = { filters: { patient: 'abc_-1', person: 'x', visit: 'v', action: 'visit.*', outcome: 'denied', from: '2026-11-01T00:00', to: '2026-11-02T10:30' }, order: 'oldest' } as const;
    expect(readQuestion(writeQuestion(question))).toEqual(question);
    expect(writeQuestion({ filters: noFilters, order: 'newest' })).toBe('');
    expect(countFilters(question.filters)).toBe(7);
  });

  test.each([
    'patient=%3Cscript%3E', 'action=Visit', 'outcome=maybe', 'from=yesterday', 'from=2026-13-45T00:00', `visit=${'x'.repeat(65)}`, 'action=visit.**', 'order=sideways', 'nothing=at-all',
  ])('without what nobody could have meant: %s', (query) => {
    expect(readQuestion(query)).toEqual({ filters: noFilters, order: 'newest' });
  });

  test('times are asked for as instants, and what is empty is not asked for', () => {
    expect(queryOf({ ...noFilters, outcome: 'failed', from: '2026-11-01T00:00' }).toString()).toBe(`outcome=failed&from=${encodeURIComponent(new Date('2026-11-01T00:00').toISOString())}`);
  });
});

test('Spans begin as long ago as they say, and a range that ends before it begins is noticed', () => {
  expect(timesOf('any', now)).toEqual({ from: '', to: '' });
  expect(now.getTime() - Date.parse(timesOf('week', now).from)).toBe(7 * 86_400_000);
  expect(isBackwards({ from: '2026-11-02T00:00', to: '2026-11-01T00:00' })).toBe(true);
  expect(isBackwards({ from: '2026-11-02T00:00', to: '' })).toBe(false);
});

describe('The search', () => {
  test('leads through all pages and back, newest first', async () => {
    const { api } = await serverWith({ entries: 120 });
    const search = new Search(api);
    await search.ask({ filters: noFilters, order: 'newest' });
    const seen = () => search.state.get().page?.entries.map((entry) => entry.index) ?? [];
    expect([seen()[0], seen().length]).toEqual([119, 50]);
    await search.next();
    await search.next();
    expect([seen()[0], seen().length, search.state.get().at]).toEqual([19, 20, 2]);
    await search.next();
    expect(search.state.get().at).toBe(2);
    await search.previous();
    expect([seen()[0], search.state.get().at]).toEqual([69, 1]);
    await search.previous();
    await search.previous();
    expect([seen()[0], search.state.get().at]).toEqual([119, 0]);
  });

  test('filters and orders', async () => {
    const { api } = await serverWith({ entries: 200 });
    const search = new Search(api);
    await search.ask({ filters: { ...noFilters, patient: pseudonym(patientOf(1)), action: 'visit.*' }, order: 'oldest' });
    const entries = search.state.get().page?.entries ?? [];
    expect(entries.length).toBeGreaterThan(3);
    expect(entries.every((entry) => entry.patient === pseudonym(patientOf(1)) && entry.action.startsWith('visit.'))).toBe(true);
    expect(entries.map((entry) => entry.index)).toEqual([...entries.map((entry) => entry.index)].sort((a, b) => a - b));
  });

  test('shows what was asked last, however late an earlier answer comes', async () => {
    const answers: ((page: EntryPage) => void)[] = [];
    const search = new Search({ entries: () => new Promise((resolve) => { answers.push(resolve); }) });
    const page = (total: number): EntryPage => ({ entries: [], names: {}, next: null, total });
    void search.ask({ filters: noFilters, order: 'newest' });
    void search.ask({ filters: noFilters, order: 'oldest' });
    answers[1]?.(page(2));
    await settled();
    answers[0]?.(page(1));
    await settled();
    expect(search.state.get().page?.total).toBe(2);
  });

  test('keeps what it has when an answer fails, says why, and tries again', async () => {
    const { api } = await serverWith();
    let fail = false;
    const search = new Search({ entries: (...all) => (fail ? Promise.reject(new ApiError('http.rate', 429, '')) : api.entries(...all)) });
    await search.ask({ filters: noFilters, order: 'newest' });
    fail = true;
    await search.again();
    expect(search.state.get()).toMatchObject({ code: 'http.rate', busy: false });
    expect(search.state.get().page?.entries).toHaveLength(40);
    fail = false;
    await search.again();
    expect(search.state.get().code).toBeNull();
  });
});

describe('The export', () => {
  const linesOf = async (all: Export) => (await all.file().text()).split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { id: string }).id);

  test('gathers every line, oldest first', async () => {
    const { api } = await serverWith({ entries: 333 });
    const all = new Export(api);
    await all.start(noFilters, 333);
    expect(all.state.get()).toMatchObject({ at: 'done', lines: 333, total: 333, code: null });
    expect(await linesOf(all)).toEqual(Array.from({ length: 333 }, (_, n) => String(n)));
    expect(all.state.get()).toMatchObject({ bytes: all.file().size });
  });

  test('goes on behind the last whole line after the line broke in the middle of one', async () => {
    const { api, server } = await serverWith({ entries: 333, exportBreaksAfter: 120 });
    const all = new Export(api);
    await all.start(noFilters, 333);
    expect(all.state.get()).toMatchObject({ at: 'stopped', lines: 120, code: 'network.cut-off' });
    await all.goOn();
    expect(all.state.get()).toMatchObject({ at: 'done', lines: 333 });
    expect(await linesOf(all)).toEqual(Array.from({ length: 333 }, (_, n) => String(n)));
    expect(server.asked.filter((one) => one.includes('export'))).toHaveLength(2);
  });

  test('stops when told to, keeps what it has, and goes on', async () => {
    const { api } = await serverWith({ entries: 333, exportWaitsMs: 1 });
    const all = new Export(api);
    const unwatch = all.state.subscribe(() => {
      const state = all.state.get();
      if (state.at === 'going' && state.lines >= 50) all.stop();
    });
    await all.start(noFilters, null);
    unwatch();
    expect(all.state.get()).toMatchObject({ at: 'stopped', code: null });
    const before = (await linesOf(all)).length;
    expect(before).toBeGreaterThanOrEqual(50);
    expect(before).toBeLessThan(333);
    await all.goOn();
    expect(await linesOf(all)).toHaveLength(333);
  });

  test('begins anew without what it had', async () => {
    const { api } = await serverWith({ entries: 30 });
    const all = new Export(api);
    await all.start(noFilters, null);
    await all.start(noFilters, null);
    expect(await linesOf(all)).toHaveLength(30);
  });

  test('what is no AuditEvent is not taken, nor is an end without a line break', async () => {
    for (const [body, code] of [['{"resourceType":"Patient"}\n', 'http.malformed'], ['not json\n', 'http.malformed'], ['{"id":"1"}', 'network.cut-off']] as const) {
      const all = new Export({ export: () => Promise.resolve(new Response(body)) });
      await all.start(noFilters, null);
      expect(all.state.get(), body).toMatchObject({ at: 'stopped', lines: 0, code });
    }
  });
});

describe('The story of a visit', () => {
  const seconds = (n: number): string => new Date(now.getTime() + n * 1000).toISOString();
  const entry = (n: number, action: string, more: Partial<Entry> = {}): Entry => ({
    index: n, at: seconds(n), tenant: 'default', action, actor: 'doc', actorKind: 'clinician', patient: 'pat', visit: 'v', person: null, where: null, why: null,
    outcome: 'success', rule: null, policyVersion: null, facts: {}, sealed: false, ...more,
  });
  const at = (n: number): number => now.getTime() + n * 1000;

  test('tells who was where from when to when', () => {
    const story = storyOf([
      entry(0, 'visit.enter'), entry(10, 'visit.wait', { actor: 'pat' }), entry(20, 'visit.admit', { person: 'pat' }), entry(21, 'visit.enter', { actor: 'pat' }),
      entry(40, 'visit.hold', { person: 'pat' }), entry(50, 'visit.admit'), entry(60, 'visit.away', { actor: 'pat' }), entry(70, 'visit.enter', { actor: 'pat' }), entry(90, 'visit.end'),
    ]);
    expect(story).toMatchObject({ from: at(0), to: at(90), ended: true });
    expect(story?.lanes).toEqual([
      { pseudonym: 'doc', spans: [{ where: 'call', from: at(0), to: at(90) }] },
      { pseudonym: 'pat', spans: [
        { where: 'waiting', from: at(10), to: at(20) }, { where: 'call', from: at(20), to: at(40) }, { where: 'waiting', from: at(40), to: at(50) },
        { where: 'call', from: at(50), to: at(60) }, { where: 'call', from: at(70), to: at(90) },
      ] },
    ]);
  });

  test('refused acts move nobody, and a visit that goes on has no end', () => {
    const story = storyOf([entry(0, 'visit.enter'), entry(5, 'visit.admit', { person: 'pat', outcome: 'denied' }), entry(9, 'visit.end', { outcome: 'failed' })]);
    expect(story).toMatchObject({ ended: false, lanes: [{ pseudonym: 'doc', spans: [{ where: 'call', to: at(9) }] }] });
    expect(storyOf([])).toBeNull();
  });
});

test('A long visit is told in parts', async () => {
  const { api } = await serverWith({ entries: 500 });
  const telling = new Telling({ entries: (filters, ...rest) => api.entries({ ...filters, visit: '' }, ...rest) }, 'v');
  await telling.more();
  expect(telling.state.get().entries).toHaveLength(200);
  await telling.more();
  await telling.more();
  expect(telling.state.get()).toMatchObject({ next: null, busy: false });
  expect(telling.state.get().entries.map((entry) => entry.index)).toEqual(Array.from({ length: 500 }, (_, n) => n));
});

test('People are found by name, and the last question counts', async () => {
  const { api, server } = await serverWith();
  const finder = new Finder(api);
  const first = finder.look('osei');
  await Promise.all([first, finder.look('alvarez')]);
  expect(finder.state.get()).toMatchObject({ at: 'found', text: 'alvarez', found: [{ name: 'Ruth Alvarez' }] });
  expect(server.asked.every((one) => one === 'POST /api/audit/people')).toBe(true);
});

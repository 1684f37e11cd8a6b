import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { names, patientOf, pseudonym } from '../preview/fake/people';
import { translate } from '../preview/names';
import { scenes, type Scene } from '../preview/scenes';
import { makeWorld } from '../preview/world';
import { App } from '../src/views/App';

const pause = (ms: number) => act(() => new Promise<void>((resolve) => { setTimeout(resolve, ms); }));

async function show(scene: Scene | keyof typeof scenes, language: 'en' | 'es' = 'en') {
  const asked = typeof scene === 'string' ? scenes[scene] ?? {} : scene;
  // As long as is needed to see several pages, and no longer.
  const world = await makeWorld({ ...asked, ...(asked.entries === 4000 ? { entries: 300, ...(asked.at?.includes('2741') === true ? { at: '/admin/entries/141' } : {}), ...(asked.seen === 3000 ? { seen: 200 } : {}) } : {}) });
  const view = render(<App tools={world.tools} languages={[language]} />);
  await act(async () => { void world.arrive(); await new Promise((resolve) => { setTimeout(resolve, 60); }); });
  if (asked.write !== undefined) {
    fireEvent.change(await screen.findByLabelText(translate(asked.write[0], language)), { target: { value: asked.write[1] } });
    await pause(20);
  }
  for (const name of asked.press ?? []) {
    const called = translate(name, language);
    const target = () => [...document.querySelectorAll<HTMLElement>('button, [role="tab"]')].find((one) => (one.getAttribute('aria-label') ?? one.textContent) === called);
    for (let tries = 0; target() === undefined && tries < 50; tries++) await pause(20);
    fireEvent.click(target() ?? expect.fail(`No ${called}`));
    await pause(60);
  }
  await pause(40);
  return { ...world, ...view };
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const heading = () => screen.getByRole('heading', { level: 1 }).textContent;
const press = async (name: string | RegExp) => {
  fireEvent.click(button(name));
  await pause(60);
};
const moments = () => screen.getAllByRole('listitem').filter((item) => item.classList.contains('moment'));

describe('Every scene', () => {
  test.each(Object.keys(scenes))('%s has one first heading, one main part, a title without a name, and a name on every button, in both languages', async (name) => {
    for (const language of ['en', 'es'] as const) {
      const { unmount } = await show(name, language);
      expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
      expect(screen.getAllByRole('main')).toHaveLength(1);
      expect(document.title).toMatch(/ – Wardline$/);
      for (const { name: person } of Object.values(names)) expect(document.title).not.toContain(person);
      expect(document.documentElement.lang).toBe(language);
      for (const one of screen.queryAllByRole('button')) expect(one).toHaveAccessibleName();
      for (const one of screen.queryAllByRole('link')) expect(one).toHaveAccessibleName();
      unmount();
    }
  });
});

describe('Who may see what', () => {
  test('a privacy officer has no way to keys, and a key administrator none to entries', async () => {
    const officer = await show('audit');
    expect(screen.queryByRole('link', { name: 'Keys' })).toBeNull();
    expect(officer.server.asked.some((one) => one.includes('/api/keys'))).toBe(false);
    officer.unmount();
    const keeper = await show('keys');
    expect(screen.queryByRole('link', { name: 'What happened' })).toBeNull();
    expect(keeper.server.asked.some((one) => one.includes('/api/audit'))).toBe(false);
    keeper.unmount();
    const other = await show('other-role');
    expect(heading()).toBe('This page is for another role');
    expect(other.server.asked.some((one) => one.includes('/api/audit'))).toBe(false);
  });

  test('signing out leads to a page that says so', async () => {
    await show('audit');
    await press('Sign out');
    expect(heading()).toBe('You are signed out');
  });

  test('signing out that failed is said, and one stays', async () => {
    await show({ ...scenes['audit'], fails: { '/api/identity/session': 'lost' } });
    await press('Sign out');
    expect(screen.getByText(/could not be told to sign you out/, { selector: 'p' })).toBeVisible();
    expect(heading()).toBe('What happened');
  });
});

describe('What happened', () => {
  test('is told in sentences, newest first, with time, place, purpose and rule', async () => {
    await show('audit');
    const [first] = moments();
    expect(first).toHaveTextContent('Aiyana Redcloud came into the call.');
    expect(first).toHaveTextContent('for the patient’s request');
    expect(first).toHaveTextContent('by rule visit.admitted, policy 2026-11');
    expect(within(first as HTMLElement).getByRole('link', { name: /^Details of entry/ })).toHaveAttribute('href', '/admin/entries/39');
  });

  test('leads page by page through the log', async () => {
    await show({ ...scenes['audit'], entries: 120 });
    expect(screen.getByText('1–50 of 120')).toBeVisible();
    expect(button('Newer')).toBeDisabled();
    await press('Older');
    expect(screen.getByText('51–100 of 120')).toBeVisible();
    await press('Older');
    expect(button('Older')).toBeDisabled();
    await press('Newer');
    expect(screen.getByText('51–100 of 120')).toBeVisible();
  });

  test('a filter asks at once, stands in the address behind the #, and is taken off again', async () => {
    const { tools } = await show({ ...scenes['audit'], entries: 120 });
    fireEvent.change(screen.getByLabelText('How it ended'), { target: { value: 'denied' } });
    await pause(60);
    expect(tools.router.state.get()).toEqual({ at: 'audit', query: 'outcome=denied' });
    expect(moments().every((moment) => moment.textContent?.includes('Refused'))).toBe(true);
    await press('Remove the filter Refused');
    expect(tools.router.state.get()).toEqual({ at: 'audit', query: '' });
    expect(screen.getByText('1–50 of 120')).toBeVisible();
  });

  test('somebody is found by name, and then only what concerns them is shown', async () => {
    const { tools } = await show('audit-people');
    await press('Ruth Alvarez, as the patient');
    expect(tools.router.state.get()).toEqual({ at: 'audit', query: `patient=${pseudonym(patientOf(0))}` });
    expect(screen.getByRole('button', { name: 'Remove the filter Patient: Ruth Alvarez' })).toBeVisible();
  });

  test('the table has the same, sorted by time both ways', async () => {
    await show({ ...scenes['audit'], press: ['Table'] });
    const table = screen.getByRole('table', { name: 'Entries of the log' });
    const time = within(table).getByRole('columnheader', { name: 'Time' });
    expect(time).toHaveAttribute('aria-sort', 'descending');
    fireEvent.click(within(time).getByRole('button'));
    await pause(60);
    expect(within(screen.getByRole('table')).getByRole('columnheader', { name: 'Time' })).toHaveAttribute('aria-sort', 'ascending');
    expect(within(screen.getByRole('table')).getAllByRole('row')[1]).toHaveTextContent('signed in with their link');
  });

  test('an error keeps the filters, says what to do and the code, and is tried again', async () => {
    const { server } = await show('audit-error');
    expect(screen.getByText('Code for support: http.fault')).toBeVisible();
    const before = server.asked.length;
    await press('Try again');
    expect(server.asked.length).toBeGreaterThan(before);
    expect(screen.getByLabelText('How it ended')).toBeVisible();
  });

  test('nothing at all and nothing that fits are two things', async () => {
    const { unmount } = await show('audit-empty');
    expect(screen.getByText('Nothing has been written down yet')).toBeVisible();
    unmount();
    await show('audit-nothing');
    expect(screen.getByText('Nothing fits these filters', { selector: '.empty-title' })).toBeVisible();
    await press('Clear all filters');
    expect(moments().length).toBe(40);
  });

  test('an export is saved as lines', async () => {
    const { saved } = await show('export-done');
    await press('Save the file');
    expect(saved[0]?.name).toMatch(/^wardline-audit-\d{12}\.ndjson$/);
    expect((await saved[0]?.file.text())?.trim().split('\n')).toHaveLength(40);
  });

  test('an export that broke off goes on', async () => {
    await show('export-broken');
    expect(screen.getByText(/The line broke after 120 entries/, { selector: '.work-words' })).toBeVisible();
    await press('Go on');
    expect(screen.getByText(/^Done: 400 entries/, { selector: '.work-words' })).toBeVisible();
  });
});

describe('One visit', () => {
  test('is told from its beginning to its end, with who was where', async () => {
    await show('visit');
    expect(heading()).toMatch(/^Visit on /);
    const told = moments().map((moment) => moment.querySelector('.sentence')?.textContent);
    expect(told[0]).toBe('Dr. Amara Osei signed in with their link to this visit.');
    expect(told).toContain('Dr. Amara Osei admitted Ruth Alvarez.');
    expect(told.at(-1)).toBe('Dr. Amara Osei ended the visit for everyone.');
    const lanes = screen.getByRole('region', { name: 'Who was where, and when' });
    expect(lanes).toHaveTextContent(/Ruth Alvarez.*waiting room \d\d:\d\d:\d\d–\d\d:\d\d:\d\d, in the call/);
  });

  test('somebody who was erased is told of under their pseudonym', async () => {
    await show('visit-erased');
    expect(moments().some((moment) => moment.textContent?.includes('erased person'))).toBe(true);
    expect(document.body.textContent).not.toContain('Jo Park');
  });
});

describe('One entry', () => {
  test('is proven in the page, drawn, and its proof can be taken away', async () => {
    const { saved, server } = await show('entry-proven-first');
    expect(screen.getByText('This entry is exactly as it was written down.', { selector: '.verdict-title' })).toBeVisible();
    expect(screen.getByText(/It is number 10 of the 40 entries/)).toBeVisible();
    expect(screen.getByRole('img', { name: /A drawing of the proof/ })).toBeVisible();
    await press('Download the proof');
    expect(saved[0]?.name).toBe('wardline-entry-9.tlog-proof');
    expect(await saved[0]?.file.text()).toMatch(/^c2sp\.org\/tlog-proof@v1\n/);
    expect(server.asked).toContain('GET /api/audit/entries/9/proof');
  });

  test.each([
    ['entry-changed', /The hashes do not lead from this entry/, 'log.path@9'],
    ['entry-shown-otherwise', /It differs in: outcome, rule/, 'log.differs@9'],
    ['entry-forged', /does not bear a true signature/, 'log.unsigned@9'],
    ['entry-rewritten', /Something earlier was changed/, 'log.rewritten@9'],
  ])('%s is said in red, with what to do', async (scene, why, code) => {
    await show(scene);
    const notice = screen.getByText('This entry cannot be trusted', { selector: '.notice-title' }).closest('.notice') as HTMLElement;
    expect(notice).toHaveAttribute('data-tone', 'danger');
    expect(within(notice).getByText(why)).toBeVisible();
    expect(within(notice).getByText(`Code for support: ${code}`)).toBeVisible();
    expect(within(notice).getAllByRole('listitem').length).toBeGreaterThanOrEqual(3);
  });

  test('a server that does not answer says nothing about the entry', async () => {
    await show('entry-no-answer');
    expect(screen.queryByText('This entry cannot be trusted')).toBeNull();
    expect(screen.getByText('The server does not answer')).toBeVisible();
  });

  test('its bytes are one press away', async () => {
    await show('entry');
    expect(screen.queryByRole('region', { name: 'The raw entry' })).toBeNull();
    await press('Show the raw entry');
    expect(screen.getByRole('region', { name: 'The raw entry' })).toHaveTextContent('"index": 9');
    await press('Hide the raw entry');
    expect(screen.queryByRole('region', { name: 'The raw entry' })).toBeNull();
  });
});

describe('The log', () => {
  test('is whole, and one sees why', async () => {
    await show('integrity');
    expect(screen.getByText('Yes. Everything that was written down is still there and unchanged.')).toBeVisible();
    expect(screen.getByText(/when there were 200 entries, the log has only grown/)).toBeVisible();
  });

  test('that is broken is said in red on every page, with what to do', async () => {
    const { unmount } = await show('audit-broken-log');
    expect(screen.getByRole('link', { name: 'See what to do' })).toBeVisible();
    fireEvent.click(screen.getByRole('link', { name: 'See what to do' }));
    await pause(60);
    expect(screen.getByText('No. The log is broken.', { selector: '.verdict-title' })).toBeVisible();
    unmount();
    await show('integrity-broken');
    const alarm = screen.getByRole('group', { name: 'No. The log is broken.' });
    expect(alarm).toHaveTextContent('The first entry that does not hold is 17.');
    expect(alarm).toHaveTextContent('run “wardline verify DIR” there');
    expect(alarm).toHaveTextContent('Code for support: verify.changed');
    expect(screen.getByRole('alert')).toHaveTextContent('No. The log is broken.');
  });

  test('that the server calls whole is still broken when this browser finds it so', async () => {
    await show('integrity-browser-says-no');
    expect(screen.getByText('No. The log is broken.', { selector: '.verdict-title' })).toBeVisible();
    expect(screen.getByText(/The log is shorter than when this browser last saw it/)).toBeVisible();
  });

  test('that was replaced is believed again only after two presses', async () => {
    await show('integrity-browser-says-no');
    await press('The hospital has replaced its log…');
    await press('No, keep it');
    expect(screen.getByText('No. The log is broken.', { selector: '.verdict-title' })).toBeVisible();
    await press('The hospital has replaced its log…');
    await press('Yes, forget what this browser saw');
    expect(screen.getByText(/^Yes\. Everything/)).toBeVisible();
  });

  test('is recomputed in the page', async () => {
    const { unmount } = await show('integrity-walked');
    await pause(300);
    expect(screen.getByText(/each in its place/, { selector: '.work-words' })).toBeVisible();
    unmount();
    await show('integrity-walk-broken');
    expect(screen.getByText('Entry 6 does not follow from the one before it.', { selector: '.work-words' })).toBeVisible();
  });
});

describe('Keys', () => {
  test('are listed with age and next turn, never with anything of a key', async () => {
    await show('keys');
    expect(screen.getByText('A hardware security module (PKCS #11)')).toBeVisible();
    expect(within(screen.getByRole('table')).getAllByRole('row').length).toBe(26);
    expect(screen.getByText('1–25 of 54')).toBeVisible();
  });

  test('sort, filter and page', async () => {
    await show('keys');
    const table = () => screen.getByRole('table');
    const tenants = () => within(table()).getAllByRole('rowheader').map((cell) => cell.querySelector('.table-value')?.textContent);
    fireEvent.click(within(table()).getByRole('button', { name: 'Tenant' }));
    expect(tenants()[0]).toBe('clinica-del-sur');
    fireEvent.click(within(table()).getByRole('button', { name: 'Tenant' }));
    expect(tenants()[0]).toBe('practice-09');
    await press('On');
    expect(screen.getByText('26–50 of 54')).toBeVisible();
    fireEvent.change(screen.getByLabelText('Tenant'), { target: { value: 'NORTH' } });
    expect(new Set(tenants())).toEqual(new Set(['north-ward']));
    fireEvent.click(screen.getByRole('switch', { name: 'Only keys that seal' }));
    expect(tenants()).toEqual(['north-ward', 'north-ward', 'north-ward']);
  });

  test('are turned after a question, with the focus on the way back', async () => {
    const { server } = await show('keys-ask');
    expect(button('No')).toHaveFocus();
    expect(server.asked.some((one) => one.startsWith('POST'))).toBe(false);
    await press('Yes, turn it');
    expect(server.asked).toContain('POST /api/keys/north-ward/turn');
    expect(screen.getByText('The data key of north-ward was turned: version 4 seals as soon as every server has it.', { selector: '.notice-title' })).toBeVisible();
  });

  test('a source that is away is said, with what to do, and nothing can be turned', async () => {
    await show('keys-source-away');
    expect(screen.getByText(/See that the module is running/)).toBeVisible();
    for (const one of screen.getAllByRole('button', { name: /^Turn now/ })) expect(one).toBeDisabled();
  });
});

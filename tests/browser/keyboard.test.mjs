// A whole consult without a mouse: join, admit, mute, video, details, end. And a visit where everybody has gone quiet.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { focused, tabTo } from './harness/keyboard.mjs';
import { eventually, flowing } from './harness/measure.mjs';
import { openLink, startConsult } from './harness/visit.mjs';
import { startWardline } from './harness/wardline.mjs';

let wardline, clinician, patient;

before(async () => {
  wardline = await startWardline({ settings: { Signaling__IdleEnd: '00:00:20', Signaling__IdleWarning: '00:00:12' } });
  [clinician, patient] = [await openProfile(), await openProfile({ viewport: { width: 390, height: 844 } })];
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await patient?.close();
  await wardline?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const audioOf = (page) => page.evaluate(() => globalThis.__connections.at(-1).getSenders().find((s) => s.track?.kind === 'audio')?.track.enabled ?? false);

test('both join, and the clinician admits, by Tab and Enter', async () => {
  for (const [{ page }, link] of [[clinician, wardline.links.clinician], [patient, wardline.links.patient]]) {
    await openLink(page, link);
    await button(page, 'Join visit').waitFor({ timeout: 30_000 });
    await page.waitForFunction(() => document.querySelector('video')?.videoWidth > 0);
    const met = await tabTo(page, 'Join visit');
    console.log(`to Join visit: ${met.join(' → ')}`);
    await page.keyboard.press('Enter');
  }
  await button(clinician.page, 'Leave').waitFor();
  await clinician.page.getByRole('button', { name: /^Admit/ }).first().waitFor();
  const met = await tabTo(clinician.page, /^Admit/);
  console.log(`to Admit: ${met.join(' → ')}`);
  await clinician.page.keyboard.press('Space');
  await button(patient.page, 'Leave').waitFor();
  await eventually(() => flowing(clinician.page), { within: 30_000 });
});

test('a new page takes the focus to its heading, and no focus is lost', async () => {
  const at = await focused(patient.page);
  assert.equal(at?.tag, 'h1');
  // The button that admitted somebody is gone now; whoever pressed it is not thrown back to the top of the page.
  assert.notEqual(await focused(clinician.page), null);
});

test('mute and video by Enter, Space and the letters', async () => {
  const { page } = patient;
  await tabTo(page, /^Mute/);
  await page.keyboard.press('Enter');
  await button(page, 'Unmute').waitFor();
  assert.match((await focused(page)).name, /^Unmute/);
  await page.keyboard.press('Space');
  await button(page, 'Mute').waitFor();
  await page.keyboard.press('m');
  await button(page, 'Unmute').waitFor();
  await eventually(async () => assert.equal(await audioOf(page), false));
  await page.keyboard.press('m');
  await button(page, 'Mute').waitFor();
  await page.keyboard.press('v');
  await button(page, 'Start video').waitFor();
  await page.keyboard.press('v');
  await button(page, 'Stop video').waitFor();
});

test('details open, hold the focus, and close by Escape to the button they came from', async () => {
  const { page } = patient;
  const met = await tabTo(page, /^More/);
  const opener = (await focused(page)).name;
  await page.keyboard.press('Enter');
  await eventually(async () => assert.notEqual((await focused(page))?.name, opener));
  await page.keyboard.press('Escape');
  await eventually(async () => assert.equal((await focused(page))?.name, opener));
  assert.ok(met.length > 0);
});

test('ending asks first, begins at the way back, and both ways work', async () => {
  const { page } = clinician;
  await tabTo(page, 'End visit');
  await page.keyboard.press('Enter');
  await eventually(async () => assert.equal((await focused(page))?.tag, 'button'));
  await page.keyboard.press('Escape');
  await eventually(async () => assert.equal((await focused(page))?.name, 'End visit'));
  await page.keyboard.press('Enter');
  await tabTo(page, /^Yes|everyone/i, { back: true, within: 8 });
  await page.keyboard.press('Enter');
  for (const one of [clinician, patient]) await button(one.page, 'Leave').waitFor({ state: 'detached' });
  assert.equal((await focused(patient.page))?.tag, 'h1');
});

test('a visit where nobody does anything warns, stays when somebody says so, and ends when nobody does', async () => {
  await startConsult(wardline, clinician.page, patient.page);
  for (const { page } of [clinician, patient]) {
    await page.keyboard.press('m');
    await page.keyboard.press('v');
    await button(page, 'Start video').waitFor();
  }
  const warning = (page) => page.getByText('Is anybody still there?', { exact: true });
  await warning(patient.page).waitFor({ timeout: 30_000 });
  await warning(clinician.page).waitFor();
  await tabTo(patient.page, 'I’m still here');
  await patient.page.keyboard.press('Enter');
  for (const { page } of [clinician, patient]) await warning(page).waitFor({ state: 'detached', timeout: 5000 });
  const stayed = Date.now();
  await warning(patient.page).waitFor({ timeout: 30_000 });
  for (const { page } of [clinician, patient]) await page.getByRole('heading', { name: 'The visit was closed because nobody was active' }).waitFor({ timeout: 30_000 });
  console.log(`ended ${((Date.now() - stayed) / 1000).toFixed(1)} s after somebody had said that they were there (20 s are set)`);
  assert.ok(Date.now() - stayed > 18_000, 'the answer did not begin the time anew');
  assert.deepEqual([...clinician.problems, ...patient.problems], []);
});

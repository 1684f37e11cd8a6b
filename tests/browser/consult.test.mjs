// A clinician and a patient in two real Chromium profiles.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { eventually, flowing, received, sleep } from './harness/measure.mjs';
import { inCall, joinVisit, openLink, shortCode, startConsult } from './harness/visit.mjs';
import { startWardline } from './harness/wardline.mjs';

let wardline, clinician, patient;

before(async () => {
  wardline = await startWardline();
  [clinician, patient] = [await openProfile(), await openProfile({ viewport: { width: 390, height: 844 } })];
  await startConsult(wardline, clinician.page, patient.page);
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await patient?.close();
  await wardline?.stop();
});

test('both see moving video and hear audio of the other', async () => {
  for (const [who, { page }] of Object.entries({ clinician, patient })) {
    const { fps, energy } = await eventually(() => flowing(page), { within: 30_000 });
    console.log(`${who} receives ${fps.map((f) => f.toFixed(1))} frames a second, audio energy +${energy.map((e) => e.toFixed(4))}`);
  }
});

test('media runs on AEAD suites over UDP, straight to the SFU', async () => {
  for (const { page } of [clinician, patient]) {
    const { srtpCipher, candidate } = await received(page);
    assert.equal(srtpCipher, 'SRTP_AEAD_AES_256_GCM');
    assert.equal(candidate.protocol, 'udp');
    assert.notEqual(candidate.type, 'relay');
  }
});

test('the short codes are equal', async () => {
  const [a, b] = await Promise.all([shortCode(clinician.page), shortCode(patient.page)]);
  console.log(`codes ${a} and ${b}`);
  assert.equal(a, b);
});

test('the secret of the link is gone from the address bar', async () => {
  for (const { page } of [clinician, patient]) assert.equal(new URL(page.url()).hash, '');
});

test('muting silences, and unmuting brings the voice back', async () => {
  await patient.page.getByRole('button', { name: 'Mute', exact: true }).click();
  await sleep(1500);
  const energy = async () => (await received(clinician.page)).audio.reduce((sum, stream) => sum + stream.energy, 0);
  const muted = await energy();
  await sleep(2500);
  assert.ok(await energy() - muted < 1e-6, 'a muted microphone still carries sound');
  await patient.page.getByRole('button', { name: 'Unmute', exact: true }).click();
  await eventually(async () => assert.ok(await energy() - muted > 1e-4, 'no sound after unmuting'));
});

test('a reload comes back to the same visit in under 2 seconds without asking anything', async () => {
  const before = await received(clinician.page);
  const start = Date.now();
  await patient.page.reload();
  await inCall(patient.page);
  await eventually(async () => {
    const { video } = await received(patient.page);
    assert.ok(video.some((v) => v.framesDecoded > 0));
  }, { every: 50 });
  const took = Date.now() - start;
  console.log(`back after ${took} ms`);
  assert.ok(before.video.length > 0);
  await eventually(() => flowing(clinician.page), { within: 20_000 });
  const [a, b] = await Promise.all([shortCode(clinician.page), shortCode(patient.page)]);
  assert.equal(a, b);
  assert.ok(took < 2000, `${took} ms`);
});

test('the same link opened again in the same browser comes back to the same person', async () => {
  await openLink(patient.page, 'about:blank');
  await openLink(patient.page, wardline.links.patient);
  const join = patient.page.getByRole('button', { name: 'Join visit', exact: true });
  const leave = patient.page.getByRole('button', { name: 'Leave', exact: true });
  await join.or(leave).first().waitFor();
  if (await join.isVisible()) await joinVisit(patient.page);
  await inCall(patient.page);
  await eventually(() => flowing(clinician.page), { within: 20_000 });
});

test('ending the visit ends it on both screens', async () => {
  await clinician.page.getByRole('button', { name: 'End visit', exact: true }).first().click();
  const confirm = clinician.page.getByRole('button', { name: /^(Yes, end|End visit for everyone|End for everyone)/ });
  if (await confirm.isVisible().catch(() => false)) await confirm.click();
  for (const { page } of [clinician, patient]) {
    await page.getByRole('button', { name: 'Leave', exact: true }).waitFor({ state: 'detached', timeout: 10_000 });
  }
  assert.deepEqual([...clinician.problems, ...patient.problems], []);
});

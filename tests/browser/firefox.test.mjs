// A clinician in Chromium, a patient in Firefox, both in a network of their own.
import { ownNetwork, address } from './harness/namespace.mjs';

ownNetwork(import.meta.url);

const assert = (await import('node:assert/strict')).default;
const { after, before, test } = await import('node:test');
const { openProfile } = await import('./harness/chromium.mjs');
const { openFirefox } = await import('./harness/firefox.mjs');
const { eventually, flowing, received } = await import('./harness/measure.mjs');
const { admit, inCall, joinVisit, openLink, shortCode } = await import('./harness/visit.mjs');
const { startWardline } = await import('./harness/wardline.mjs');

let wardline, clinician, patient;

before(async () => {
  wardline = await startWardline({ args: ['--host', address] });
  clinician = await openProfile();
  patient = await openFirefox();
  await openLink(clinician.page, wardline.links.clinician);
  await joinVisit(clinician.page);
  await inCall(clinician.page);
  await patient.page.goto(wardline.links.patient);
  await patient.click('Join visit');
  await admit(clinician.page);
  await patient.sees('Leave');
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await patient?.close();
  await wardline?.stop();
});

test('Chromium and Firefox see and hear each other', async () => {
  for (const [who, { page }] of Object.entries({ clinician, patient })) {
    const { fps, energy } = await eventually(() => flowing(page), { within: 40_000 });
    console.log(`${who} receives ${fps.map((f) => f.toFixed(1))} frames a second, audio energy +${energy.map((e) => e.toFixed(4))}`);
  }
});

test('Firefox too is given an AEAD suite', async () => {
  assert.match((await received(clinician.page)).srtpCipher, /^(SRTP_)?AEAD_AES_(256|128)_GCM$/);
});

test('the short codes are equal', async () => {
  const digits = await eventually(async () => {
    const text = await patient.page.evaluate(() => document.body.innerText);
    const found = /(?<!\d)(\d{3})\s(\d{3})(?!\d)/.exec(text);
    assert.ok(found, 'no code yet');
    return found[1] + found[2];
  });
  assert.equal(digits, await shortCode(clinician.page));
});

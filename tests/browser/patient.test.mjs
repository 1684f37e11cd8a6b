// One person tries the product: a synthetic patient of ./run.sh --with-patient waits, is admitted, is seen and heard in a
// browser, end-to-end encrypted under one code, and leaves by itself when the visit ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { eventually, flowing, received } from './harness/measure.mjs';
import { admit, inCall, joinVisit, openLink, shortCode } from './harness/visit.mjs';
import { startWardline } from './harness/wardline.mjs';

let wardline, clinician;

before(async () => {
  wardline = await startWardline({ args: ['--with-patient'] });
  clinician = await openProfile();
  await openLink(clinician.page, wardline.links.clinician);
  await joinVisit(clinician.page);
  await inCall(clinician.page);
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await wardline?.stop();
});

test('the synthetic patient waits, is admitted, and is seen and heard', async () => {
  await admit(clinician.page);
  const { fps, energy } = await eventually(() => flowing(clinician.page, { minFps: 10 }), { within: 30_000 });
  console.log(`the clinician's browser decodes ${fps.map((f) => f.toFixed(1))} frames a second, audio energy +${energy.map((e) => e.toFixed(4))}`);
  const { video } = await received(clinician.page);
  if (process.env.SHOTS) await clinician.page.screenshot({ path: `${process.env.SHOTS}/patient.png` });
  assert.ok(video.some((v) => v.framesDecoded > 20));
});

test('browser and native participant show the same code', async () => {
  const code = await shortCode(clinician.page);
  const said = await eventually(() => {
    const found = /Safety number: (\d{3}) (\d{3})/.exec(wardline.log());
    if (!found) throw new Error('the patient has said no number yet');
    return found[1] + found[2];
  });
  assert.equal(said, code);
});

test('the patient opens what the browser seals, and goes when the visit ends', async () => {
  await clinician.page.getByRole('button', { name: 'End visit', exact: true }).click();
  await clinician.page.getByRole('button', { name: /^Yes|everyone/ }).click();
  const [, sent, opened, refused] = await eventually(() => {
    const found = /Sent (\d+) frames, opened (\d+), (\d+) did not open/.exec(wardline.log());
    if (!found) throw new Error('the patient has not gone yet');
    return found;
  });
  console.log(`patient: ${sent} frames sent, ${opened} of the browser opened, ${refused} not`);
  assert.ok(Number(sent) > 100 && Number(opened) > 100, 'too few frames');
  assert.ok(Number(refused) <= Number(opened) / 10, 'too many frames did not open');
});

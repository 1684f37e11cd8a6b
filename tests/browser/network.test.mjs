// The patient's phone goes from Wi-Fi to mobile, and through a tunnel.
import { address, ownNetwork } from './harness/namespace.mjs';

ownNetwork(import.meta.url);

const assert = (await import('node:assert/strict')).default;
const { after, before, test } = await import('node:test');
const { openProfile } = await import('./harness/chromium.mjs');
const { eventually, flowing, received, sleep } = await import('./harness/measure.mjs');
const { keepTimeline, readTimeline } = await import('./harness/timeline.mjs');
const { makeTwoNetworks } = await import('./harness/two-networks.mjs');
const { shortCode, startConsult } = await import('./harness/visit.mjs');
const { startWardline } = await import('./harness/wardline.mjs');

let wardline, clinician, patient, networks, code;

before(async () => {
  networks = makeTwoNetworks();
  wardline = await startWardline({ args: ['--host', address] });
  [clinician, patient] = [await openProfile(), await openProfile({ loopback: false, executable: networks.chromium, init: [keepTimeline] })];
  await startConsult(wardline, clinician.page, patient.page);
  for (const { page } of [clinician, patient]) await eventually(() => flowing(page), { within: 30_000 });
  code = await shortCode(patient.page);
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await patient?.close();
  await wardline?.stop();
  networks?.stop();
});

/** Milliseconds until the patient's page decodes new frames again. */
async function backAfter(act) {
  const frames = async () => (await received(patient.page)).video.reduce((sum, v) => sum + v.framesDecoded, 0);
  await act();
  const start = Date.now();
  const stuck = await frames();
  await eventually(async () => assert.ok(await frames() > stuck + 2, 'no new frame'), { within: 30_000, every: 50 });
  const took = Date.now() - start;
  if (took >= 2000) console.log(await readTimeline(patient.page, start - 100));
  return took;
}

test('a switch of networks comes back in under 2 s, to the same visit and the same keys', { timeout: 90_000 }, async () => {
  networks.up(2);
  // Both are there for a moment, as on a phone that leaves the house. Chromium on Linux lets 2 s pass after a change before
  // it tells anybody of it, and a network that it does not know of yet is one that no page can use.
  await sleep(5000);
  const took = await backAfter(async () => networks.down(1));
  console.log(`network switch: frames again after ${took} ms`);
  for (const { page } of [clinician, patient]) await eventually(() => flowing(page), { within: 20_000 });
  assert.equal(await shortCode(patient.page), code, 'the same instance keeps its keys');
  assert.ok(took < 2000, `${took} ms`);
});

test('30 s without any network: back in under 2 s once it is there again, without being asked anything', { timeout: 120_000 }, async () => {
  networks.down(2);
  await sleep(30_000);
  const took = await backAfter(async () => networks.up(2));
  console.log(`after 30 s without network: frames again after ${took} ms`);
  for (const { page } of [clinician, patient]) await eventually(() => flowing(page), { within: 20_000 });
  assert.equal(await shortCode(patient.page), await shortCode(clinician.page));
  assert.ok(took < 2000, `${took} ms`);
});

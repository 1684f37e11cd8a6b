// A client that knows only docs/protocol.md and a WebRTC stack (libdatachannel) that nobody here wrote, against a browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { EchoPeer, enter } from './harness/foreign.mjs';
import { eventually, flowing, received } from './harness/measure.mjs';
import { plainClient } from './harness/plain-page.mjs';
import { startWardline } from './harness/wardline.mjs';

let wardline, browser, foreign, echo, browserId;

before(async () => {
  wardline = await startWardline({ settings: { Demo__Profile: 'test-no-e2ee' } });
  browser = await openProfile();
  await browser.page.goto(`${wardline.origin}/healthz`);
  const link = new URL(wardline.links.clinician);
  const parts = { visit: link.pathname.split('/').pop(), secret: link.hash.replace(/^#(k=)?/, ''), participants: 2 };
  browserId = await browser.page.evaluate(plainClient, parts);

  foreign = await enter(wardline.links.patient);
  assert.equal((await foreign.request({ type: 'hello' })).type, 'ok');
  const admitted = foreign.next((m) => m.type === 'state' && m.state === 'in-call');
  await browser.page.evaluate(() => globalThis.plain.admitEverybody());
  await admitted;
  echo = new EchoPeer(foreign);
  await echo.connect(browserId);
  await browser.page.evaluate((id) => globalThis.plain.receiveFrom(id), foreign.welcome.you.participant);
}, { timeout: 120_000 });

after(async () => {
  echo?.close();
  foreign?.close();
  await browser?.close();
  await wardline?.stop();
});

test('the foreign stack receives the browser, and the browser decodes its own picture sent back by the foreign stack', async () => {
  const { fps, energy } = await eventually(() => flowing(browser.page), { within: 30_000 });
  console.log(`echoed: ${fps.map((f) => f.toFixed(1))} frames a second, audio energy +${energy}; foreign received ${echo.received.video} video, ${echo.received.audio} audio packets`);
  assert.ok(echo.received.video > 50 && echo.received.audio > 50);
});

test('the foreign stack was given an AEAD suite', async () => {
  assert.equal((await received(browser.page)).srtpCipher, 'SRTP_AEAD_AES_256_GCM');
});

test('without the explicit profile a client without keys is refused', async () => {
  const strict = await startWardline();
  try {
    const session = await enter(strict.links.clinician);
    const answer = await session.request({ type: 'hello' });
    assert.equal(answer.code, 'e2ee.required');
    session.close();
  } finally {
    await strict.stop();
  }
});

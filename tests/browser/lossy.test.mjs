// A patient on a bad line: the browser's UDP goes through the link emulator.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { startLink, throughLink } from './harness/link-emulator.mjs';
import { eventually, flowing, received, sleep } from './harness/measure.mjs';
import { startConsult } from './harness/visit.mjs';
import { startWardline } from './harness/wardline.mjs';

let wardline, clinician, patient, link;

before(async () => {
  wardline = await startWardline();
  link = await startLink(wardline.udp, {}, { seconds: 300 });
  clinician = await openProfile();
  patient = await openProfile({ init: [throughLink(link.port), listenForGaps] });
  await startConsult(wardline, clinician.page, patient.page);
  await eventually(() => flowing(patient.page), { within: 30_000 });
  await sleep(8000); // up to the layer that a good line allows
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await patient?.close();
  await link?.stop();
  await wardline?.stop();
});

// The longest stretch without a fresh audio sample, from the receiver's own statistics every 50 ms: concealed samples
// that the jitter buffer had to invent, in a row.
const listenForGaps = () => {
  globalThis.__gaps = { longestMs: 0, runMs: 0, last: null };
  setInterval(async () => {
    for (const connection of globalThis.__connections ?? []) {
      if (connection.connectionState !== 'connected') continue;
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio' || !entry.totalSamplesReceived) continue;
        const { last } = globalThis.__gaps;
        const now = { ssrc: entry.ssrc, samples: entry.totalSamplesReceived, concealed: entry.concealedSamples };
        globalThis.__gaps.last = now;
        if (last?.ssrc !== now.ssrc) continue;
        const played = now.samples - last.samples;
        const invented = now.concealed - last.concealed;
        if (played <= 0) continue;
        globalThis.__gaps.runMs = invented >= played * 0.95 ? globalThis.__gaps.runMs + played / 48 : 0;
        globalThis.__gaps.longestMs = Math.max(globalThis.__gaps.longestMs, globalThis.__gaps.runMs);
      }
    }
  }, 50);
};

const longestGap = (page) => page.evaluate(() => { const ms = globalThis.__gaps.longestMs; globalThis.__gaps.longestMs = 0; return ms; });

test('5 % loss, 100 ms delay, 20 ms jitter: the call stays up, video at 10 fps or more, no audio gap over 200 ms', { timeout: 90_000 }, async () => {
  link.change('loss 5'); link.change('delay 100'); link.change('jitter 20');
  await sleep(3000);
  await longestGap(patient.page);
  const there = await flowing(patient.page, { ms: 15_000, minFps: 10 });
  const back = await flowing(clinician.page, { ms: 5000, minFps: 10 });
  const gap = await longestGap(patient.page);
  console.log(`patient ${there.fps.map((f) => f.toFixed(1))} fps, clinician ${back.fps.map((f) => f.toFixed(1))} fps, longest audio gap ${gap.toFixed(0)} ms`);
  assert.ok(gap <= 200, `audio gap of ${gap} ms`);
});

/** Milliseconds from the cut until the patient sees a smaller picture, and the longest audio gap until 8 s after it. */
async function cut(command) {
  const size = async () => (await received(patient.page)).video[0].height;
  const before = await eventually(async () => { const h = await size(); assert.ok(h >= 720, `still ${h} lines`); return h; }, { within: 60_000 });
  await longestGap(patient.page);
  const start = Date.now();
  link.change(command);
  try {
    const after = await eventually(async () => { const h = await size(); assert.ok(h < before, `still ${h} lines`); return h; }, { within: 10_000, every: 50 });
    const took = Date.now() - start;
    await sleep(8000);
    const gap = await longestGap(patient.page);
    console.log(`${command}: ${before} → ${after} lines after ${took} ms, longest audio gap ${gap.toFixed(0)} ms`);
    await flowing(patient.page, { minFps: 10 });
    return { took, gap };
  } finally {
    link.change('rate off');
  }
}

// The SFU leaves the layer within 2 s of the cut (Wardline.Sfu.Tests holds it to that, by the packets that arrive). What a
// browser shows comes a drained queue and a key frame later: 0.4 to 2.0 s were seen.
test('a cut to 300 kbit/s: soon a smaller picture, audio never breaks, and the full picture comes back after it', { timeout: 120_000 }, async () => {
  link.change('loss 0'); link.change('delay 20'); link.change('jitter 0');
  const { took, gap } = await cut('down rate 300k');
  assert.ok(took <= 3000, `${took} ms`);
  assert.ok(gap <= 200, `audio gap of ${gap} ms`);
});

// The patient's browser overfills its own way up, and its reports on what it receives wait there, or are lost.
test('a cut to 300 kbit/s both ways: the layer falls as soon as a report comes through, and audio never breaks', { timeout: 120_000 }, async () => {
  const { took, gap } = await cut('rate 300k');
  assert.ok(took <= 5000, `${took} ms`);
  assert.ok(gap <= 200, `audio gap of ${gap} ms`);
});

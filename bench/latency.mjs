// Glass to glass: a clock drawn into the clinician's and the patient's camera, read off the other one's screen, through
// the product as a user starts it, end-to-end encryption included. Both browsers run on this machine and share its
// clock, so the difference is the delay of canvas, encoder, seal, server, jitter buffer, decoder and compositor.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openProfile } from '../tests/browser/harness/chromium.mjs';
import { eventually, received, sleep } from '../tests/browser/harness/measure.mjs';
import { admit, inCall, joinVisit, openLink } from '../tests/browser/harness/visit.mjs';
import { startWardline } from '../tests/browser/harness/wardline.mjs';
import { timecodeCamera, timecodeReader } from './timecode.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, settle: { type: 'string', default: '12' }, size: { type: 'string', default: '640x360' } },
});
const [width, height] = values.size.split('x').map(Number);
const seconds = Number(values.seconds);
if (!(width >= 320 && height >= 180 && seconds > 0)) throw new Error('--size is WIDTHxHEIGHT from 320x180, --seconds is above 0');

const script = (fn, options) => `(${fn})(${JSON.stringify(options)});`;
const person = (who) => openProfile({
  init: [
    script(timecodeCamera, { who, width, height, fps: 30 }),
    `addEventListener("DOMContentLoaded", () => { ${script(timecodeReader, { who, width })} });`,
  ],
});

function distribution(ms) {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const histogram = {};
  for (const value of sorted) {
    const from = Math.floor(value / 10) * 10;
    histogram[from] = (histogram[from] ?? 0) + 1;
  }
  return {
    samples: sorted.length, minMs: sorted[0], p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: sorted.at(-1),
    meanMs: Number((sorted.reduce((a, b) => a + b, 0) / sorted.length).toFixed(1)), histogramOf10Ms: histogram,
  };
}

function print(name, result) {
  console.log(`\n${name}: ${result.samples} frames (${result.framesPerSecond} a second, ${Object.keys(result.sizes).join(', ')}, ${result.unreadable} unreadable)`);
  console.log(`  p50 ${result.p50Ms} ms   p95 ${result.p95Ms} ms   p99 ${result.p99Ms} ms   max ${result.maxMs} ms   (min ${result.minMs}, mean ${result.meanMs})`);
  const most = Math.max(...Object.values(result.histogramOf10Ms));
  for (const [from, count] of Object.entries(result.histogramOf10Ms)) {
    console.log(`  ${String(from).padStart(5)} ms ${'█'.repeat(Math.max(1, Math.round((count / most) * 50)))} ${count}`);
  }
}

// The clock is what is measured, so nobody joins before their camera shows it.
async function join(page, link) {
  await openLink(page, link);
  await page.waitForFunction(() => [...document.querySelectorAll('video')].some((video) => video.videoWidth > 0), null, { timeout: 30_000 });
  await joinVisit(page);
}

const wardline = await startWardline();
let clinician, patient;
try {
  [clinician, patient] = [await person(0), await person(1)];
  await join(clinician.page, wardline.links.clinician);
  await inCall(clinician.page);
  await join(patient.page, wardline.links.patient);
  await admit(clinician.page);
  await inCall(patient.page);
  const pages = { 'patient to clinician': clinician.page, 'clinician to patient': patient.page };
  await eventually(async () => {
    for (const page of Object.values(pages)) {
      if (await page.evaluate(() => globalThis.__latency.ms.length) === 0) throw new Error('no clock seen yet');
    }
  }, { within: 60_000 });

  // The estimate rises and the layer settles before anything counts.
  await sleep(Number(values.settle) * 1000);
  await Promise.all(Object.values(pages).map((page) => page.evaluate(() => {
    Object.assign(globalThis.__latency, { ms: [], unreadable: 0, frames: 0, sizes: {} });
  })));
  const start = performance.now();
  await sleep(seconds * 1000);

  const directions = {};
  for (const [name, page] of Object.entries(pages)) {
    const seen = await page.evaluate(() => globalThis.__latency);
    const took = (performance.now() - start) / 1000;
    if (seen.ms.length === 0) throw new Error(`${name}: no frame with a readable clock`);
    const { srtpCipher } = await received(page);
    directions[name] = {
      ...distribution(seen.ms), framesPerSecond: Number((seen.frames / took).toFixed(1)), unreadable: seen.unreadable, sizes: seen.sizes, srtpCipher,
    };
    print(name, directions[name]);
  }

  const result = {
    what: 'glass to glass, two Chromium profiles and the server on one machine, end-to-end encrypted',
    when: new Date().toISOString(), camera: `${values.size}@30`, seconds,
    machine: { cores: cpus().length, model: cpus()[0].model, load1: Number(loadavg()[0].toFixed(2)) },
    browser: await clinician.context.browser()?.version() ?? (await clinician.page.evaluate(() => navigator.userAgent)),
    directions,
  };
  const folder = new URL('./results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('latency.json', folder), `${JSON.stringify(result, null, 2)}\n`);
  console.log('\nwritten to bench/results/latency.json');
} finally {
  await clinician?.close();
  await patient?.close();
  await wardline.stop();
}

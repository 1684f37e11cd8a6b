// Usage: node browser-check/run.mjs [chromium|firefox …]
// Seals and opens real VP8 and Opus in real browsers, in one page, and fails unless pictures and sound come through with
// keys and nothing does without.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import { build } from 'vite';

const root = import.meta.dirname;
const browsers = {
  chromium: {
    browser: 'chrome', executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--no-first-run', '--disable-quic', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
      '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required',
    ],
  },
  firefox: {
    browser: 'firefox', executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false, 'media.autoplay.default': 0,
      'media.gmp-manager.updateEnabled': false, 'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false, 'app.normandy.enabled': false,
      'browser.safebrowsing.malware.enabled': false, 'datareporting.healthreport.uploadEnabled': false,
    },
  },
};

const cases = [
  { name: 'with keys', options: { seconds: 6, red: false, keys: true, rotateSeconds: 3600 } },
  { name: 'with keys and RED', options: { seconds: 5, red: true, keys: true, rotateSeconds: 3600 } },
  { name: 'with an epoch every 2 s', options: { seconds: 11, red: false, keys: true, rotateSeconds: 2 } },
  { name: 'without keys', options: { seconds: 4, red: false, keys: false, rotateSeconds: 3600 } },
];

function check(name, options, r) {
  assert.ok(r.packetsReceived > 50, `${name}: packets arrive`);
  if (!options.keys) {
    assert.equal(r.framesDecoded, 0, `${name}: no picture`);
    assert.equal(r.audioEnergy, 0, `${name}: no sound`);
    assert.equal(r.counters.opened, 0, `${name}: nothing opened`);
    return;
  }
  assert.match(r.digits[0] ?? '', /^\d{3} \d{3}$/, `${name}: six digits`);
  assert.equal(r.digits[0], r.digits[1], `${name}: the same digits`);
  assert.ok(r.framesDecoded >= options.seconds * 8, `${name}: pictures decoded (${r.framesDecoded})`);
  assert.ok(r.audioEnergy > 0, `${name}: sound heard`);
  if (options.red && name.startsWith('chromium')) assert.ok(r.bytesPerSoundPacket > 110, `${name}: RED is sent (${r.bytesPerSoundPacket})`);
  assert.equal(r.counters.forged, 0, `${name}: every frame authentic`);
  if (options.rotateSeconds < 10) {
    assert.ok(r.epoch >= 4, `${name}: epochs turned (${r.epoch})`);
    assert.equal(r.counters['no-key'], 0, `${name}: no frame without its key`);
    assert.ok(r.frozen < 0.5, `${name}: no freeze (${r.frozen} s)`);
  }
}

const dist = await mkdtemp(path.join(tmpdir(), 'wardline-check-'));
await build({ root, logLevel: 'error', build: { outDir: dist, emptyOutDir: true }, worker: { format: 'es' } });
const types = { '.html': 'text/html', '.js': 'text/javascript' };
const server = createServer((request, response) => {
  try {
    const file = path.join(dist, request.url === '/' ? 'index.html' : path.normalize(request.url));
    const body = readFileSync(file);
    response.writeHead(200, {
      'content-type': types[path.extname(file)] ?? 'application/octet-stream',
      'content-security-policy': "default-src 'self'; worker-src 'self'",
    }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise(done => server.listen(0, '127.0.0.1', done));

let failed = 0;
try {
  for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(browsers)) {
    const browser = await puppeteer.launch({ headless: true, ...browsers[name] });
    try {
      const page = await browser.newPage();
      page.on('pageerror', error => console.error(`${name}: ${error}`));
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      for (const { name: what, options } of cases) {
        const result = await page.evaluate(o => globalThis.runLoopback(o), options);
        try {
          check(`${name}, ${what}`, options, result);
          console.log(`ok    ${name}, ${what}: ${result.framesDecoded} pictures ${result.videoWidth} wide, ${Math.round(result.bytesPerSoundPacket)} bytes a sound packet`);
        } catch (error) {
          failed++;
          console.error(`FAIL  ${error.message}\n      ${JSON.stringify(result)}`);
        }
      }
    } finally {
      await browser.close();
    }
  }
} finally {
  server.close();
  await rm(dist, { recursive: true });
}
process.exitCode = failed === 0 ? 0 : 1;

// What is on the wire, and what the SFU holds after decrypting it: nothing that shows or says anything.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { eventually, flowing, sleep } from './harness/measure.mjs';
import { rtp, udpPayloads, vp8Frames } from './harness/pcap.mjs';
import { plainClient } from './harness/plain-page.mjs';
import { startConsult } from './harness/visit.mjs';
import { startTapped } from './harness/wardline.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'wardline-capture-'));
let decoder;

before(async () => { decoder = await openProfile(); });

after(async () => {
  await decoder?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function capture(port, file, during) {
  const tshark = spawn('tshark', ['-q', '-i', 'lo', '-f', `udp port ${port}`, '-F', 'pcap', '-w', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise((done) => tshark.stderr.on('data', (text) => { if (/Capturing on/.test(text)) done(); }));
  await sleep(500);
  await during();
  const ended = new Promise((done) => tshark.once('exit', done));
  tshark.kill('SIGINT');
  await ended;
}

/** The streams of the tap: ssrc → VP8 frames, for streams whose payload looks like VP8 video. */
function videoStreams(tap) {
  const streams = new Map();
  for (const packet of udpPayloads(tap).map(rtp).filter(Boolean)) {
    if (!streams.has(packet.ssrc)) streams.set(packet.ssrc, []);
    streams.get(packet.ssrc).push(packet);
  }
  return [...streams.values()].map(vp8Frames).filter((frames) => frames.length > 20 && frames.some((f) => f.key));
}

/**
 * Decodes with the browser's own VP8 decoder. Says how many frames came out and how alike neighbouring pixels are
 * (0 … 1): the test picture is made of flat areas, noise is not.
 */
async function decode(frames) {
  const first = frames.findIndex((frame) => frame.key);
  await decoder.page.goto('about:blank');
  const chunks = frames.slice(first, first + 60).map(({ data, key, timestamp }) => ({ data: data.toString('base64'), key, timestamp }));
  // WebCodecs wants a secure context; a page of the product is one.
  await decoder.page.goto(`${decoder.origin}/healthz`);
  return decoder.page.evaluate(async (list) => {
    const result = { decoded: 0, errors: 0, smooth: 0 };
    const canvas = new OffscreenCanvas(64, 36).getContext('2d', { willReadFrequently: true });
    let measured = 0;
    const make = () => {
      const d = new VideoDecoder({
        output(frame) {
          result.decoded++;
          canvas.drawImage(frame, 0, 0, 64, 36);
          frame.close();
          const { data } = canvas.getImageData(0, 0, 64, 36);
          let near = 0, all = 0;
          for (let i = 4; i < data.length; i += 4) { all++; if (Math.abs(data[i] - data[i - 4]) + Math.abs(data[i + 1] - data[i - 3]) + Math.abs(data[i + 2] - data[i - 2]) < 30) near++; }
          // A picture of one colour is what a decoder shows for nothing; it does not count as a picture.
          const colours = new Set(); for (let i = 0; i < data.length; i += 4) colours.add((data[i] >> 5) << 6 | (data[i + 1] >> 5) << 3 | data[i + 2] >> 5);
          result.smooth += colours.size >= 3 ? near / all : 0;
          measured++;
        },
        error() { result.errors++; },
      });
      d.configure({ codec: 'vp8' });
      return d;
    };
    let d = make();
    let wantsKey = true;
    for (const { data, key, timestamp } of list) {
      if (d.state === 'closed') { d = make(); wantsKey = true; }
      if (wantsKey && !key) continue;
      wantsKey = false;
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      d.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp, data: bytes }));
      await new Promise((go) => setTimeout(go, 5));
    }
    await d.flush().catch(() => {});
    result.smooth = measured ? result.smooth / measured : 0;
    return result;
  }, chunks);
}

test('control: without end-to-end encryption the SFU could watch, and this test would see it', { timeout: 180_000 }, async () => {
  const tap = path.join(folder, 'control-tap.pcap');
  const wardline = await startTapped(tap, { settings: { Demo__Profile: 'test-no-e2ee' } });
  decoder.origin = wardline.origin;
  const browser = await openProfile();
  try {
    await browser.page.goto(`${wardline.origin}/healthz`);
    const link = new URL(wardline.links.clinician);
    await browser.page.evaluate(plainClient, { visit: link.pathname.split('/').pop(), secret: link.hash.replace(/^#(k=)?/, ''), participants: 1 });
    await sleep(6000);
    const streams = videoStreams(tap);
    assert.ok(streams.length > 0, 'no video in the tap');
    const seen = await decode(streams[0]);
    console.log(`control: ${seen.decoded} frames decoded, ${seen.errors} refused, likeness of neighbours ${seen.smooth.toFixed(2)}`);
    assert.ok(seen.decoded > 20 && seen.smooth > 0.7, JSON.stringify(seen));
  } finally {
    await browser.close();
    await wardline.stop();
  }
});

test('with it there is no readable frame on the wire and none in what the SFU decrypts', { timeout: 180_000 }, async () => {
  const [wire, tap] = [path.join(folder, 'wire.pcap'), path.join(folder, 'tap.pcap')];
  const wardline = await startTapped(tap);
  decoder.origin = wardline.origin;
  const [clinician, patient] = [await openProfile(), await openProfile()];
  try {
    await capture(wardline.udp, wire, async () => {
      await startConsult(wardline, clinician.page, patient.page);
      await eventually(() => flowing(patient.page), { within: 30_000 });
      await sleep(5000);
    });
    const streams = videoStreams(tap);
    assert.ok(streams.length > 0, 'no video in the tap: the tap sees nothing');
    for (const frames of streams) {
      const seen = await decode(frames);
      console.log(`sealed: ${frames.length} frames in the tap, ${seen.decoded} decoded, ${seen.errors} refused, likeness of neighbours ${seen.smooth.toFixed(2)}`);
      // VP8 has no redundancy, so that a decoder takes noise for a picture now and then (2 in 100 were seen); the control
      // decodes every frame.
      assert.ok(seen.decoded <= Math.max(3, frames.length / 10), `pictures came out: ${JSON.stringify(seen)}`);
    }

    // On the wire: STUN, DTLS and SRTP only (RFC 7983), and not one 24-byte piece of a payload that the SFU sees.
    const packets = udpPayloads(wire);
    assert.ok(packets.length > 500, `${packets.length} packets captured`);
    const kinds = packets.map((p) => (p[0] <= 3 ? 'stun' : p[0] >= 20 && p[0] <= 63 ? 'dtls' : p[0] >= 128 && p[0] <= 191 ? 'srtp' : 'other'));
    const counted = Object.fromEntries(['stun', 'dtls', 'srtp', 'other'].map((kind) => [kind, kinds.filter((k) => k === kind).length]));
    console.log('on the wire:', counted);
    assert.equal(counted.other, 0);
    const pieces = new Set();
    for (const p of udpPayloads(tap).map(rtp).filter((p) => p && p.payload.length > 80).slice(0, 2000)) pieces.add(p.payload.subarray(40, 64).toString('latin1'));
    assert.ok(pieces.size > 200, `${pieces.size} pieces`);
    let found = 0;
    for (const packet of packets) {
      const text = packet.toString('latin1');
      for (let at = 12; at + 24 <= Math.min(text.length, 120); at++) if (pieces.has(text.slice(at, at + 24))) found++;
    }
    assert.equal(found, 0, 'what the SFU decrypts stands readable on the wire');
  } finally {
    await clinician.close();
    await patient.close();
    await wardline.stop();
  }
});

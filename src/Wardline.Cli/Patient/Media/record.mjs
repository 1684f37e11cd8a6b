// Encodes the synthetic patient once: a moving test picture with a time code in three sizes (VP8), and a voice-like tone
// (Opus), each as an IVF file. Needs Chromium and the packages of tests/browser:  node record.mjs
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.join(import.meta.dirname, '../../../..');
const { chromium } = createRequire(path.join(root, 'tests/browser/package.json'))('playwright-core');
const seconds = 8;
const layers = [
  { name: 'q', width: 320, height: 180, fps: 15, bitrate: 90_000 },
  { name: 'h', width: 640, height: 360, fps: 20, bitrate: 280_000 },
  { name: 'f', width: 1280, height: 720, fps: 20, bitrate: 700_000 },
];

// Drawn by the second, so that every layer shows the same picture at the same time, and the end meets the beginning.
async function encodePicture({ width, height, fps, bitrate, seconds }) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  const unit = height / 18;
  const draw = (t) => {
    const turn = (t / seconds) * 2 * Math.PI;
    context.fillStyle = '#2f4f5c';
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#9fb8a8';
    context.fillRect(width * 0.08, height * 0.12, width * 0.16, height * 0.4);
    // A person, who sways and speaks: something that looks like a call, and is nobody.
    const x = width * (0.5 + 0.03 * Math.sin(2 * turn));
    const y = height * (0.46 + 0.015 * Math.sin(4 * turn));
    context.fillStyle = '#7a4b3a';
    context.beginPath(); context.ellipse(x, height * 1.08, height * 0.42, height * 0.36, 0, 0, 7); context.fill();
    context.fillStyle = '#c8956d';
    context.beginPath(); context.ellipse(x, y, height * 0.19, height * 0.25, 0, 0, 7); context.fill();
    context.fillStyle = '#3a2a22';
    context.beginPath(); context.ellipse(x, y - height * 0.13, height * 0.2, height * 0.15, 0, Math.PI, 0); context.fill();
    const blink = t % 3.1 < 0.15 ? 0.2 : 1;
    for (const side of [-1, 1]) { context.beginPath(); context.ellipse(x + side * height * 0.075, y - height * 0.03, height * 0.018, height * 0.02 * blink, 0, 0, 7); context.fill(); }
    context.fillStyle = '#7a2f2f';
    context.beginPath(); context.ellipse(x, y + height * 0.12, height * 0.06, height * (0.01 + 0.03 * Math.abs(Math.sin(9 * turn))), 0, 0, 7); context.fill();
    // The time code, for people and for those who measure.
    context.fillStyle = '#101a1e';
    context.fillRect(0, 0, width, unit * 2.2);
    context.fillStyle = '#ffffff';
    context.font = `600 ${unit * 1.5}px monospace`;
    context.fillText(`TEST PATIENT  ${t.toFixed(2).padStart(5, '0')} s`, unit, unit * 1.6);
    context.fillStyle = '#f0c674';
    context.fillRect(0, height - unit * 0.6, (width * t) / seconds, unit * 0.6);
  };
  const frames = [];
  const encoder = new VideoEncoder({
    output: (chunk) => { const bytes = new Uint8Array(chunk.byteLength); chunk.copyTo(bytes); frames.push({ at: chunk.timestamp, bytes: Array.from(bytes) }); },
    error: (error) => { throw error; },
  });
  encoder.configure({ codec: 'vp8', width, height, bitrate, framerate: fps, latencyMode: 'realtime' });
  for (let i = 0; i < seconds * fps; i++) {
    draw(i / fps);
    const frame = new VideoFrame(canvas, { timestamp: Math.round((i * 1e6) / fps) });
    encoder.encode(frame, { keyFrame: i % fps === 0 });
    frame.close();
    if (encoder.encodeQueueSize > 4) await new Promise((done) => setTimeout(done, 5));
  }
  await encoder.flush();
  return frames;
}

async function encodeVoice({ seconds }) {
  const rate = 48_000;
  const frames = [];
  const encoder = new AudioEncoder({
    output: (chunk) => { const bytes = new Uint8Array(chunk.byteLength); chunk.copyTo(bytes); frames.push({ at: chunk.timestamp, bytes: Array.from(bytes) }); },
    error: (error) => { throw error; },
  });
  encoder.configure({ codec: 'opus', sampleRate: rate, numberOfChannels: 1, bitrate: 24_000, opus: { frameDuration: 20_000, application: 'voip' } });
  // Syllables: a low tone with two overtones, four a second, a pause every other second.
  for (let block = 0; block < seconds * 50; block++) {
    const samples = new Float32Array(rate / 50);
    for (let i = 0; i < samples.length; i++) {
      const t = (block * samples.length + i) / rate;
      const pitch = 130 + 20 * Math.sin(2 * Math.PI * 0.5 * t);
      const voice = Math.sin(2 * Math.PI * pitch * t) + 0.5 * Math.sin(4 * Math.PI * pitch * t) + 0.25 * Math.sin(6 * Math.PI * pitch * t);
      const syllable = Math.max(0, Math.sin(2 * Math.PI * 4 * t)) * (t % 2 < 1.5 ? 1 : 0);
      samples[i] = 0.18 * voice * syllable;
    }
    const data = new AudioData({ format: 'f32', sampleRate: rate, numberOfFrames: samples.length, numberOfChannels: 1, timestamp: block * 20_000, data: samples });
    encoder.encode(data);
    data.close();
  }
  await encoder.flush();
  return frames;
}

// IVF: 32 bytes of header (four-character code, size, time base), then size and time before each frame; all little-endian.
function ivf(code, width, height, frames) {
  const header = Buffer.alloc(32);
  header.write('DKIF', 0);
  header.writeUInt16LE(32, 6);
  header.write(code, 8);
  header.writeUInt16LE(width, 12);
  header.writeUInt16LE(height, 14);
  header.writeUInt32LE(1_000_000, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  return Buffer.concat([header, ...frames.flatMap(({ at, bytes }) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(bytes.length, 0);
    head.writeBigUInt64LE(BigInt(at), 4);
    return [head, Buffer.from(bytes)];
  })]);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage();
await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
await page.goto('https://localhost/'); // WebCodecs wants a secure origin
for (const layer of layers) {
  const frames = await page.evaluate(encodePicture, { ...layer, seconds });
  const file = ivf('VP80', layer.width, layer.height, frames);
  writeFileSync(path.join(import.meta.dirname, `${layer.name}.ivf`), file);
  console.log(`${layer.name}.ivf ${frames.length} frames, ${file.length} bytes`);
}
const voice = await page.evaluate(encodeVoice, { seconds });
writeFileSync(path.join(import.meta.dirname, 'voice.ivf'), ivf('OPUS', 0, 0, voice));
console.log(`voice.ivf ${voice.length} frames`);
await browser.close();

// Usage: node visit-page.mjs WEB LINK
// Opens a visit link in a real browser and says, line by line, what the page there shows, until its input ends.
import { createRequire } from 'node:module';
import path from 'node:path';

const [, , web, link] = process.argv;
const { chromium } = createRequire(path.join(web, 'package.json'))('playwright-core');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection',
    '--autoplay-policy=no-user-gesture-required',
  ],
});
const ended = new Promise(done => process.stdin.once('end', done).resume());
try {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  page.on('pageerror', error => console.log(`problem: ${error.message}`));
  page.on('console', message => { if (message.type() === 'error') console.log(`problem: ${message.text()}`); });
  page.on('worker', worker => console.log(`worker ${new URL(worker.url()).pathname}`));
  await page.goto(link);
  for (let open = true; open; open = await Promise.race([ended.then(() => false), new Promise(done => setTimeout(done, 250, true))])) {
    console.log(await page.evaluate(() => {
      const player = kind => document.querySelector(kind);
      const seconds = kind => Math.floor(player(kind).srcObject === null ? 0 : player(kind).currentTime);
      return `title ${document.title}; picture ${player('video').videoWidth} wide for ${seconds('video')} s; sound for ${seconds('audio')} s; hash "${location.hash}"`;
    }));
  }
} finally {
  await browser.close();
}

// Real Chromium profiles with a moving test picture and a tone instead of a camera and a microphone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { keepPeerConnections } from './measure.mjs';

const quiet = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * Several people in one Chromium, each in a context of their own with their own cookies: six processes' worth of browser
 * is more than a small machine decodes pictures beside. `init` runs before every page's scripts.
 */
export async function openShared({ args = [] } = {}) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: [...quiet, '--allow-loopback-in-peer-connection', ...args] });
  return {
    async person({ viewport = { width: 640, height: 480 }, locale = 'en-US', init = [], ...more } = {}) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ['camera', 'microphone'], viewport, locale, ...more });
      await context.addInitScript(keepPeerConnections);
      for (const script of init) await context.addInitScript(script);
      const page = await context.newPage();
      return { context, page, problems: watchProblems(page), close: () => context.close() };
    },
    close: () => browser.close(),
  };
}

/** An init script: the camera gives at most this. What the page asks for beyond it is asked of the machine, not of the product. */
export const smallCamera = (width, height, fps) => `{
  const { mediaDevices } = navigator;
  const original = mediaDevices?.getUserMedia.bind(mediaDevices);
  if (original) mediaDevices.getUserMedia = (wanted) => original(wanted?.video
    ? { ...wanted, video: { ...wanted.video, width: ${width}, height: ${height}, frameRate: ${fps} } } : wanted);
}`;

/** What a page says went wrong: errors of its scripts and of the console. */
function watchProblems(page) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error') problems.push(`console: ${message.text()}`); });
  return problems;
}

/**
 * A person's own browser profile; `page` is its first page. `loopback`: false for a browser in a network of its own. With
 * it, Chromium believes that it has a network while it has none, and does without the candidates of its default route.
 */
export async function openProfile({ loopback = true, args = [], viewport = { width: 1024, height: 700 }, locale = 'en-US', init = [], executable = '/usr/bin/chromium' } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'wardline-profile-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: executable, headless: true, args: [...quiet, ...(loopback ? ['--allow-loopback-in-peer-connection'] : []), ...args],
    ignoreHTTPSErrors: true, permissions: ['camera', 'microphone'], viewport, locale,
  });
  await context.addInitScript(keepPeerConnections);
  for (const script of init) await context.addInitScript(script);
  const page = context.pages()[0] ?? await context.newPage();
  return {
    context, page, problems: watchProblems(page),
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

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
  const problems = [];
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error') problems.push(`console: ${message.text()}`); });
  return {
    context, page, problems,
    async close() {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

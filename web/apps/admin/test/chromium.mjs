import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** The Chromium of the system; CHROMIUM names another. */
export function launchChromium(more = []) {
  const path = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p !== undefined && existsSync(p));
  if (path === undefined) throw new Error('No Chromium found. Install the package "chromium", or set CHROMIUM to its path.');
  return chromium.launch({
    executablePath: path,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic', ...more],
  });
}

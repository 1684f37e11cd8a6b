// axe-core in real Chromium over every scene of the visit page: WCAG 2.1 A and AA, at phone and desktop width,
// in English and Spanish, and what axe does not know: no script error, no refusal by the content security policy,
// targets of 48 px, nothing wider than the window (also at 320 px, which is 200 % zoom of a small window).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launchChromium } from './chromium.mjs';
import { servePreview } from './preview-server.mjs';
import { openScene, sceneNames } from './scenes.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const runs = [
  { width: 1440, height: 900, language: 'en' },
  { width: 360, height: 740, language: 'es' },
  { width: 320, height: 640, language: 'en' },
];

const server = await servePreview(join(import.meta.dirname, '../node_modules/.preview'));
const browser = await launchChromium();
let passed = 0;
let failed = 0;

for (const { width, height, language } of runs) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  for (const scene of sceneNames) {
    complaints.length = 0;
    await openScene(page, server.url, scene, language);
    // Through the debugger, not as a script element: the policy of the page stays in force while it is looked at.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
    const findings = [
      ...complaints,
      ...violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${v.help} ${node.target.join(' ')}\n      ${node.failureSummary?.replaceAll('\n', ' ')}`)),
      ...await page.evaluate(ownChecks),
    ];
    if (findings.length === 0) passed++;
    else {
      failed++;
      console.log(`✗ ${scene} at ${width} px in ${language}\n    ${findings.join('\n    ')}`);
    }
  }
  await context.close();
}

await browser.close();
server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Runs in the page. */
function ownChecks() {
  const findings = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) findings.push(`The page is ${wide} px wider than its window`);
  for (const element of document.querySelectorAll('button, select, summary, label.switch')) {
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    if (box.width < 47.5 || box.height < 47.5) findings.push(`Target of ${Math.round(box.width)} × ${Math.round(box.height)} px: ${element.textContent || element.getAttribute('aria-label')}`);
    if (box.right > innerWidth + 0.5 || box.left < -0.5) findings.push(`Outside the window: ${element.textContent}`);
  }
  if (document.querySelectorAll('h1').length !== 1) findings.push('Not exactly one first heading');
  if (!document.title.endsWith('Wardline')) findings.push(`Title: ${document.title}`);
  return findings;
}

// axe-core in real Chromium over every scene of the admin pages: WCAG 2.1 A and AA, at desktop, tablet and phone width, in
// English and Spanish, with forced colours, and what axe does not know: no script error, no refusal by the content security
// policy, targets of 48 px, nothing wider than the window (also at 320 px, which is 200 % zoom of a small window), and
// nothing that moves for those who asked for stillness.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launchChromium } from './chromium.mjs';
import { servePreview } from './preview-server.mjs';
import { openScene, sceneNames } from './scenes.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const runs = [
  { width: 1440, height: 900, language: 'en' },
  { width: 768, height: 1024, language: 'es', reducedMotion: 'reduce' },
  { width: 320, height: 640, language: 'es', forcedColors: 'active' },
];
// Some scenes, or some runs: node test/axe.mjs audit,visit 0,2
const asked = process.argv[2] === undefined || process.argv[2] === '' ? sceneNames : process.argv[2].split(',');
const askedRuns = process.argv[3]?.split(',').map(Number) ?? runs.keys();

const server = await servePreview(join(import.meta.dirname, '../node_modules/.preview'));
const browser = await launchChromium();
let passed = 0;
let failed = 0;

for (const run of askedRuns) {
  const { width, height, language, ...media } = runs[run];
  const context = await browser.newContext({ viewport: { width, height }, ...media });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  for (const scene of asked) {
    complaints.length = 0;
    await openScene(page, server.url, scene, language);
    // Through the debugger, not as a script element: the policy of the page stays in force while it is looked at.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
    const findings = [
      ...complaints,
      ...violations.flatMap((v) => v.nodes.map((node) => `${v.id}: ${v.help} ${node.target.join(' ')}\n      ${node.failureSummary?.replaceAll('\n', ' ')}`)),
      ...await page.evaluate(ownChecks, media.reducedMotion === 'reduce'),
    ];
    if (findings.length === 0) passed++;
    else {
      failed++;
      console.log(`✗ ${scene} at ${width} px in ${language}\n    ${findings.slice(0, 8).join('\n    ')}`);
    }
  }
  await context.close();
}

await browser.close();
server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Runs in the page. */
function ownChecks(still) {
  const findings = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) {
    const widest = [...document.querySelectorAll('main *, header *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5).at(-1);
    findings.push(`The page is ${wide} px wider than its window: ${widest?.outerHTML.slice(0, 120)}`);
  }
  for (const element of document.querySelectorAll('button, select, summary, input, label.switch, [role="tab"]')) {
    if (element.closest('label.switch') !== null && element.tagName === 'INPUT') continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2) continue;
    if (box.width < 47.5 || box.height < 47.5) findings.push(`Target of ${Math.round(box.width)} × ${Math.round(box.height)} px: ${element.textContent || element.getAttribute('aria-label')}`);
    if (box.right > innerWidth + 0.5 || box.left < -0.5) findings.push(`Outside the window: ${element.textContent}`);
  }
  if (document.querySelectorAll('h1').length !== 1) findings.push('Not exactly one first heading');
  if (!document.title.endsWith('Wardline')) findings.push(`Title: ${document.title}`);
  if (still) {
    const moving = document.getAnimations().filter((animation) => (animation.effect?.getTiming().duration ?? 0) > 0);
    if (moving.length > 0) findings.push(`${moving.length} animations for somebody who asked for none`);
    for (const element of document.querySelectorAll('*')) {
      if (getComputedStyle(element).transitionDuration.split(',').some((time) => parseFloat(time) > 0)) findings.push(`A transition: ${element.className}`);
    }
  }
  return findings;
}

// Pictures of every scene, to be looked at: node test/shots.mjs FOLDER [scene,scene] [width,width] [en,es]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from './chromium.mjs';
import { servePreview } from './preview-server.mjs';
import { openScene, sceneNames } from './scenes.mjs';

const [folder, names = sceneNames.join(','), widths = '360,768,1440', languages = 'en'] = process.argv.slice(2);
if (folder === undefined) throw new Error('Where to? node test/shots.mjs FOLDER');
mkdirSync(folder, { recursive: true });
const heights = { 360: 740, 720: 450, 768: 1024, 1440: 900 };
const server = await servePreview(join(import.meta.dirname, '../node_modules/.preview'));
const browser = await launchChromium();
for (const width of widths.split(',').map(Number)) {
  const page = await browser.newPage({ viewport: { width, height: heights[width] ?? 800 }, deviceScaleFactor: 1, timezoneId: 'UTC' });
  page.on('console', (message) => { if (message.type() === 'error') console.log(`console: ${message.text()}`); });
  page.on('pageerror', (error) => console.log(`page: ${error.stack}`));
  for (const language of languages.split(',')) {
    for (const name of names.split(',')) {
      await openScene(page, server.url, name, language);
      await page.screenshot({ path: join(folder, `${name}-${width}${language === 'en' ? '' : `-${language}`}.png`), fullPage: true });
    }
  }
  await page.close();
}
await browser.close();
server.close();

// The names of the scenes, read from the one list there is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const sceneNames = [...readFileSync(join(import.meta.dirname, '../preview/scenes.ts'), 'utf8')
  .split('export const scenes')[1].matchAll(/^ {2}'?([a-z-]+)'?: {/gm)].map((match) => match[1]);

export async function openScene(page, url, scene, language = 'en') {
  await page.goto(`${url}/?scene=${scene}&lang=${language}`);
  await page.waitForSelector('html[data-scene="ready"]', { timeout: 60_000 }).catch((error) => {
    throw new Error(`Scene ${scene} in ${language} was not ready`, { cause: error });
  });
  await page.evaluate(() => document.fonts.ready);
}

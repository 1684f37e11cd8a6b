// Six people, of whom two leave again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from '../harness/chromium.mjs';
import { eventually, flowing, sleep } from '../harness/measure.mjs';
import { admit, inCall, joinVisit, openLink, shortCode, startConsult } from '../harness/visit.mjs';
import { startWardline } from '../harness/wardline.mjs';

let wardline;
const people = [];
const pages = () => people.map(({ page }) => page);

before(async () => {
  wardline = await startWardline({ guests: 4 });
  people.push(await openProfile(), await openProfile());
  await startConsult(wardline, people[0].page, people[1].page);
}, { timeout: 120_000 });

after(async () => {
  for (const person of people) await person.close();
  await wardline?.stop();
});

async function bring(link) {
  const person = await openProfile({ viewport: { width: 640, height: 480 } });
  people.push(person);
  await openLink(person.page, link);
  await joinVisit(person.page);
  await admit(people[0].page);
  await inCall(person.page);
}

const allSee = (others, minFps) => Promise.all(pages().map((page) => eventually(() => flowing(page, { videos: others, audios: others, minFps }), { within: 60_000 })));

async function sameCode() {
  await eventually(async () => {
    const codes = await Promise.all(pages().map(shortCode));
    assert.equal(new Set(codes).size, 1, codes.join(' '));
  }, { within: 20_000 });
}

test('six people', { timeout: 300_000 }, async () => {
  for (const link of wardline.links.guests) await bring(link);
  await allSee(5, 3);
  await sameCode();
});

test('two leave and four go on, with a new code', { timeout: 180_000 }, async () => {
  const before = await shortCode(people[0].page);
  for (const person of people.splice(4, 2)) {
    await person.page.getByRole('button', { name: 'Leave', exact: true }).click();
    await sleep(500);
    await person.close();
  }
  await allSee(3, 5);
  await sameCode();
  assert.notEqual(await shortCode(people[0].page), before);
});

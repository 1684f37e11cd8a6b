// Three people; some come, go, reload and lose the network in the middle.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { eventually, flowing, sleep } from './harness/measure.mjs';
import { admit, inCall, joinVisit, openLink, shortCode, startConsult } from './harness/visit.mjs';
import { startWardline } from './harness/wardline.mjs';

let wardline;
const people = [];
const pages = () => people.map(({ page }) => page);

before(async () => {
  wardline = await startWardline({ guests: 1 });
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

test('three people see and hear each other and share one code', { timeout: 180_000 }, async () => {
  await bring(wardline.links.guests[0]);
  await allSee(2, 8);
  await sameCode();
});

test('one reloads in the middle and is back for everybody', { timeout: 120_000 }, async () => {
  await people[1].page.reload();
  await inCall(people[1].page);
  await allSee(2, 8);
  await sameCode();
});

test('one loses the network for 10 seconds and comes back without being asked anything', { timeout: 120_000 }, async () => {
  const { page, context } = people[2];
  await context.setOffline(true);
  await sleep(10_000);
  await context.setOffline(false);
  const start = Date.now();
  await eventually(() => flowing(page, { ms: 500, videos: 2, audios: 2, minFps: 2 }), { within: 20_000, every: 50 });
  console.log(`network back to media in ${Date.now() - start} ms`);
  await allSee(2, 8);
  await sameCode();
});

test('one leaves and two go on, with a new code', { timeout: 120_000 }, async () => {
  const before = await shortCode(people[0].page);
  const [gone] = people.splice(2, 1);
  await gone.page.getByRole('button', { name: 'Leave', exact: true }).click();
  await allSee(1, 8);
  await sameCode();
  assert.notEqual(await shortCode(people[0].page), before);
  await gone.close();
});

// The built page itself, in real Chromium with its fake camera, served with the policy and the fallback of the real
// server, on scripted answers of its HTTP interface: what no test of a part can see.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { launchChromium } from './chromium.mjs';
import { policy } from './preview-server.mjs';

const dist = join(import.meta.dirname, '../dist');
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml' };
const you = { id: 'p-maria', name: 'Maria Alvarez', role: 'patient' };
const info = {
  id: 'v1', type: 'follow-up', status: 'open', startsAt: '2026-11-22T14:30:00Z', e2ee: { required: true }, you,
  people: [{ name: 'Dr. Amara Osei', role: 'clinician' }, { name: 'Maria Alvarez', role: 'patient' }],
};

const requests = [];
let knows = true;
const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const json = (status, body) => response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body));
  if (pathname.startsWith('/api/')) {
    let body = '';
    for await (const part of request) body += part;
    requests.push({ method: request.method, path: request.url, body, person: request.headers['wardline-person'], referer: request.headers.referer });
    if (pathname === '/api/identity/link') {
      return JSON.parse(body).secret === 'good' ? json(200, { person: you, visit: 'v1' }) : json(401, { code: 'identity.link-refused' });
    }
    if (pathname === '/api/visits/v1') return knows ? json(200, info) : json(401, { code: 'identity.not-signed-in' });
    return json(409, { code: 'visit.full' });
  }
  const file = extname(pathname) === '' ? 'index.html' : pathname;
  try {
    const body = await readFile(join(dist, file));
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': policy }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://localhost:${server.address().port}`;
const browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);

let passed = 0;
let failed = 0;
async function test(name, run) {
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error' && !/status of (401|409)/.test(message.text())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
  requests.length = 0;
  knows = true;
  try {
    await run(page, context);
    assert.deepEqual(complaints, []);
    passed++;
    console.log(`✓ ${name}`);
  } catch (error) {
    failed++;
    console.log(`✗ ${name}\n  ${error.stack}`);
  }
  await context.close();
}

const join_ = (page) => page.getByRole('button', { name: 'Join visit', exact: true });

await test('The secret is gone from the address and the history, and only the exchange ever carried it', async (page) => {
  await page.goto(`${origin}/visit/v1#good`);
  await join_(page).waitFor();
  assert.equal(page.url(), `${origin}/visit/v1`);
  assert.deepEqual(requests.map((r) => `${r.method} ${r.path}`), ['POST /api/identity/link', 'GET /api/visits/v1']);
  assert.deepEqual(JSON.parse(requests[0].body), { visit: 'v1', secret: 'good' });
  assert.equal(requests[1].person, 'p-maria');
  assert.ok(requests.every((r) => r.referer === undefined));
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, state: history.state }));
  assert.ok(!kept.includes('good'), kept);
});

await test('A reload and a reopened tab come back as the same person without the link', async (page, context) => {
  await page.goto(`${origin}/visit/v1#good`);
  await join_(page).waitFor();
  await page.reload();
  await join_(page).waitFor();
  const second = await context.newPage();
  await second.goto(`${origin}/visit/v1`);
  await join_(second).waitFor();
  assert.equal(requests.filter((r) => r.path === '/api/identity/link').length, 1);
});

await test('A person whom the server no longer knows is asked for the link', async (page) => {
  await page.goto(`${origin}/visit/v1#good`);
  await join_(page).waitFor();
  knows = false;
  await page.reload();
  await page.getByRole('heading', { name: 'Please open your link again' }).waitFor();
  knows = true;
  await page.evaluate(() => { location.hash = '#good'; });
  await join_(page).waitFor();
  assert.equal(new URL(page.url()).hash, '');
});

await test('A wrong link is explained', async (page) => {
  await page.goto(`${origin}/visit/v1#wrong`);
  await page.getByRole('heading', { name: 'This link does not work' }).waitFor();
  assert.equal(new URL(page.url()).hash, '');
});

await test('The camera moves and the microphone is heard before joining', async (page) => {
  await page.goto(`${origin}/visit/v1#good`);
  await page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video !== null && video.videoWidth > 0 && video.currentTime > 0.2;
  });
  await page.locator('body').click({ position: { x: 5, y: 5 } });
  await page.getByText('We can hear you.').waitFor();
});

await test('A refusal to join is shown on the device check with its code, and the keyboard is enough', async (page) => {
  await page.goto(`${origin}/visit/v1#good`);
  await page.waitForFunction(() => document.querySelector('video')?.videoWidth > 0);
  for (let tabs = 0; tabs < 12; tabs++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.textContent === 'Join visit')) break;
  }
  await page.keyboard.press('Enter');
  await page.getByText('The visit is full').waitFor();
  await page.getByText('Code for support: visit.full').waitFor();
  assert.ok(requests.some((r) => r.path === '/api/visits/v1/join'));
  await join_(page).waitFor();
});

await test('A browser without encoded transforms is told so, and the link is not spent', async (page) => {
  await page.addInitScript(() => { delete globalThis.RTCRtpScriptTransform; });
  await page.goto(`${origin}/visit/v1#good`);
  await page.getByRole('heading', { name: 'This browser cannot join the visit' }).waitFor();
  assert.deepEqual(requests, []);
  assert.equal(await join_(page).count(), 0);
});

await test('Spanish for who reads Spanish', async (page, context) => {
  const spanish = await context.browser().newContext({ locale: 'es-MX' });
  const own = await spanish.newPage();
  await own.goto(`${origin}/visit/v1#good`);
  await own.getByRole('button', { name: 'Entrar en la consulta' }).waitFor();
  assert.equal(await own.evaluate(() => document.documentElement.lang), 'es');
  await spanish.close();
});

await browser.close();
server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

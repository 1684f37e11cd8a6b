// The built pages themselves, in real Chromium, served with the policy of the real server, against an HTTP server whose log
// is real: what no test of a part can see. The keyboard, downloads, history, and hashing in a browser.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { build } from 'vite';
import { launchChromium } from './chromium.mjs';
import { policy } from './preview-server.mjs';

const dist = join(import.meta.dirname, '../dist');
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml' };

// The server of the preview, made into a module that node reads.
const folder = join(import.meta.dirname, '../node_modules/.fake-server');
await build({
  configFile: false, logLevel: 'error', root: import.meta.dirname,
  build: { ssr: join(import.meta.dirname, '../preview/fake/index.ts'), outDir: folder, emptyOutDir: true, rollupOptions: { output: { entryFileNames: 'index.mjs' } } },
  ssr: { noExternal: true },
});
const { FakeServer, officer, keeper } = await import(join(folder, 'index.mjs'));
const now = new Date();

let fake = null;
let cut = null;
const requests = [];
const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (!pathname.startsWith('/api/')) {
    const file = extname(pathname) === '' ? 'index.html' : pathname.replace(/^\/admin/, '');
    try {
      const body = await readFile(join(dist, file));
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': policy }).end(body);
    } catch {
      response.writeHead(404).end();
    }
    return;
  }
  let body = '';
  for await (const part of request) body += part;
  requests.push({ method: request.method, url: request.url, body, person: request.headers['wardline-person'], referer: request.headers.referer });
  const gone = new AbortController();
  request.on('close', () => gone.abort());
  const answer = await fake.fetcher(request.url, { method: request.method, ...(body === '' ? {} : { body }) });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) return response.end();
  let sent = 0;
  for await (const part of answer.body) {
    response.write(part);
    sent += part.length;
    if (cut !== null && pathname === '/api/audit/export' && sent > cut) {
      cut = null;
      // Let what is written arrive before the line breaks.
      await new Promise((resolve) => { setTimeout(resolve, 50); });
      return response.destroy();
    }
  }
  response.end();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://localhost:${server.address().port}`;
const browser = await launchChromium();

let passed = 0;
let failed = 0;
async function test(name, weather, run) {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 40[13]|ERR_(INCOMPLETE|CONNECTION|EMPTY)/.test(message.text())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(error.message));
  requests.length = 0;
  fake = await FakeServer.make(weather, now);
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

const signIn = async (page) => {
  await page.goto(`${origin}/admin/#good`);
  await page.locator('.moment, .table').first().waitFor();
};
const button = (page, name) => page.getByRole('button', { name, exact: true });
const asOfficer = { me: officer, entries: 120 };

await test('The secret is gone from the address and the history, and only the exchange ever carried it', asOfficer, async (page) => {
  await signIn(page);
  assert.equal(page.url(), `${origin}/admin/`);
  assert.deepEqual(requests.filter((r) => r.body.includes('good') || r.url.includes('good')).map((r) => `${r.method} ${r.url}`), ['POST /api/identity/staff-link']);
  assert.ok(requests.slice(1).every((r) => r.person === officer.id));
  assert.ok(requests.every((r) => r.referer === undefined));
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage, state: history.state }));
  assert.ok(!kept.includes('good'), kept);
});

await test('A reload stays signed in; signing out does not', asOfficer, async (page) => {
  await signIn(page);
  await page.reload();
  await page.locator('.moment').first().waitFor();
  await button(page, 'Sign out').click();
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Please sign in' }).waitFor();
});

await test('No name and no filter of a person stands in an address that reaches a server, except as a pseudonym', asOfficer, async (page) => {
  await signIn(page);
  await page.getByLabel('Patient or person').fill('Alvarez');
  await page.keyboard.press('Enter');
  await button(page, 'Ruth Alvarez, as the patient').click();
  await button(page, 'Remove the filter Patient: Ruth Alvarez').waitFor();
  await page.reload();
  await button(page, 'Remove the filter Patient: Ruth Alvarez').waitFor();
  assert.match(page.url(), /\/admin\/audit#patient=[a-z0-9]+$/);
  assert.ok(requests.every((r) => !/alvarez|ruth/i.test(decodeURIComponent(r.url))));
});

await test('Back and forward lead through list, visit and entry', asOfficer, async (page) => {
  await signIn(page);
  await page.locator('.sentence a[href*="/admin/visits/"]').first().click();
  await page.getByRole('heading', { name: /^Visit on/ }).waitFor();
  assert.ok(await page.evaluate(() => document.activeElement?.tagName === 'H1'));
  await page.getByRole('link', { name: /^Details of entry/ }).first().click();
  await page.getByRole('heading', { name: 'Can this be trusted?' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: /^Visit on/ }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
  await page.goForward();
  await page.getByRole('heading', { name: /^Visit on/ }).waitFor();
});

await test('An entry is proven in the browser, and its proof is a file that says the same', asOfficer, async (page) => {
  await signIn(page);
  await page.goto(`${origin}/admin/entries/77`);
  await button(page, 'Check it in this browser').click();
  await page.locator('.verdict[data-holds]').getByText('This entry is exactly as it was written down.').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download the proof').click()]);
  assert.equal(download.suggestedFilename(), 'wardline-entry-77.tlog-proof');
  const text = await readFile(await download.path(), 'utf8');
  const [first, extra, index] = text.split('\n');
  assert.deepEqual([first, index], ['c2sp.org/tlog-proof@v1', 'index 77']);
  assert.equal(JSON.parse(Buffer.from(extra.slice('extra '.length), 'base64')).index, 77);
});

await test('A changed entry is not proven', { ...asOfficer, trick: 'changed-entry' }, async (page) => {
  await signIn(page);
  await page.goto(`${origin}/admin/entries/77`);
  await button(page, 'Check it in this browser').click();
  await page.locator('.notice-title').getByText('This entry cannot be trusted').waitFor();
});

await test('A log that was replaced between two visits of one browser is noticed on every page', asOfficer, async (page) => {
  await signIn(page);
  await page.waitForFunction(() => localStorage.getItem('wardline.admin.log') !== null);
  fake = await FakeServer.make({ ...asOfficer, entries: 160 }, now, fake.signer);
  await page.reload();
  await page.getByRole('link', { name: 'See what to do' }).click();
  await page.locator('.verdict[data-broken]').getByText('does not begin with what this browser saw of it before').waitFor();
});

await test('An export whose line breaks goes on and is whole', { ...asOfficer, entries: 3000 }, async (page) => {
  await signIn(page);
  await button(page, 'Export…').click();
  cut = 60_000;
  await button(page, 'Begin').click();
  await page.locator('.work-words').getByText('The line broke after').waitFor();
  await button(page, 'Go on').click();
  await page.locator('.work-words').getByText('Done: 3,000 entries').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Save the file').click()]);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line).id);
  assert.deepEqual(lines, Array.from({ length: 3000 }, (_, n) => String(n)));
  assert.equal(requests.filter((r) => r.url.startsWith('/api/audit/export')).length, 2);
});

await test('The whole log is recomputed, stopped and gone on with', { ...asOfficer, entries: 6000 }, async (page) => {
  await signIn(page);
  await page.getByRole('link', { name: 'The log', exact: true }).click();
  await button(page, 'Begin').click();
  await button(page, 'Stop').click();
  await page.locator('.work-words').getByText('It goes on from there').waitFor();
  await button(page, 'Go on').click();
  await page.locator('.work-words').getByText('each in its place').waitFor({ timeout: 60_000 });
});

await test('By keyboard alone: to the content, a filter, a sentence, its proof', asOfficer, async (page) => {
  await signIn(page);
  const tabTo = async (matches, most = 60, key = 'Tab') => {
    for (let tabs = 0; tabs < most; tabs++) {
      await page.keyboard.press(key);
      if (await page.evaluate(matches)) return tabs;
    }
    throw new Error(`Not reached within ${most} tabs: ${matches}`);
  };
  // The focus is where the page begins; whoever goes back to the top can skip what they know.
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
  await tabTo(() => document.activeElement?.classList.contains('skip') ?? false, 12, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await tabTo(() => document.activeElement?.labels?.[0]?.textContent === 'How it ended');
  await page.keyboard.press('R');
  await button(page, 'Remove the filter Refused').waitFor();
  await tabTo(() => document.activeElement?.getAttribute('role') === 'tab');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('table').waitFor();
  await page.keyboard.press('ArrowLeft');
  await tabTo(() => document.activeElement?.textContent === 'Details');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Can this be trusted?' }).waitFor();
  await tabTo(() => document.activeElement?.textContent === 'Check it in this browser');
  const outlined = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outlined, 'solid');
  await page.keyboard.press('Enter');
  await page.locator('.verdict[data-holds]').waitFor();
});

await test('A key administrator turns a key and re-wraps, and asks for no entry', { me: keeper, entries: 3, rewrapPace: 5 }, async (page) => {
  await signIn(page);
  await page.getByLabel('Tenant').fill('north');
  await button(page, 'Turn now: the key of north-ward').click();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'No');
  await button(page, 'Yes, turn it').click();
  await page.locator('.notice-title').getByText('version 4 seals as soon as every server has it').waitFor();
  await button(page, 'Begin').click();
  await button(page, 'Stop').click();
  await page.locator('.work-words').getByText('It goes on from there').waitFor();
  await button(page, 'Go on').click();
  await page.locator('.work-words').getByText(/^Done: \d+ keys\.$/).waitFor({ timeout: 20_000 });
  assert.ok(requests.every((r) => !r.url.startsWith('/api/audit')));
});

await test('Somebody whose sign-in ran out is told so', { ...asOfficer, fails: { '/api/audit/integrity': { status: 401, code: 'identity.not-signed-in' } } }, async (page) => {
  await page.goto(`${origin}/admin/#good`);
  await page.getByRole('heading', { name: 'You were signed out' }).waitFor();
});

await test('Spanish for who reads Spanish', asOfficer, async (page, context) => {
  const spanish = await context.browser().newContext({ locale: 'es-MX' });
  const own = await spanish.newPage();
  await own.goto(`${origin}/admin/#good`);
  await own.getByRole('heading', { name: 'Qué pasó' }).waitFor();
  await own.locator('.sentence').getByText('hizo pasar a').first().waitFor();
  assert.equal(await own.evaluate(() => document.documentElement.lang), 'es');
  await spanish.close();
});

await browser.close();
server.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

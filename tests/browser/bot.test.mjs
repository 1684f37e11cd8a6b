// The bot of examples/ in a call with a browser: encrypted, under one code; and refused where the pinned key is another.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { eventually, flowing } from './harness/measure.mjs';
import { admit, inCall, joinVisit, openLink, shortCode } from './harness/visit.mjs';
import { root, startWardline } from './harness/wardline.mjs';

const media = path.join(root, 'src/Wardline.Cli/Patient/Media');
let wardline, clinician;
const bots = [];

function startBot(certificate) {
  const program = path.join(root, 'examples/Wardline.Bot/bin/Release/net10.0/Wardline.Bot.dll');
  const child = spawn('dotnet', [program, wardline.links.patient, certificate, media], { stdio: ['ignore', 'pipe', 'pipe'] });
  const bot = { child, output: '', ended: new Promise((done) => child.once('exit', done)) };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { bot.output += chunk; });
  bots.push(bot);
  return bot;
}

before(async () => {
  wardline = await startWardline();
  clinician = await openProfile();
  await openLink(clinician.page, wardline.links.clinician);
  await joinVisit(clinician.page);
  await inCall(clinician.page);
}, { timeout: 120_000 });

after(async () => {
  for (const { child } of bots) child.kill();
  await clinician?.close();
  await wardline?.stop();
});

test('with another certificate than the pinned one the bot says nothing to the server', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wardline-pin-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost', '-keyout', path.join(folder, 'k.pem'), '-out', path.join(folder, 'c.pem')], { stdio: 'ignore' });
  const bot = startBot(path.join(folder, 'c.pem'));
  assert.notEqual(await bot.ended, 0);
  assert.match(bot.output, /client\.pin/);
  rmSync(folder, { recursive: true });
});

test('with the right one it joins, is seen, and shows the code of the browser', async () => {
  const bot = startBot(path.join(wardline.data, 'tls/certificate.pem'));
  await admit(clinician.page);
  await eventually(() => flowing(clinician.page), { within: 30_000 });
  const code = await shortCode(clinician.page);
  const opened = await eventually(() => {
    const said = [...bot.output.matchAll(/safety number (\d{3}) (\d{3}); (\d+) frames opened/g)].at(-1);
    assert.equal(said && said[1] + said[2], code);
    assert.ok(Number(said[3]) > 100);
    return said[3];
  });
  console.log(`code ${code}; the bot opened ${opened} frames`);
});

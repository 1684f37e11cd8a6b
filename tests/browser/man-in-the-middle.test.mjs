// A malicious server that does everything right: it gives each side keys of its own, plays the other person to both with
// the product's own key exchange, and so could open everything. The short codes tell.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { eventually } from './harness/measure.mjs';
import { admit, inCall, joinVisit, openLink, shortCode } from './harness/visit.mjs';
import { root, startWardline } from './harness/wardline.mjs';

let wardline, clinician, patient, E2eeSession;
const folder = mkdtempSync(path.join(tmpdir(), 'wardline-mitm-'));
const impostors = [];

before(async () => {
  // The attacker's tool is the product's key exchange, bundled for Node.
  const { build } = await import(pathToFileURL(createRequire(path.join(root, 'web/package.json')).resolve('vite')));
  await build({
    configFile: false, logLevel: 'error', root: folder,
    build: { outDir: folder, emptyOutDir: false, minify: false, target: 'esnext', lib: { entry: path.join(root, 'web/packages/client/src/e2ee/session.ts'), formats: ['es'], fileName: () => 'session.mjs' } },
  });
  ({ E2eeSession } = await import(pathToFileURL(path.join(folder, 'session.mjs'))));
  wardline = await startWardline();
  [clinician, patient] = [await openProfile(), await openProfile()];
}, { timeout: 120_000 });

after(async () => {
  for (const impostor of impostors) impostor.session?.close();
  await clinician?.close();
  await patient?.close();
  await wardline?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const clock = {
  now: () => performance.now(),
  after(ms, action) { const timer = setTimeout(action, ms); return () => clearTimeout(timer); },
};

/** Sits in the victim's socket and plays everybody else to it. */
async function sitBetween(victim, visit) {
  const impostor = { digits: null, session: null, inject: null, victimId: null, otherId: null };
  impostors.push(impostor);
  impostor.session = await E2eeSession.create(visit, {
    clock,
    send: (to, body) => impostor.inject?.({ type: 'e2ee', from: impostor.otherId, body }),
    changed: (state) => { impostor.digits = state.digits; },
  });
  const own = {
    publicKey: Buffer.from(impostor.session.publicKey).toString('base64url'),
    commitment: Buffer.from(impostor.session.commitment).toString('base64url'),
  };
  await victim.page.routeWebSocket(/\/api\/signal(\?|$)/, (page) => {
    const server = page.connectToServer();
    impostor.inject = (message) => page.send(JSON.stringify(message));
    page.onMessage((text) => {
      const message = JSON.parse(String(text));
      // What the victim seals for the other person ends here.
      if (message.type === 'e2ee') impostor.session.receive(impostor.victimId, message.body);
      else server.send(text);
    });
    server.onMessage((text) => {
      const message = JSON.parse(String(text));
      if (message.type === 'e2ee') return;
      if (message.type === 'welcome') impostor.victimId = message.you.participant;
      if (message.type === 'roster') {
        const seenByImpostor = [];
        for (const person of message.participants) {
          if (!person.e2ee || person.state === 'waiting') continue;
          if (person.participant === impostor.victimId) { seenByImpostor.push({ participant: person.participant, ...person.e2ee }); continue; }
          impostor.otherId = person.participant;
          Object.assign(person.e2ee, own);
          seenByImpostor.push({ participant: person.participant, ...person.e2ee });
        }
        if (impostor.otherId) impostor.session.setRoster(impostor.otherId, seenByImpostor);
      }
      page.send(JSON.stringify(message));
    });
  });
  return impostor;
}

test('with the keys swapped by the server both screens show a code, and the codes are unequal', { timeout: 120_000 }, async () => {
  const visit = new URL(wardline.links.clinician).pathname.split('/').pop();
  const [toClinician, toPatient] = [await sitBetween(clinician, visit), await sitBetween(patient, visit)];
  await openLink(clinician.page, wardline.links.clinician);
  await joinVisit(clinician.page);
  await inCall(clinician.page);
  await openLink(patient.page, wardline.links.patient);
  await joinVisit(patient.page);
  await admit(clinician.page);
  await inCall(patient.page);
  const [a, b] = [await shortCode(clinician.page), await shortCode(patient.page)];
  const digits = (impostor) => eventually(() => { assert.ok(impostor.digits); return impostor.digits.replace(/\D/g, ''); });
  console.log(`clinician ${a} (the server towards it ${await digits(toClinician)}), patient ${b} (the server towards it ${await digits(toPatient)})`);
  assert.equal(a, await digits(toClinician), 'the attack itself must be a real one');
  assert.equal(b, await digits(toPatient), 'the attack itself must be a real one');
  assert.notEqual(a, b);
});

// A patient behind a firewall: first one that drops UDP, then one that lets nothing but TLS through. The packets are
// really dropped (policy routing in the patient's own network), nothing is taken out of an answer, and the relay's
// certificate is verified against an authority that the patient's browser trusts.
import { address, ownNetwork } from './harness/namespace.mjs';

ownNetwork(import.meta.url);

const assert = (await import('node:assert/strict')).default;
const { execFileSync } = await import('node:child_process');
const { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
const { tmpdir } = await import('node:os');
const path = await import('node:path');
const { after, before, test } = await import('node:test');
const { openProfile } = await import('./harness/chromium.mjs');
const { eventually, flowing, received } = await import('./harness/measure.mjs');
const { makeTwoNetworks } = await import('./harness/two-networks.mjs');
const { admit, inCall, joinVisit, openLink, startConsult } = await import('./harness/visit.mjs');
const { startWardline } = await import('./harness/wardline.mjs');

let wardline, clinician, networks, folder, chromium;

/** An authority, and a certificate for the server's address. */
function makeAuthority() {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority');
  openssl('req', ...ec, '-keyout', 'server.key', '-out', 'server.csr', '-subj', `/CN=${address}`);
  writeFileSync(path.join(folder, 'server.ext'), `subjectAltName=IP:${address}\nextendedKeyUsage=serverAuth\n`);
  openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'server.pem', '-days', '2', '-extfile', 'server.ext');
}

/** A home folder in which Chromium finds the authority. */
function trustingHome() {
  const home = path.join(folder, 'home');
  const database = path.join(home, '.pki/nssdb');
  mkdirSync(database, { recursive: true });
  execFileSync('certutil', ['-N', '--empty-password', '-d', `sql:${database}`]);
  execFileSync('certutil', ['-A', '-d', `sql:${database}`, '-n', 'test', '-t', 'C,,', '-i', path.join(folder, 'ca.pem')]);
  const script = path.join(folder, 'chromium');
  writeFileSync(script, `#!/bin/sh\nHOME=${home} exec ${networks.chromium} "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'wardline-blocked-'));
  makeAuthority();
  networks = makeTwoNetworks();
  chromium = trustingHome();
  wardline = await startWardline({
    args: ['--host', address], turn: true,
    settings: { Tls__Certificate: path.join(folder, 'server.pem'), Tls__Key: path.join(folder, 'server.key') },
  });
  clinician = await openProfile();
  const patient = await openProfile({ executable: chromium });
  await startConsult(wardline, clinician.page, patient.page);
  await patient.close();
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await wardline?.stop();
  networks?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function asPatient(check) {
  const patient = await openProfile({ executable: chromium });
  try {
    await openLink(patient.page, wardline.links.patient);
    await joinVisit(patient.page);
    await Promise.race([inCall(patient.page), admit(clinician.page).catch(() => {})]);
    await inCall(patient.page);
    await eventually(() => flowing(patient.page), { within: 60_000 });
    await eventually(() => flowing(clinician.page), { within: 60_000 });
    check(await received(patient.page));
  } finally {
    await patient.close();
  }
}

test('nothing blocked: straight to the SFU by UDP', { timeout: 120_000 }, () =>
  asPatient(({ candidate }) => {
    console.log(candidate);
    assert.equal(candidate.protocol, 'udp');
    assert.notEqual(candidate.type, 'relay');
  }));

test('UDP is dropped: straight to the SFU by TCP', { timeout: 120_000 }, () => {
  networks.block('udp');
  return asPatient(({ candidate }) => {
    console.log(candidate);
    assert.equal(candidate.protocol, 'tcp');
    assert.notEqual(candidate.type, 'relay');
  });
});

test('UDP, the SFU and the open relay port are dropped: through the relay, over TLS', { timeout: 120_000 }, () => {
  networks.block('tcp', wardline.udp);
  networks.block('tcp', wardline.turn);
  return asPatient(({ candidate }) => {
    console.log(candidate);
    assert.equal(candidate.type, 'relay');
    assert.equal(candidate.relayProtocol, 'tls');
  });
});

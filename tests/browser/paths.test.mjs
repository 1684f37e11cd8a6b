// Ways around a locked-down network: ICE over TCP, and the relay over TLS.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openProfile } from './harness/chromium.mjs';
import { eventually, flowing, received } from './harness/measure.mjs';
import { admit, inCall, joinVisit, openLink, startConsult } from './harness/visit.mjs';
import { startWardline } from './harness/wardline.mjs';

let wardline, clinician;

before(async () => {
  wardline = await startWardline({ turn: true });
  clinician = await openProfile();
  const patient = await openProfile();
  await startConsult(wardline, clinician.page, patient.page);
  await patient.close();
}, { timeout: 120_000 });

after(async () => {
  await clinician?.close();
  await wardline?.stop();
});

async function asPatient(options, check) {
  const patient = await openProfile(options);
  try {
    await openLink(patient.page, wardline.links.patient);
    await joinVisit(patient.page);
    await Promise.race([inCall(patient.page), admit(clinician.page).catch(() => {})]);
    await inCall(patient.page);
    await eventually(() => flowing(patient.page), { within: 40_000 });
    await eventually(() => flowing(clinician.page), { within: 40_000 });
    await check(await received(patient.page));
  } finally {
    await patient.close();
  }
}

// The page's answers lose candidates, as a firewall would lose their packets.
const withoutCandidates = (pattern) => `
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    return set.call(this, { type: description.type, sdp: description.sdp.replace(${pattern}, '') });
  };`;

test('without UDP the media goes over TCP to the SFU', { timeout: 120_000 }, () =>
  asPatient({ init: [withoutCandidates('/^a=candidate:\\S+ 1 udp .*\\r\\n/gim')] }, ({ candidate }) => {
    console.log(candidate);
    assert.equal(candidate.protocol, 'tcp');
    assert.notEqual(candidate.type, 'relay');
  }));

const relayOnly = `
  const Original = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = new Proxy(Original, { construct: (target, [configuration, ...rest], newTarget) => Reflect.construct(target, [{
    ...configuration, iceTransportPolicy: 'relay',
    iceServers: (configuration?.iceServers ?? []).map((s) => ({ ...s, urls: [s.urls].flat().filter((u) => u.startsWith('turns:')) })).filter((s) => s.urls.length),
  }, ...rest], newTarget) });
  const configure = Original.prototype.setConfiguration;
  Original.prototype.setConfiguration = function (c) { return configure.call(this, { ...c, iceTransportPolicy: 'relay' }); };`;

test('with UDP and direct TCP blocked the media goes through the relay over TLS', { timeout: 120_000 }, () =>
  asPatient({ args: ['--ignore-certificate-errors'], init: [relayOnly] }, ({ candidate }) => {
    console.log(candidate);
    assert.equal(candidate.type, 'relay');
    assert.equal(candidate.relayProtocol, 'tls');
  }));

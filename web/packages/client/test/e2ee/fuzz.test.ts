import { describe, expect, it } from 'vitest';
import { fromBase64Url, toBase64Url, type Bytes } from '../../src/bytes';
import { decode, encode, type E2eeMessage } from '../../src/e2ee/messages';
import { decodeHeader, encodeHeader } from '../../src/e2ee/sframe';
import { parseServerMessage } from '../../src/signaling/messages';

// Every parser of bytes or text from outside, on mutations of valid inputs: seeded, so that a failure comes again.
const inputs = 25_000;

/** xorshift32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function mutate(valid: Uint8Array, below: (n: number) => number): Bytes {
  const bytes = [...valid];
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(bytes.length + 1);
    switch (below(5)) {
      case 0: bytes[Math.min(at, Math.max(0, bytes.length - 1))] = below(256); break;
      case 1: bytes.splice(at, 1 + below(8)); break;
      case 2: bytes.splice(at, 0, ...Array.from({ length: 1 + below(8) }, () => below(256))); break;
      case 3: bytes.splice(at, 0, ...bytes.slice(at, at + below(40))); break;
      default: if (at < bytes.length) bytes[at]! ^= 1 << below(8);
    }
  }
  return new Uint8Array(bytes);
}

describe('SFrame headers', () => {
  it('are read canonically in length, or refused, whatever comes', () => {
    const below = randomOf(0x5f4a);
    let read = 0;
    for (let i = 0; i < inputs; i++) {
      const valid = encodeHeader(BigInt(below(0x10000)), (BigInt(below(2 ** 32)) << BigInt(below(32))) & 0xffffffffffffffffn);
      const bytes = mutate(valid, below);
      const header = decodeHeader(bytes);
      if (header === null) continue;
      read++;
      expect(header.length).toBeLessThanOrEqual(bytes.length);
      expect(header.length).toBeLessThanOrEqual(17);
      expect(header.kid < 1n << 64n && header.counter < 1n << 64n).toBe(true);
      for (let cut = 0; cut < header.length; cut++) if (decodeHeader(bytes.subarray(0, cut)) !== null) throw new Error(`cut at ${cut}: ${bytes}`);
      // What follows the header changes nothing of it.
      if (i % 16 === 0) expect(decodeHeader(bytes.subarray(0, header.length))).toEqual(header);
    }
    expect(read).toBeGreaterThan(inputs / 4);
  }, 20_000);
});

describe('e2ee bodies', () => {
  it('are exactly what an encoder writes, or refused, and refused when they are cut', () => {
    const below = randomOf(0xe2ee);
    const random = (n: number): Bytes => new Uint8Array(n).map(() => below(256));
    const members = (): Bytes => new Uint8Array([...new Set(random(2 + below(12)))].concat([0, 255]).filter((m, at, all) => all.indexOf(m) === at).sort((a, b) => a - b));
    const makers: (() => E2eeMessage)[] = [
      () => ({ type: 'key', epoch: below(2 ** 32), sealed: random(60) }),
      () => ({ type: 'ack', epoch: below(2 ** 32), sealed: random(28) }),
      () => ({ type: 'commit', again: below(2) === 1, members: members(), value: random(32) }),
      () => ({ type: 'reveal', members: members(), value: random(32) }),
    ];
    let [taken, refused] = [0, 0];
    for (let i = 0; i < inputs; i++) {
      const message = makers[i % makers.length]!();
      const body = encode(message);
      const valid = fromBase64Url(body)!;
      const cut = below(valid.length);
      if (decode(toBase64Url(valid.subarray(0, cut))) !== null) throw new Error(`cut at ${cut}: ${body}`);
      if (i % 16 === 0) expect(decode(body)).toEqual(message);

      // As bytes, and now and then as text that is no base64url any more.
      const bytes = mutate(valid, below);
      const text = i % 5 === 0 ? new TextDecoder('latin1').decode(mutate(new TextEncoder().encode(body), below)) : toBase64Url(bytes);
      const result = decode(text);
      if (result === null) {
        refused++;
        continue;
      }
      taken++;
      // One reading only: what was accepted is written the same again (but for the flags that mean nothing yet).
      const again = fromBase64Url(encode(result))!;
      const came = fromBase64Url(text)!;
      if (result.type === 'commit') came[2]! &= 1;
      if (toBase64Url(again) !== toBase64Url(came)) throw new Error(`two readings: ${text}`);
    }
    expect(taken).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(inputs / 4);
  }, 20_000);
});

describe('messages of the server', () => {
  const participant = {
    participant: 'p1', name: 'Ruth Ö. “Q”', role: 'patient', state: 'in-call', joinedSeq: 3,
    e2ee: { member: 4, publicKey: 'A'.repeat(87), commitment: 'B'.repeat(43) }, tracks: [{ source: 'camera', on: true }],
  };
  const valid: Record<string, unknown>[] = [
    { type: 'welcome', protocol: 1, visit: { id: 'v', type: 'consult' }, you: { participant: 'p1', name: 'n', role: 'clinician' }, resumed: false,
      e2ee: { required: true, rotateSeconds: 1800 }, idle: { endSeconds: 300, warnSeconds: 60 }, profile: 'sfu' },
    { type: 'state', state: 'waiting' },
    { type: 'roster', version: 4, participants: [participant, { ...participant, participant: 'p2', e2ee: null, tracks: [] }] },
    { type: 'answer', re: 5, sdp: 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n' },
    { type: 'ok', re: 1 },
    { type: 'renegotiate', reason: 'participant' },
    { type: 'e2ee', from: 'p2', body: 'AQEAAAAB' },
    { type: 'quality', received: [{ mid: '1', layer: 'q', kbps: 100 }], estimateKbps: 900, lossPercent: 0.5, level: 'good' },
    { type: 'idle-warning', secondsLeft: 55 },
    { type: 'idle-cleared' },
    { type: 'pong', t: 17 },
    { type: 'error', re: 3, code: 'signal.rate', message: 'Too many.' },
  ];
  const odd: unknown[] = [null, true, -1, 1.5, 1e308, 2 ** 53, '', 'x'.repeat(600), [], {}, [[]], { type: 'ok' }, '__proto__'];

  /** One place anywhere in the tree gets an odd value, or goes. */
  function warp(value: unknown, below: (n: number) => number): unknown {
    if (typeof value !== 'object' || value === null || below(4) === 0) return odd[below(odd.length)];
    const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
    const names = Object.keys(copy);
    if (names.length === 0) return odd[below(odd.length)];
    const name = names[below(names.length)]!;
    if (below(6) === 0) delete (copy as Record<string, unknown>)[name];
    else (copy as Record<string, unknown>)[name] = warp((copy as Record<string, unknown>)[name], below);
    return copy;
  }

  it('are all taken as they are, and none of them when it is cut', () => {
    for (const message of valid) {
      const text = JSON.stringify(message);
      expect(parseServerMessage(text)).toMatchObject({ type: message['type'] });
      for (let length = 0; length < text.length; length++) expect(parseServerMessage(text.slice(0, length))).toBeNull();
    }
  });

  it('are of a declared shape, or refused, whatever comes', () => {
    const below = randomOf(0x7a11);
    const types = new Set(valid.map(m => m['type']));
    let [taken, refused] = [0, 0];
    for (let i = 0; i < inputs; i++) {
      const message = valid[i % valid.length]!;
      const text = i % 2 === 0
        ? JSON.stringify(warp(message, below))
        : new TextDecoder().decode(mutate(new TextEncoder().encode(JSON.stringify(message)), below));
      const result = parseServerMessage(text);
      if (result === null) {
        refused++;
        continue;
      }
      taken++;
      if (!types.has(result.type)) throw new Error(text);
      // Only what is declared is in it, and taken again it is the same.
      if (result.type === 'roster') {
        for (const line of result.participants) {
          const isSound = typeof line.participant === 'string' && line.participant.length <= 128 && line.name.length <= 512 && line.tracks.length <= 8
            && ['waiting', 'in-call', 'away'].includes(line.state) && ['clinician', 'patient', 'interpreter', 'family'].includes(line.role)
            && (line.e2ee === null || (Number.isSafeInteger(line.e2ee.member) && line.e2ee.publicKey.length <= 100 && line.e2ee.commitment.length <= 64));
          if (!isSound) throw new Error(text);
        }
        expect(parseServerMessage(JSON.stringify(result))).toEqual(result);
      }
      if ((result.type === 'ok' || result.type === 'answer') && !Number.isSafeInteger(result.re)) throw new Error(text);
      if (result.type === 'welcome' && !(result.rotateSeconds >= 1 && result.rotateSeconds <= 86_400)) throw new Error(text);
      if (result.type === 'idle-warning' && !(result.secondsLeft >= 0 && result.secondsLeft <= 3_600)) throw new Error(text);
    }
    expect(taken).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(inputs / 4);
  }, 20_000);
});

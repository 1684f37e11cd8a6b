import { describe, expect, it } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../src/bytes';
import { createOwnKeys, PairKeys } from '../../src/e2ee/key-schedule';
import { decode, encode, type E2eeMessage } from '../../src/e2ee/messages';
import { ReplayWindow } from '../../src/e2ee/replay-window';

const fill = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value);

describe('messages between members', () => {
  const messages: [E2eeMessage, number][] = [
    [{ type: 'key', epoch: 0xfffffffe, sealed: fill(60, 1) }, 66],
    [{ type: 'ack', epoch: 1, sealed: fill(28, 2) }, 34],
    [{ type: 'commit', again: true, members: new Uint8Array([0, 7, 255]), value: fill(32, 3) }, 39],
    [{ type: 'reveal', members: new Uint8Array([1, 2]), value: fill(32, 4) }, 37],
  ];

  it.each(messages)('are written and read: %o', (message, length) => {
    const body = encode(message);
    expect(fromBase64Url(body)).toHaveLength(length);
    expect(decode(body)).toEqual(message);
  });

  it.each(messages)('are refused in every other length: %o', message => {
    const bytes = fromBase64Url(encode(message))!;
    for (let length = 0; length < bytes.length; length++) expect(decode(toBase64Url(bytes.slice(0, length)))).toBeNull();
    expect(decode(toBase64Url(new Uint8Array([...bytes, 0])))).toBeNull();
  });

  it('name members once and in order, at least two and at most 32', () => {
    for (const members of [[1], [2, 1], [3, 3], [...Array(33).keys()]]) {
      expect(decode(encode({ type: 'reveal', members: new Uint8Array(members), value: fill(32, 0) }))).toBeNull();
    }
    expect(decode(encode({ type: 'reveal', members: new Uint8Array([...Array(32).keys()]), value: fill(32, 0) }))).not.toBeNull();
  });

  it('never throw for any bytes', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647);
    for (let i = 0; i < 5_000; i++) {
      const bytes = new Uint8Array(random() % 90).map(() => random() & 0xff);
      if (bytes.length > 2) bytes.set([1, 1 + (random() % 5)]);
      expect(() => decode(toBase64Url(bytes))).not.toThrow();
    }
  });
});

describe('keys between two members', () => {
  it('open what the other sealed, in that direction, for that purpose, epoch and visit only', async () => {
    const [a, b, c] = [await createOwnKeys(), await createOwnKeys(), await createOwnKeys()];
    const ab = (await PairKeys.agree('v', a, b.publicKey))!;
    const ba = (await PairKeys.agree('v', b, a.publicKey))!;
    const sealed = await ab.seal(1, 5, fill(32, 9));
    expect(await ba.open(1, 5, sealed)).toEqual(fill(32, 9));
    expect(await ba.open(1, 6, sealed)).toBeNull();
    expect(await ba.open(2, 5, sealed)).toBeNull();
    expect(await ab.open(1, 5, sealed)).toBeNull();
    expect(await (await PairKeys.agree('w', b, a.publicKey))!.open(1, 5, sealed)).toBeNull();
    expect(await (await PairKeys.agree('v', c, a.publicKey))!.open(1, 5, sealed)).toBeNull();
    for (let i = 0; i < sealed.length; i++) expect(await ba.open(1, 5, sealed.map((x, j) => (j === i ? x ^ 1 : x)))).toBeNull();
  });

  it('cannot be made with our own key, a point off the curve, or bytes of another length', async () => {
    const a = await createOwnKeys();
    const off = a.publicKey.slice();
    off[64]! ^= 1;
    for (const bad of [a.publicKey, off, fill(65, 4), fill(65, 0), a.publicKey.slice(0, 33), new Uint8Array()]) {
      expect(await PairKeys.agree('v', a, bad)).toBeNull();
    }
  });

  it('have a private half that cannot be exported', async () => {
    const { privateKey } = await createOwnKeys();
    await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow();
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  });
});

describe('the replay window', () => {
  it('agrees with a plain set of counters over a long disorderly run', () => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let seed = 11;
    let newest = -1;
    for (let i = 0; i < 20_000; i++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const counter = Math.max(0, newest + 40 - (seed % 1_300));
      const fresh = !seen.has(counter) && counter > newest - 1_024;
      expect(window.isFresh(counter)).toBe(fresh);
      expect(window.take(counter)).toBe(fresh);
      if (fresh) seen.add(counter);
      newest = Math.max(newest, counter);
    }
  });

  it('forgets everything before a great jump, and takes nothing twice after it', () => {
    const window = new ReplayWindow();
    for (const counter of [0, 1, 5_000_000_000, 4_999_999_990]) expect(window.take(counter)).toBe(true);
    for (const counter of [0, 2, 5_000_000_000, 4_999_999_990, 5_000_000_000 - 1_024]) expect(window.take(counter)).toBe(false);
    expect(window.take(5_000_000_000 - 1_023)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { aes128GcmSha256, aes256GcmSha512, decodeHeader, deriveKeyBytes, deriveSalt, encodeHeader, nonceOf, SFrameKey } from '../../src/e2ee/sframe';
import vectors from '../vectors/sframe-rfc9605.json';

const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const importBase = (value: Uint8Array<ArrayBuffer>): Promise<CryptoKey> => crypto.subtle.importKey('raw', value, 'HKDF', false, ['deriveBits']);

describe('SFrame headers (RFC 9605, appendix C)', () => {
  it('encodes all 289 published headers', () => {
    expect(vectors.headers).toHaveLength(289);
    for (const [kid, counter, encoded] of vectors.headers) expect(hex(encodeHeader(BigInt(kid!), BigInt(counter!)))).toBe(encoded);
  });

  it('decodes all 289 published headers', () => {
    for (const [kid, counter, encoded] of vectors.headers) {
      const data = bytes(encoded!);
      expect(decodeHeader(data)).toEqual({ kid: BigInt(kid!), counter: BigInt(counter!), length: data.length });
    }
  });

  it('refuses every published header that is cut short', () => {
    for (const [, , encoded] of vectors.headers) {
      const data = bytes(encoded!);
      for (let length = 0; length < data.length; length++) expect(decodeHeader(data.subarray(0, length))).toBeNull();
    }
  });
});

describe.each(vectors.suites)('cipher suite $cipher_suite (RFC 9605, appendix C)', vector => {
  const suite = [aes128GcmSha256, aes256GcmSha512].find(s => s.id === vector.cipher_suite)!;
  const kid = BigInt(vector.kid);
  const counter = BigInt(vector.ctr);

  it('derives the published key, salt and nonce', async () => {
    const base = await importBase(bytes(vector.base_key));
    expect(hex(await deriveKeyBytes(suite, kid, base))).toBe(vector.sframe_key);
    const salt = await deriveSalt(suite, kid, base);
    expect(hex(salt)).toBe(vector.sframe_salt);
    expect(hex(nonceOf(salt, counter))).toBe(vector.nonce);
  });

  it('seals to the published ciphertext and opens it', async () => {
    const key = await SFrameKey.derive(suite, kid, await importBase(bytes(vector.base_key)), 'encrypt');
    const receiving = await SFrameKey.derive(suite, kid, await importBase(bytes(vector.base_key)), 'decrypt');
    expect(hex(await key.seal(counter, bytes(vector.metadata), bytes(vector.pt)))).toBe(vector.ct);
    const sealed = bytes(vector.ct);
    expect(hex((await receiving.open(decodeHeader(sealed)!, sealed, bytes(vector.metadata)))!)).toBe(vector.pt);
    // Each copy does its half and nothing else.
    await expect(receiving.seal(counter, bytes(vector.metadata), bytes(vector.pt))).rejects.toThrow();
    expect(await key.open(decodeHeader(sealed)!, sealed, bytes(vector.metadata))).toBeNull();
  });

  it('opens nothing in which any one bit of header, ciphertext, tag or metadata was changed', async () => {
    const key = await SFrameKey.derive(suite, kid, await importBase(bytes(vector.base_key)), 'decrypt');
    const metadata = bytes(vector.metadata);
    for (let bit = 0; bit < vector.ct.length * 4; bit++) {
      const sealed = bytes(vector.ct);
      sealed[bit >> 3]! ^= 1 << (bit & 7);
      const header = decodeHeader(sealed);
      if (header !== null) expect(await key.open(header, sealed, metadata), `bit ${bit}`).toBeNull();
    }
    const sealed = bytes(vector.ct);
    metadata[0]! ^= 1;
    expect(await key.open(decodeHeader(sealed)!, sealed, metadata)).toBeNull();
  });
});

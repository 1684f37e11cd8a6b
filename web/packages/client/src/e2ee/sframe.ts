import { concat, text, type Bytes } from '../bytes';

// SFrame, RFC 9605. An SFrame ciphertext is header ‖ AEAD ciphertext ‖ tag.
//
//   0 1 2 3 4 5 6 7
//  +-+-+-+-+-+-+-+-+-----------------+-----------------+
//  |X|  K  |Y|  C  |   KID...        |   CTR...        |   §4.3
//  +-+-+-+-+-+-+-+-+-----------------+-----------------+
//  X = 0: K is the KID itself (0 … 7). X = 1: the KID follows in K + 1 bytes. Y and C are the same for the CTR.

/** A cipher suite of RFC 9605 §4.5. The tag is 16 bytes in both. */
export interface SFrameSuite {
  readonly id: number;
  readonly hash: 'SHA-256' | 'SHA-512';
  readonly keyBytes: 16 | 32;
}

export const aes128GcmSha256: SFrameSuite = { id: 0x0004, hash: 'SHA-256', keyBytes: 16 };
/** The one that Wardline uses. */
export const aes256GcmSha512: SFrameSuite = { id: 0x0005, hash: 'SHA-512', keyBytes: 32 };

export const tagBytes = 16;
const nonceBytes = 12;

export interface SFrameHeader {
  readonly kid: bigint;
  readonly counter: bigint;
  /** Of the header, in bytes. */
  readonly length: number;
}

export function encodeHeader(kid: bigint, counter: bigint): Bytes {
  const k = field(kid);
  const c = field(counter);
  return concat(new Uint8Array([(k.bits << 4) | c.bits]), k.bytes, c.bytes);
}

/** The header at the start of `data`, or null when `data` ends inside it. Never throws. */
export function decodeHeader(data: Uint8Array): SFrameHeader | null {
  const config = data[0];
  if (config === undefined) return null;
  const kidBytes = (config & 0x80) === 0 ? 0 : ((config >> 4) & 7) + 1;
  const counterBytes = (config & 0x08) === 0 ? 0 : (config & 7) + 1;
  const length = 1 + kidBytes + counterBytes;
  if (data.length < length) return null;
  const kid = kidBytes === 0 ? BigInt((config >> 4) & 7) : read(data, 1, kidBytes);
  const counter = counterBytes === 0 ? BigInt(config & 7) : read(data, 1 + kidBytes, counterBytes);
  return { kid, counter, length };
}

/** Key and salt of one KID (§4.4.2). `baseKey` is an HKDF key. */
export class SFrameKey {
  private constructor(readonly kid: bigint, private readonly key: CryptoKey, private readonly salt: Bytes) {}

  /** `use`: what the browser lets this key do; a receiver's copy of a sender's key opens and nothing else. */
  static async derive(suite: SFrameSuite, kid: bigint, baseKey: CryptoKey, use: 'encrypt' | 'decrypt'): Promise<SFrameKey> {
    const raw = await deriveKeyBytes(suite, kid, baseKey);
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [use]);
    raw.fill(0);
    return new SFrameKey(kid, key, await deriveSalt(suite, kid, baseKey));
  }

  /** header ‖ ciphertext ‖ tag. The caller never uses a counter twice with one key. */
  async seal(counter: bigint, metadata: Uint8Array, plaintext: Bytes): Promise<Bytes> {
    const header = encodeHeader(this.kid, counter);
    const sealed = await crypto.subtle.encrypt(this.parameters(counter, header, metadata), this.key, plaintext);
    return concat(header, new Uint8Array(sealed));
  }

  /** The plaintext, or null when tag, header or metadata are not those that were sealed. */
  async open(header: SFrameHeader, data: Bytes, metadata: Uint8Array): Promise<Bytes | null> {
    if (header.kid !== this.kid || data.length < header.length + tagBytes) return null;
    const parameters = this.parameters(header.counter, data.subarray(0, header.length), metadata);
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters, this.key, data.subarray(header.length)));
    } catch {
      return null;
    }
  }

  private parameters(counter: bigint, header: Uint8Array, metadata: Uint8Array): AesGcmParams {
    return { name: 'AES-GCM', iv: nonceOf(this.salt, counter), additionalData: concat(header, metadata), tagLength: tagBytes * 8 };
  }
}

export async function deriveKeyBytes(suite: SFrameSuite, kid: bigint, baseKey: CryptoKey): Promise<Bytes> {
  return expand(suite, kid, baseKey, 'SFrame 1.0 Secret key ', suite.keyBytes);
}

export async function deriveSalt(suite: SFrameSuite, kid: bigint, baseKey: CryptoKey): Promise<Bytes> {
  return expand(suite, kid, baseKey, 'SFrame 1.0 Secret salt ', nonceBytes);
}

/** salt XOR the counter as a 12-byte big-endian number (§4.4.3). */
export function nonceOf(salt: Bytes, counter: bigint): Bytes {
  const nonce = salt.slice();
  for (let i = nonceBytes - 1, rest = counter; rest > 0n; i--, rest >>= 8n) nonce[i] = nonce[i]! ^ Number(rest & 0xffn);
  return nonce;
}

async function expand(suite: SFrameSuite, kid: bigint, baseKey: CryptoKey, label: string, length: number): Promise<Bytes> {
  const tail = new DataView(new ArrayBuffer(10));
  tail.setBigUint64(0, kid);
  tail.setUint16(8, suite.id);
  const info = concat(text(label), new Uint8Array(tail.buffer));
  // WebCrypto's HKDF is Extract with this salt, then Expand with this info.
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: suite.hash, salt: new Uint8Array(), info }, baseKey, length * 8);
  return new Uint8Array(bits);
}

function field(value: bigint): { bits: number; bytes: Bytes } {
  if (value < 8n) return { bits: Number(value), bytes: new Uint8Array() };
  const reversed: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) reversed.push(Number(rest & 0xffn));
  return { bits: 8 | (reversed.length - 1), bytes: new Uint8Array(reversed.reverse()) };
}

function read(data: Uint8Array, from: number, length: number): bigint {
  let value = 0n;
  for (let i = from; i < from + length; i++) value = (value << 8n) | BigInt(data[i]!);
  return value;
}

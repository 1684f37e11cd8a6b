/** Byte strings whose memory is not shared: what WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();

/** UTF-8, over memory of its own. */
export function text(value: string): Bytes {
  return new Uint8Array(utf8.encode(value));
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A string with its length in UTF-8 before it (two bytes, big-endian), so that two fields never run together. */
export function prefixed(value: string): Bytes {
  const bytes = text(value);
  return concat(uint16(bytes.length), bytes);
}

export function uint16(value: number): Bytes {
  return new Uint8Array([(value >>> 8) & 0xff, value & 0xff]);
}

export function uint32(value: number): Bytes {
  return new Uint8Array([(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]);
}

/** Equality of public values; not for secrets. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The bytes, or null when `value` is not base64url without padding. Never throws. */
export function fromBase64Url(value: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]*$/.test(value) || value.length % 4 === 1) return null;
  try {
    const binary = atob(value.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    return null;
  }
}

/** Base 64 with padding, as C2SP formats have it (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The bytes, or null when `value` is not exactly what `toBase64` would write. Never throws. */
export function fromBase64(value: string): Bytes | null {
  const bytes = fromBase64Url(value.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'));
  return bytes !== null && toBase64(bytes) === value ? bytes : null;
}

import { concat, equal, fromBase64, text, type Bytes } from '../bytes';
import { hashBytes } from './merkle';

// C2SP signed-note and tlog-checkpoint:
//
//   origin\n size\n base64(root)\n [extension lines] \n — name base64(key id 4 ‖ signature)\n …
//
// with signatures of type 2, ECDSA on P-256 over SHA-256 of the text, ASN.1 DER (FIPS 186-5, RFC 3279 §2.2.3). Their key
// id is SHA-256(public key as SubjectPublicKeyInfo), the first four bytes.

export const maxNoteChars = 4_096;
export const maxLogKeyChars = 512;
const maxSignatures = 16;
const ecdsaType = 2;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** Whoever signs a log's checkpoints: a C2SP verifier key, `name+key id+base64(type ‖ key)`. */
export interface LogKey {
  readonly text: string;
  readonly name: string;
  readonly id: Bytes;
  readonly key: CryptoKey;
}

/** What a log has signed: so many entries, with this root. `note` is the whole text, for others and as evidence. */
export interface Checkpoint {
  readonly size: number;
  readonly root: Bytes;
  readonly note: string;
}

/** Null for anything that is not exactly a verifier key of P-256. Never throws. */
export async function parseLogKey(value: string): Promise<LogKey | null> {
  const parts = value.length > maxLogKeyChars ? null : /^([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(value);
  const bytes = parts === null ? null : fromBase64(parts[3]!);
  if (parts === null || bytes === null || bytes[0] !== ecdsaType) return null;
  const spki = bytes.slice(1);
  const id = new Uint8Array(await crypto.subtle.digest('SHA-256', spki)).slice(0, 4);
  if (hex(id) !== parts[2]) return null;
  try {
    return { text: value, name: parts[1]!, id, key: await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify']) };
  } catch {
    return null;
  }
}

/**
 * The checkpoint that `note` is when each of `keys` has signed it and its origin is their name; null for anything else. A
 * signature by another key says nothing and is passed over.
 */
export async function openCheckpoint(note: string, keys: readonly LogKey[]): Promise<Checkpoint | null> {
  const parts = splitNote(note);
  const checkpoint = parts === null ? null : readCheckpoint(parts.text, note);
  if (parts === null || checkpoint === null || keys.length === 0) return null;
  for (const key of keys) {
    if (parts.text.slice(0, parts.text.indexOf('\n')) !== key.name) return null;
    if (!(await isSignedBy(key, parts))) return null;
  }
  return checkpoint;
}

interface Signature {
  readonly name: string;
  readonly id: Bytes;
  readonly value: Bytes;
}

function splitNote(note: string): { text: string; signatures: Signature[] } | null {
  const end = note.lastIndexOf('\n\n');
  // Names in printable ASCII are all that a log of ours has; so every character is one that every reader agrees on.
  if (note.length > maxNoteChars || end < 0 || !note.endsWith('\n') || !/^[\n -~]*$/.test(note.slice(0, end))) return null;
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > maxSignatures) return null;
  const signatures: Signature[] = [];
  for (const line of lines) {
    const parts = /^— ([!-*,-~]+) ([A-Za-z0-9+/]+=*)$/.exec(line);
    const bytes = parts === null ? null : fromBase64(parts[2]!);
    if (parts === null || bytes === null || bytes.length < 5) return null;
    signatures.push({ name: parts[1]!, id: bytes.slice(0, 4), value: bytes.slice(4) });
  }
  return { text: note.slice(0, end + 1), signatures };
}

function readCheckpoint(body: string, note: string): Checkpoint | null {
  const [origin, size, root, ...rest] = body.slice(0, -1).split('\n');
  // An empty line ends the text, so none stands in it: `rest` is extension lines, which nobody here understands.
  if (!origin || size === undefined || root === undefined || rest.includes('')) return null;
  const hash = fromBase64(root);
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)) || hash?.length !== hashBytes) return null;
  return { size: Number(size), root: hash, note };
}

/** One good signature by this key, and no bad one (signed-note: a known key whose signature fails spoils the note). */
async function isSignedBy(key: LogKey, note: { text: string; signatures: readonly Signature[] }): Promise<boolean> {
  const own = note.signatures.filter(s => s.name === key.name && equal(s.id, key.id));
  const body = text(note.text);
  for (const { value } of own) {
    const raw = fromDer(value);
    if (raw === null || !(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key.key, raw, body))) return false;
  }
  return own.length > 0;
}

/**
 * SEQUENCE { r INTEGER, s INTEGER } as the r ‖ s that WebCrypto wants, 32 bytes each. DER and nothing else: shortest
 * lengths, no superfluous zeros, nothing behind it.
 */
export function fromDer(der: Bytes): Bytes | null {
  if (der[0] !== 0x30 || der.length > 72 || der[1] !== der.length - 2) return null;
  const first = integer(der, 2);
  const second = first === null ? null : integer(der, first.end);
  return first === null || second === null || second.end !== der.length ? null : concat(first.value, second.value);
}

function integer(der: Bytes, at: number): { value: Bytes; end: number } | null {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || length < 1 || length > 33 || at + 2 + length > der.length) return null;
  let digits = der.slice(at + 2, at + 2 + length);
  if (digits[0]! > 0x7f) return null; // negative
  if (digits[0] === 0 && digits.length > 1) {
    if (digits[1]! <= 0x7f) return null; // a zero that nothing asks for
    digits = digits.slice(1);
  }
  if (digits.length > 32) return null;
  const value = new Uint8Array(32);
  value.set(digits, 32 - digits.length);
  return { value, end: at + 2 + length };
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map(b => b.toString(16).padStart(2, '0')).join('');
}

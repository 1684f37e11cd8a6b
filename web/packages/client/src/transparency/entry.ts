import { concat, fromBase64Url, text, toBase64Url, type Bytes } from '../bytes';
import { leafHash, sha256 } from './merkle';

export const maxEntryChars = 4_096;
const action = 'key.member';

/** What a `key.member` entry says (docs/design/key-transparency.md, "The entry"); hashes as base64url. */
export interface KeyEntry {
  readonly scope: string;
  readonly seq: number;
  readonly prev: string;
  readonly who: string;
  readonly member: number;
  readonly key: string;
  readonly commitment: string;
  /** The RFC 9162 leaf hash of its text. */
  readonly leaf: Bytes;
}

/**
 * Null for anything that is not exactly such an entry. Never throws. The text must be what its own JSON value is written
 * as: so no name stands in it twice, and no two readers can see different things in one entry.
 */
export async function readEntry(json: string): Promise<KeyEntry | null> {
  const facts = factsOf(json);
  if (facts === null) return null;
  const seq = whole(facts['seq'], 1e9);
  const member = whole(facts['member'], 255);
  const { scope, prev, who, key, commitment } = facts;
  if (seq === null || member === null || !isHash(scope) || !isHash(who) || !isHash(key) || !isHash(commitment)) return null;
  if (seq === 0 ? prev !== '' : !isHash(prev)) return null;
  return { scope, seq, prev: prev as string, who, member, key, commitment, leaf: await leafHash(text(json)) };
}

function factsOf(json: string): Record<string, unknown> | null {
  if (json.length > maxEntryChars || !/^[ -~]*$/.test(json)) return null;
  try {
    const entry: unknown = JSON.parse(json);
    if (!isRecord(entry) || entry['action'] !== action || entry['outcome'] !== 'success' || JSON.stringify(entry) !== json) return null;
    const facts = entry['facts'];
    return isRecord(facts) ? facts : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHash(value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== 43) return false;
  const bytes = fromBase64Url(value);
  return bytes !== null && toBase64Url(bytes) === value;
}

function whole(value: unknown, max: number): number | null {
  return typeof value === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(value) && Number(value) <= max ? Number(value) : null;
}

/** The names under which a visit and its people stand in the log: nobody else can make them, and the server only these. */
export class VisitNames {
  private readonly known = new Map<string, string>();

  private constructor(private readonly key: CryptoKey, readonly scope: string) {}

  static async of(visit: string): Promise<VisitNames> {
    const key = await crypto.subtle.importKey('raw', text(visit), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
    return new VisitNames(key, await mac(key, text('Wardline key log 1 scope')));
  }

  async who(participant: string): Promise<string> {
    const known = this.known.get(participant);
    if (known !== undefined) return known;
    const who = await mac(this.key, concat(text('Wardline key log 1 participant\0'), text(participant)));
    this.known.set(participant, who);
    return who;
  }
}

/** How a public key stands in an entry. */
export async function keyHash(publicKey: Bytes): Promise<string> {
  return toBase64Url(await sha256(publicKey));
}

async function mac(key: CryptoKey, message: Bytes): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, message)));
}

import { concat, prefixed, text, uint32, type Bytes } from '../bytes';

/** What an envelope between two members is for; the number is an epoch. docs/design/e2ee.md shows the bytes. */
export type EnvelopePurpose = 1 /* sender key */ | 2 /* acknowledgement */;

export const publicKeyBytes = 65;
const curve = { name: 'ECDH', namedCurve: 'P-256' } as const;

/** One instance's own key pair; the private half cannot leave the worker's key store. */
export interface OwnKeys {
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

export async function createOwnKeys(): Promise<OwnKeys> {
  const pair = await crypto.subtle.generateKey(curve, false, ['deriveBits']);
  return { publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)), privateKey: pair.privateKey };
}

/** The two directions between this member and one other. */
export class PairKeys {
  private constructor(
    private readonly shared: CryptoKey, private readonly visit: string,
    private readonly own: Bytes, private readonly other: Bytes,
  ) {}

  /** Null when `other` is no point of the curve (WebCrypto checks it) or is our own key, reflected. */
  static async agree(visit: string, own: OwnKeys, other: Bytes): Promise<PairKeys | null> {
    if (other.length !== publicKeyBytes || other.every((byte, i) => byte === own.publicKey[i])) return null;
    try {
      const point = await crypto.subtle.importKey('raw', other, curve, false, []);
      const x = new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: point }, own.privateKey, 256));
      const shared = await crypto.subtle.importKey('raw', x, 'HKDF', false, ['deriveKey']);
      x.fill(0);
      return new PairKeys(shared, visit, own.publicKey, other);
    } catch {
      return null;
    }
  }

  /** nonce ‖ ciphertext ‖ tag, for the other member only. */
  async seal(purpose: EnvelopePurpose, epoch: number, plaintext: Bytes): Promise<Bytes> {
    const key = await this.derive(this.own, this.other, purpose, epoch);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return concat(iv, new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plaintext)));
  }

  /** What the other member sealed for us, or null. */
  async open(purpose: EnvelopePurpose, epoch: number, sealed: Bytes): Promise<Bytes | null> {
    if (sealed.length < 12 + 16) return null;
    const key = await this.derive(this.other, this.own, purpose, epoch);
    try {
      const parameters = { name: 'AES-GCM', iv: sealed.subarray(0, 12) };
      return new Uint8Array(await crypto.subtle.decrypt(parameters, key, sealed.subarray(12)));
    } catch {
      return null;
    }
  }

  /** One key for each direction, purpose and epoch: the order of the public keys is the direction. */
  private derive(from: Bytes, to: Bytes, purpose: EnvelopePurpose, epoch: number): Promise<CryptoKey> {
    const info = concat(text('Wardline E2EE 1 pair\0'), prefixed(this.visit), from, to, new Uint8Array([purpose]), uint32(epoch));
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
    return crypto.subtle.deriveKey(hkdf, this.shared, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  }
}

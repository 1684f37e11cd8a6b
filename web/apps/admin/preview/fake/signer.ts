import { type Bytes, concat, sha256, text as utf8, toBase64 } from '@wardline/client/log';
import { toHex } from '../../src/proof/bytes';

/** A log that signs: C2SP signed-note with ECDSA P-256, made anew each time. */
export class Signer {
  private constructor(readonly name: string, private readonly key: CryptoKey, private readonly spki: Bytes, private readonly keyId: Bytes) {}

  static async make(name = 'wardline.example/log'): Promise<Signer> {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
    return new Signer(name, pair.privateKey, spki, (await sha256(spki)).slice(0, 4));
  }

  get verifierKey(): string {
    return `${this.name}+${toHex(this.keyId)}+${toBase64(concat(new Uint8Array([2]), this.spki))}`;
  }

  async checkpoint(size: number, root: Bytes): Promise<string> {
    return this.note(`${this.name}\n${size}\n${toBase64(root)}\n`);
  }

  async note(text: string): Promise<string> {
    const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.key, utf8(text)));
    return `${text}\n— ${this.name} ${toBase64(concat(this.keyId, toDer(raw)))}\n`;
  }
}

/** Two numbers beside each other to ASN.1 `SEQUENCE { r INTEGER, s INTEGER }`. */
export function toDer(raw: Bytes): Bytes {
  const integer = (bytes: Bytes): Bytes => {
    let first = 0;
    while (first < bytes.length - 1 && bytes[first] === 0) first++;
    const digits = bytes.slice(first);
    const value = (digits[0] ?? 0) > 0x7f ? concat(new Uint8Array([0]), digits) : digits;
    return concat(new Uint8Array([2, value.length]), value);
  };
  const body = concat(integer(raw.slice(0, 32)), integer(raw.slice(32)));
  return concat(new Uint8Array([0x30, body.length]), body);
}

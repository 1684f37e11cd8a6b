import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { concat, text } from '../../src/bytes';
import { metadataOf } from '../../src/e2ee/frame-layout';
import { keyIdOf } from '../../src/e2ee/receiver-keys';
import { aes256GcmSha512, deriveKeyBytes, deriveSalt, SFrameKey } from '../../src/e2ee/sframe';
import { commitmentOf, digitsOf } from '../../src/e2ee/short-code';

const page = readFileSync(path.join(import.meta.dirname, '../../../../../docs/design/e2ee.md'), 'utf8');
const example = page.slice(page.indexOf('## Worked example'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

describe('the worked example of docs/design/e2ee.md', () => {
  it('has the key, the salt and the frame that the code makes', async () => {
    const base = await crypto.subtle.importKey('raw', new Uint8Array(32).map((_, i) => i), 'HKDF', false, ['deriveBits']);
    const kid = keyIdOf(2, 259);
    expect(kid).toBe(0x0203n);
    expect(example).toContain(`key     ${hex(await deriveKeyBytes(aes256GcmSha512, kid, base))}\n`);
    expect(example).toContain(`salt    ${hex(await deriveSalt(aes256GcmSha512, kid, base))}\n`);
    const clear = new Uint8Array([0x31, 0x02, 0x00]);
    const key = await SFrameKey.derive(aes256GcmSha512, kid, base, 'encrypt');
    const frame = concat(clear, await key.seal(300n, metadataOf('camera', clear), text('a VP8 frame')));
    const written = /^frame {5}([0-9a-f ‖]+)$/m.exec(example)![1]!.replaceAll(/[ ‖]/g, '');
    expect(hex(frame)).toBe(written);
  });

  it('has the commitments and the code that the code makes', async () => {
    const members = await Promise.all([2, 7].map(async member => {
      const nonce = new Uint8Array(32).fill(member);
      return { member, publicKey: new Uint8Array(65).fill(0x10 + member), commitment: await commitmentOf('visit-1', nonce), nonce };
    }));
    for (const { member, commitment } of members) expect(example).toContain(`commitment ${member}  ${hex(commitment)}\n`);
    expect(example).toContain(`code          ${await digitsOf('visit-1', members)}\n`);
  });
});

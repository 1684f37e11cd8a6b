import { describe, expect, it } from 'vitest';
import { concat, fromBase64, text, toBase64, type Bytes } from '../../src/bytes';
import { sha256 } from '../../src/transparency/merkle';
import { fromDer, maxNoteChars, openCheckpoint, parseLogKey, type LogKey } from '../../src/transparency/note';
import { FakeLog, Signer, toDer } from './fake-log';

async function world(): Promise<{ log: FakeLog; key: LogKey; note: string }> {
  const log = await FakeLog.create();
  return { log, key: (await parseLogKey(log.signers[0]!.logKey))!, note: await log.checkpoint() };
}

describe('A log key', () => {
  it('is read as it is written', async () => {
    const signer = await Signer.create('clinic.example/log-1');
    const key = await parseLogKey(signer.logKey);
    expect(key).toMatchObject({ name: 'clinic.example/log-1', id: signer.id, text: signer.logKey });
  });

  it('is refused when anything about it is not exactly right', async () => {
    const { logKey, name } = await Signer.create();
    const [, id, key] = logKey.split('+') as [string, string, string];
    const rest = logKey.slice(name.length + 10);
    const bytes = fromBase64(rest)!;
    const p384 = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign']);
    const wide = new Uint8Array(await crypto.subtle.exportKey('spki', p384.publicKey));
    const offCurve = bytes.slice();
    offCurve[offCurve.length - 1]! ^= 1;
    const withId = async (spki: Bytes, type = 2): Promise<string> =>
      `${name}+${Buffer.from(await sha256(spki)).toString('hex').slice(0, 8)}+${toBase64(concat(new Uint8Array([type]), spki))}`;
    const wrong = [
      '', name, `${name}+${id}`, `${name}+${id}+`, `+${id}+${key}`, `a b+${id}+${key}`, `a\n+${id}+${key}`, `é+${id}+${key}`,
      logKey.replace(id, '00000000'), logKey.replace(id, id.toUpperCase() === id ? 'abcdefgh' : id.toUpperCase()), `${logKey}=`, `${logKey} `, `${logKey}\n`,
      await withId(bytes.slice(1), 1), await withId(wide), await withId(offCurve.slice(1)), await withId(bytes.slice(1, -1)), await withId(text('none')),
      `${'n'.repeat(512)}${logKey}`,
    ];
    for (const value of wrong) expect(await parseLogKey(value), JSON.stringify(value)).toBeNull();
    expect(await parseLogKey(await withId(bytes.slice(1)))).not.toBeNull();
  });
});

describe('A checkpoint', () => {
  it('is opened when the log has signed it', async () => {
    const { log, key, note } = await world();
    expect(await openCheckpoint(note, [key])).toEqual({ size: log.size, root: await log.tree.root(), note });
  });

  it('is opened beside signatures of others: witnesses, and keys that nobody here knows', async () => {
    const { key, note, log } = await world();
    const [other, namesake] = [await Signer.create('witness.example/w1'), await Signer.create()];
    const body = note.slice(0, note.indexOf('\n\n') + 1);
    const many = `${body}\n${await other.sign(body)}${note.slice(body.length + 1)}${await namesake.sign(body)}— x ${toBase64(new Uint8Array(100))}\n`;
    expect((await openCheckpoint(many, [key]))?.size).toBe(log.size);
    expect(await openCheckpoint(`${body}\n${await other.sign(body)}`, [key])).toBeNull();
  });

  it('is opened by every key that has to have signed it, or not at all', async () => {
    const { key, log } = await world();
    const next = await Signer.create();
    const nextKey = (await parseLogKey(next.logKey))!;
    expect(await openCheckpoint(await log.checkpoint(), [key, nextKey])).toBeNull();
    log.signers.push(next);
    expect(await openCheckpoint(await log.checkpoint(), [key, nextKey])).not.toBeNull();
    expect(await openCheckpoint(await log.checkpoint(), [])).toBeNull();
  });

  it('may have extension lines, which say nothing to us', async () => {
    const { key, log } = await world();
    const body = `${key.name}\n1\n${toBase64(new Uint8Array(32))}\nsome extension\n`;
    expect((await openCheckpoint(`${body}\n${await log.signers[0]!.sign(body)}`, [key]))?.size).toBe(1);
  });

  it('is refused in every other form, signed or not', async () => {
    const { key, log } = await world();
    const root = toBase64(new Uint8Array(32));
    const bodies = [
      '', '\n', `${key.name}\n`, `${key.name}\n1\n`, `\n1\n${root}\n`, `other/log\n1\n${root}\n`, `${key.name} \n1\n${root}\n`,
      `${key.name}\n01\n${root}\n`, `${key.name}\n-1\n${root}\n`, `${key.name}\n+1\n${root}\n`, `${key.name}\n1.0\n${root}\n`, `${key.name}\n1e3\n${root}\n`, `${key.name}\n\n${root}\n`,
      `${key.name}\n9007199254740993\n${root}\n`, `${key.name}\n99999999999999999999\n${root}\n`,
      `${key.name}\n1\n${root.slice(0, -1)}\n`, `${key.name}\n1\n${toBase64(new Uint8Array(31))}\n`, `${key.name}\n1\n${root}=\n`, `${key.name}\n1\n${root} \n`,
      `${key.name}\n1\n${root}\n\next\n`, `${key.name}\n1\n${root}\n\t\n`, `${key.name}\r\n1\n${root}\n`, `${key.name}\n1\n${root}\nümlaut\n`,
      `${key.name}\n1\n${root}\n${'x'.repeat(maxNoteChars)}\n`,
    ];
    for (const body of bodies) expect(await openCheckpoint(`${body}\n${await log.signers[0]!.sign(body)}`, [key]), JSON.stringify(body)).toBeNull();
  });

  it('is refused when any bit of it is another', { timeout: 60_000 }, async () => {
    const { key, note } = await world();
    for (let i = 0; i < note.length; i++) {
      const changed = `${note.slice(0, i)}${String.fromCharCode(note.charCodeAt(i) ^ 1)}${note.slice(i + 1)}`;
      expect(await openCheckpoint(changed, [key]), `character ${i}`).toBeNull();
    }
    for (let i = 0; i < note.length; i++) expect(await openCheckpoint(note.slice(0, i), [key])).toBeNull();
    for (const more of [`${note}\n`, `\n${note}`, `${note}x`, `${note}— `, note + note]) expect(await openCheckpoint(more, [key])).toBeNull();
  });

  it('is refused when a second signature of the same key is wrong', async () => {
    const { key, note, log } = await world();
    expect(await openCheckpoint(note + await log.signers[0]!.sign('something else\n'), [key])).toBeNull();
  });
});

describe('A signature in DER', () => {
  const raw = (r: string, s: string): Bytes => new Uint8Array(Buffer.from(r.padStart(64, '0') + s.padStart(64, '0'), 'hex'));

  it('is read for numbers of every length', () => {
    for (const [r, s] of [['1', '1'], ['7f', '80'], ['ff00', '1'.padEnd(64, '0')], ['f'.repeat(64), '80'.padEnd(64, '1')]]) {
      expect(fromDer(toDer(raw(r!, s!)))).toEqual(raw(r!, s!));
    }
  });

  it('is refused in every form that is not the shortest one', () => {
    const good = toDer(raw('7f', '80'));
    expect(Buffer.from(good).toString('hex')).toBe('300702017f02020080');
    const wrong = [
      '', '30', '3000', '300702017f0202008000', '300702017f020200', '300602017f0201', '300802017f02020080',
      '310702017f02020080', '300703017f02020080', '300702017f03020080', // tags
      '30810702017f02020080', '300802 0200 7f02020080', '3006020180 02017f', // long length, spare zero, negative
      '30050200 02017f', '300602017f020180', '30060201000201 00 00', '3006800201000201 00',
      `302702${'21'}${'01'.padEnd(66, '0')}02017f`,
    ];
    for (const hex of wrong) expect(fromDer(new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))), hex).toBeNull();
  });

  it('never throws, whatever the bytes', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x7fffffff;
    for (let i = 0; i < 20_000; i++) {
      const bytes = new Uint8Array(Math.floor(random() * 80)).map(() => Math.floor(random() * 256));
      if (random() < 0.8) bytes.set([0x30, bytes.length - 2, 2].slice(0, bytes.length));
      const read = fromDer(bytes);
      if (read !== null) expect(toDer(read)).toEqual(bytes);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { toBase64Url, type Bytes } from '../../src/bytes';
import { readKeysAnswer, readProof } from '../../src/transparency/answer';
import { keyHash, readEntry, VisitNames } from '../../src/transparency/entry';
import { saysMore, type LogRecord } from '../../src/transparency/memory';
import { decodeView, encodeView, type View } from '../../src/transparency/view';
import { FakeLog, someKeys } from './fake-log';

let seed = 11;
const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) / 0x7fffffff;

describe('An entry', () => {
  it('says whose key it is to those who know the visit, and nothing to anybody else', async () => {
    const [log, line] = [await FakeLog.create('visit-1'), someKeys('ana', 3)];
    const { entry, leaf } = await log.enter(line);
    const names = await VisitNames.of('visit-1');
    expect(await readEntry(entry)).toEqual({
      scope: names.scope, seq: 0, prev: '', who: await names.who('ana'), member: 3,
      key: await keyHash(new Uint8Array(Buffer.from(line.publicKey, 'base64url'))), commitment: line.commitment, leaf,
    });
    expect(entry).not.toContain('ana');
    expect(entry).not.toContain('visit');
    const elsewhere = await VisitNames.of('visit-2');
    expect(elsewhere.scope).not.toBe(names.scope);
    expect(await elsewhere.who('ana')).not.toBe(await names.who('ana'));
    expect(await names.who('ben')).not.toBe(await names.who('ana'));
  });

  it('is refused when it has another action, another form, or a fact that is none', async () => {
    const { entry } = await (await FakeLog.create()).enter(someKeys('ana', 3));
    const value = JSON.parse(entry) as { facts: Record<string, unknown> };
    const withFact = (name: string, fact: unknown): string => JSON.stringify({ ...value, facts: { ...value.facts, [name]: fact } });
    const wrong = [
      '', '{}', 'null', '[]', '"x"', '{', entry.slice(0, -1), ` ${entry}`, `${entry}\n`, entry.replace('{', '{ '),
      entry.replace('key.member', 'key.other'), entry.replace('success', 'failed'), JSON.stringify({ ...value, facts: [] }), JSON.stringify({ ...value, facts: null }),
      // Two readers could see two things.
      entry.replace('"facts":{', '"facts":{"member":"9",'), entry.replace('"action"', '"action":"key.other","action"'), entry.replace('key.member', 'key.\\u006dember'),
      withFact('seq', 0), withFact('seq', '-1'), withFact('seq', '00'), withFact('seq', '1'), withFact('seq', '9999999999'), withFact('prev', 'A'.repeat(43)), withFact('prev', null),
      withFact('member', '256'), withFact('member', 3), withFact('member', '3.0'), withFact('member', ''), withFact('scope', ''), withFact('who', 'x'),
      withFact('key', undefined), withFact('key', `${'A'.repeat(42)}B`), withFact('commitment', 'A'.repeat(44)), withFact('commitment', { toString: 'x' }),
      withFact('note', 'é'), withFact('note', 'x'.repeat(4_096)),
    ];
    for (const text of wrong) expect(await readEntry(text), text.slice(0, 200)).toBeNull();
    expect(await readEntry(withFact('note', 'later versions may say more'))).not.toBeNull();
  });

  it('never throws, whatever is changed in it', async () => {
    const { entry } = await (await FakeLog.create()).enter(someKeys('ana', 3));
    for (let i = 0; i < 3_000; i++) {
      const at = Math.floor(random() * entry.length);
      const changed = entry.slice(0, at) + String.fromCharCode(Math.floor(random() * 128)) + entry.slice(at + Math.floor(random() * 3));
      const read = await readEntry(changed);
      if (read !== null) expect(JSON.stringify(JSON.parse(changed))).toBe(changed);
    }
  });
});

describe('An answer', () => {
  const hash = toBase64Url(new Uint8Array(32));
  const good = { log: 'k', checkpoint: 'c', consistency: [hash], entries: [{ index: 1, entry: '{}', proof: [hash, hash] }] };

  it('is read within its bounds', () => {
    expect(readKeysAnswer(good)).toMatchObject({ log: 'k', checkpoint: 'c', entries: [{ index: 1, entry: '{}' }] });
    expect(readKeysAnswer({ ...good, consistency: [], entries: [], more: 1 })).not.toBeNull();
    expect(readProof({ proof: [hash] })).toHaveLength(1);
  });

  it('is refused in every other shape', () => {
    const entry = good.entries[0]!;
    const wrong: unknown[] = [
      null, undefined, 1, 'x', [], {}, { ...good, log: 1 }, { ...good, log: 'x'.repeat(513) }, { ...good, checkpoint: null }, { ...good, checkpoint: 'x'.repeat(4_097) },
      { ...good, consistency: null }, { ...good, consistency: [1] }, { ...good, consistency: [`${hash}A`] }, { ...good, consistency: [`${hash.slice(0, -1)}B`] },
      { ...good, consistency: Array(64).fill(hash) }, { ...good, entries: {} }, { ...good, entries: [null] }, { ...good, entries: Array(65).fill(entry) },
      { ...good, entries: [{ ...entry, index: -1 }] }, { ...good, entries: [{ ...entry, index: 1.5 }] }, { ...good, entries: [{ ...entry, index: '1' }] },
      { ...good, entries: [{ ...entry, entry: 'x'.repeat(4_097) }] }, { ...good, entries: [{ ...entry, proof: 'x' }] }, { ...good, entries: [{ ...entry, proof: Array(64).fill(hash) }] },
    ];
    for (const value of wrong) expect(readKeysAnswer(value), JSON.stringify(value)?.slice(0, 200)).toBeNull();
    for (const value of [null, {}, { proof: null }, { proof: ['x'] }, { proof: Array(64).fill(hash) }]) expect(readProof(value)).toBeNull();
  });
});

describe('A view', () => {
  const some: View = { again: true, log: 'a+b+c', checkpoint: 'line\n— x y\n', end: { index: 2 ** 40 + 1, entry: '{"a":1}', proof: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] } };

  it('is read as it is written', () => {
    expect(decodeView(encodeView(some))).toEqual(some);
    expect(decodeView(encodeView({ ...some, again: false, end: { ...some.end, proof: [] } }))).toEqual({ ...some, again: false, end: { ...some.end, proof: [] } });
  });

  it('is refused when it is cut off, goes on, or breaks a bound', () => {
    const bytes = encodeView(some);
    for (let i = 0; i < bytes.length; i++) expect(decodeView(bytes.slice(0, i))).toBeNull();
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(decodeView(longer)).toBeNull();
    expect(decodeView(encodeView({ ...some, log: 'x'.repeat(513) }))).toBeNull();
    expect(decodeView(encodeView({ ...some, checkpoint: 'x'.repeat(4_097) }))).toBeNull();
    expect(decodeView(encodeView({ ...some, end: { ...some.end, proof: Array<Bytes>(64).fill(new Uint8Array(32)) } }))).toBeNull();
    const flags = bytes.slice();
    flags[0] = 2;
    expect(decodeView(flags)).toBeNull();
    const invalid = encodeView({ ...some, log: 'a' });
    invalid[3] = 0xff; // no UTF-8
    expect(decodeView(invalid)).toBeNull();
  });

  it('never throws, whatever the bytes', () => {
    const bytes = encodeView(some);
    for (let i = 0; i < 5_000; i++) {
      const changed = bytes.slice(0, Math.floor(random() * (bytes.length + 1)));
      for (let n = 0; n < 3 && changed.length > 0; n++) changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
      const view = decodeView(changed);
      if (view !== null) expect(encodeView(view)).toEqual(changed);
    }
  });
});

describe('What a device keeps', () => {
  const kept: LogRecord = { log: 'k', checkpoint: 'c', size: 10, alarm: null };
  const alarm = { code: 'keys.forked', evidence: '{}' } as const;

  it('is replaced by a longer log, another log that was vouched for, or an alarm; and an alarm by nothing', () => {
    expect(saysMore(null, kept)).toBe(true);
    expect(saysMore(kept, { ...kept, size: 11 })).toBe(true);
    expect(saysMore(kept, { ...kept, size: 9 })).toBe(false);
    expect(saysMore(kept, { ...kept, log: 'l', size: 9 })).toBe(true);
    expect(saysMore(kept, { ...kept, size: 1, alarm })).toBe(true);
    expect(saysMore({ ...kept, alarm }, { ...kept, size: 99 })).toBe(false);
  });
});

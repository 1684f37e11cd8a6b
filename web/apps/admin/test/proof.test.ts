import { concat, equal, leafHash, text } from '@wardline/client/log';
import { describe, expect, test } from 'vitest';
import { Signer } from '../preview/fake/signer';
import { Tree } from '../preview/fake/tree';
import { MapStorage, now } from '../preview/world';
import { checkEntry } from '../src/proof/check-entry';
import { differences, pretty } from '../src/proof/entry-bytes';
import { LogMemory } from '../src/proof/log-memory';
import { climb, Frontier } from '../src/proof/merkle';
import { readProofFile, writeProofFile } from '../src/proof/proof-file';
import { serverWith } from './fakes';

const sizes = Array.from({ length: 35 }, (_, n) => n + 1);
const treeOf = (size: number) => Tree.of(Array.from({ length: size }, (_, n) => text(`entry ${n}`)));

describe('The way from an entry to the root', () => {
  test('arrives for every entry of every small tree, and the neighbours stand for all the other entries', async () => {
    for (const size of sizes) {
      const tree = await treeOf(size);
      for (let index = 0; index < size; index++) {
        const way = await climb(index, size, await leafHash(text(`entry ${index}`)), await tree.inclusion(index));
        expect(way !== null && equal(way.root, await tree.root()), `${index} of ${size}`).toBe(true);
        expect(way?.steps.reduce((sum, step) => sum + step.covers, 1), `${index} of ${size}`).toBe(size);
      }
    }
  });

  test('does not arrive with a hash too few or too many, for another place, or outside of the tree', async () => {
    const tree = await treeOf(13);
    const [leaf, hashes] = [await leafHash(text('entry 6')), await tree.inclusion(6)];
    expect(await climb(6, 13, leaf, hashes.slice(1))).toBeNull();
    expect(await climb(6, 13, leaf, [...hashes, leaf])).toBeNull();
    expect(await climb(13, 13, leaf, hashes)).toBeNull();
    expect(await climb(-1, 13, leaf, hashes)).toBeNull();
    expect(await climb(0.5, 13, leaf, hashes)).toBeNull();
    for (const index of [0, 5, 7, 12]) {
      const way = await climb(index, 13, leaf, hashes);
      expect(way !== null && equal(way.root, await tree.root()), String(index)).toBe(false);
    }
  });

  test('leads past 2^32 entries', async () => {
    const [leaf, hash] = [await leafHash(text('x')), await leafHash(text('y'))];
    const way = await climb(2 ** 33, 2 ** 33 + 1, leaf, [hash]);
    expect(way?.steps).toMatchObject([{ side: 'left', covers: 2 ** 33 }]);
  });
});

test('A frontier has the root of the whole tree after each entry', async () => {
  const frontier = new Frontier();
  const tree = await treeOf(35);
  expect(equal(await frontier.root(), await tree.root(0))).toBe(true);
  for (const size of sizes) {
    await frontier.add(await leafHash(text(`entry ${size - 1}`)));
    expect(frontier.size).toBe(size);
    expect(equal(await frontier.root(), await tree.root(size)), String(size)).toBe(true);
  }
});

describe('A proof file', () => {
  const hashes = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const file = writeProofFile({ entry: text('{"index":7}'), index: 7, hashes, checkpoint: 'log\n9\nroot\n\n— log sig\n' });

  test('is written as C2SP tlog-proof and read back', () => {
    expect(file.split('\n').slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', `extra ${btoa('{"index":7}')}`, 'index 7']);
    expect(readProofFile(file)).toEqual({ entry: text('{"index":7}'), index: 7, hashes, checkpoint: 'log\n9\nroot\n\n— log sig\n' });
  });

  test.each([
    ['another first line', file.replace('@v1', '@v2')],
    ['no entry', file.replace(/^extra.*\n/m, '')],
    ['a place with a zero in front', file.replace('index 7', 'index 07')],
    ['a hash that is too short', file.replace(/^AQEB.*$/m, btoa('short'))],
    ['a hash in another base64', file.replace('AQEB', 'AQE_')],
    ['no checkpoint', file.split('\n\n')[0] ?? ''],
    ['nothing', ''],
  ])('is none with %s', (_, text) => expect(readProofFile(text)).toBeNull());
});

describe('What this browser remembers of the log', () => {
  const memoryOf = (storage = new MapStorage()) => ({ storage, memory: new LogMemory(storage, () => now) });

  test('the first time it believes what is signed, and later it knows since when', async () => {
    const { server, api } = await serverWith();
    const { memory, storage } = memoryOf();
    const ask = () => api.checkpoint();
    expect(await memory.check(api, ask)).toMatchObject({ holds: true, since: null });
    const again = await memory.check(api, ask);
    expect(again).toMatchObject({ holds: true, since: { size: 40, at: now.toISOString() } });
    expect(again.holds && again.signer.name).toBe('wardline.example/log');
    expect(again.holds && again.signer.verifierKey).toBe(server.signer.verifierKey);
    expect([...storage.kept.keys()]).toEqual(['wardline.admin.log']);
    expect(server.asked.filter((one) => one.includes('consistency'))).toEqual([]);
  });

  test('a log that has grown is proven to have grown, and the first time is kept', async () => {
    const { server, api } = await serverWith();
    const { memory } = memoryOf();
    const at = (size: number) => async () => ({ note: await server.signer.checkpoint(size, await server.tree.root(size)), verifierKey: server.signer.verifierKey });
    await memory.check(api, at(17));
    await memory.check(api, at(32));
    expect(await memory.check(api, at(40))).toMatchObject({ holds: true, since: { size: 17 } });
    expect(server.asked).toEqual(['GET /api/audit/consistency', 'GET /api/audit/consistency']);
  });

  test('a shorter log, a rewritten one, and one of the same length with another root are caught', async () => {
    const { server, api } = await serverWith();
    const key = { verifierKey: server.signer.verifierKey };
    const other = await treeOf(40);
    for (const [note, fault] of [
      [await server.signer.checkpoint(30, await server.tree.root(30)), 'shorter'],
      [await server.signer.checkpoint(40, await other.root()), 'rewritten'],
      [await server.signer.checkpoint(39, await other.root(39)), 'rewritten'],
    ] as const) {
      const { memory } = memoryOf();
      await memory.check(api, async () => ({ note: await server.signer.checkpoint(35, await server.tree.root(35)), ...key }));
      expect(await memory.check(api, () => Promise.resolve({ note, ...key }))).toMatchObject({ holds: false, fault, last: { size: 35 } });
      // It stays caught, however often one looks.
      expect(await memory.check(api, () => Promise.resolve({ note, ...key }))).toMatchObject({ holds: false, fault });
      memory.forget();
      expect(await memory.check(api, () => Promise.resolve({ note, ...key }))).toMatchObject({ holds: true, since: null });
    }
  });

  test('another key is only believed when the one before has signed as well', async () => {
    const { server, api } = await serverWith();
    const successor = await Signer.make();
    const root = await server.tree.root();
    const theirs = await successor.checkpoint(40, root);
    const { memory } = memoryOf();
    await memory.check(api, () => api.checkpoint());
    const answer = (note: string) => () => Promise.resolve({ note, verifierKey: successor.verifierKey });
    expect(await memory.check(api, answer(theirs))).toMatchObject({ holds: false, fault: 'other-key' });
    const both = theirs + ((await server.signer.checkpoint(40, root)).split('\n\n')[1] ?? '');
    expect(await memory.check(api, answer(both))).toMatchObject({ holds: true });
    expect(await memory.check(api, answer(theirs))).toMatchObject({ holds: true });
  });

  test('what is not signed is not believed', async () => {
    const { api, server } = await serverWith();
    const stranger = await Signer.make();
    const { memory } = memoryOf();
    for (const note of ['', 'no note', await stranger.checkpoint(40, await server.tree.root()), (await api.checkpoint()).note.replace('\n40\n', '\n41\n')]) {
      expect(await memory.check(api, () => Promise.resolve({ note, verifierKey: server.signer.verifierKey }))).toMatchObject({ holds: false, fault: 'unsigned', last: null });
    }
    expect(await memory.check(api, async () => ({ note: (await api.checkpoint()).note, verifierKey: 'no key' }))).toMatchObject({ holds: false, fault: 'unsigned' });
  });

  test('an answer that was asked for before another one came is no rollback', async () => {
    const { api, server } = await serverWith();
    const { memory } = memoryOf();
    const key = { verifierKey: server.signer.verifierKey };
    const early = memory.check(api, async () => {
      await memory.check(api, () => api.checkpoint());
      return { note: await server.signer.checkpoint(39, await server.tree.root(39)), ...key };
    });
    expect(await early).toMatchObject({ holds: true });
    expect(await memory.check(api, () => api.checkpoint())).toMatchObject({ holds: true });
  });

  test('what somebody else wrote into the storage is nothing', async () => {
    const { api } = await serverWith();
    for (const kept of ['null', '{}', 'not json', '{"verifierKey":1}', '[]']) {
      const { memory, storage } = memoryOf();
      storage.setItem('wardline.admin.log', kept);
      expect(await memory.check(api, () => api.checkpoint()), kept).toMatchObject({ holds: true, since: null });
    }
  });
});

describe('The check of an entry', () => {
  const check = async (weather: Parameters<typeof serverWith>[0], index = 9) => {
    const { api } = await serverWith(weather);
    const { entry } = await api.entry(index);
    return checkEntry(entry, api, new LogMemory(new MapStorage(), () => now));
  };

  test('proves every kind of place', async () => {
    for (const index of [0, 1, 31, 32, 39]) {
      const result = await check({}, index);
      expect(result).toMatchObject({ holds: true, index });
      expect(result.holds && pretty(result.entry)).toContain(`"index": ${index}`);
    }
  });

  test.each([
    ['changed-entry', { kind: 'path' }], ['shown-otherwise', { kind: 'differs', fields: ['outcome', 'rule'] }],
    ['forged', { kind: 'log', fault: 'unsigned' }], ['bad-proof', { kind: 'proof' }],
  ] as const)('catches the trick %s', async (trick, fault) => {
    expect(await check({ trick })).toMatchObject({ holds: false, ...fault });
  });

  test('every field that is shown is compared with the bytes', async () => {
    const { api, server } = await serverWith();
    const { entry } = await api.entry(5);
    const bytes = server.bytes[5] ?? new Uint8Array(0);
    expect(differences(entry, bytes)).toEqual([]);
    const others = {
      index: 6, at: '2026-01-01T00:00:00Z', tenant: 'x', action: 'x', actor: 'x', actorKind: 'staff', patient: 'x', visit: 'x', person: 'x', where: 'x', why: 'x',
      outcome: 'failed', rule: 'x', policyVersion: 'x', facts: { member: '0' }, sealed: true,
    } as const;
    for (const [name, value] of Object.entries(others)) expect(differences({ ...entry, [name]: value }, bytes), name).toEqual([name]);
    expect(Object.keys(others).sort()).toEqual(Object.keys(entry).sort());
    expect(differences(entry, text('not json'))).toEqual(['entry']);
    expect(differences(entry, concat(text('"'), new Uint8Array([0xff]), text('"')))).toEqual(['entry']);
  });
});

import { describe, expect, it } from 'vitest';
import { text, type Bytes } from '../../src/bytes';
import { isConsistent, isIncluded, leafHash, nodeHash, sha256 } from '../../src/transparency/merkle';
import { Tree } from './fake-log';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (value: string): Bytes => new Uint8Array(Buffer.from(value, 'hex'));

/** The tree that Certificate Transparency's implementations test with: eight entries of 0 to 16 bytes. */
const entries = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(unhex);
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

async function tree(size: number, seed = 'entry'): Promise<Tree> {
  const made = new Tree();
  for (let i = 0; i < size; i++) await made.append(`${seed} ${i}`);
  return made;
}

describe('the tree of RFC 9162', () => {
  it('has the hashes of the published vectors', async () => {
    expect(hex(await sha256())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const made = new Tree();
    for (const [i, entry] of entries.entries()) {
      made.leaves.push(await leafHash(entry));
      expect(hex(await made.root())).toBe(roots[i]);
    }
  });

  it('verifies the published inclusion proofs', async () => {
    const path = ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4'].map(unhex);
    expect(await isIncluded(await leafHash(entries[0]!), 0, 8, path, unhex(roots[7]!))).toBe(true);
    const fifth = ['bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'].map(unhex);
    expect(await isIncluded(await leafHash(entries[5]!), 5, 8, fifth, unhex(roots[7]!))).toBe(true);
  });

  it('verifies the published consistency proofs', async () => {
    const from6 = ['0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'].map(unhex);
    expect(await isConsistent(6, unhex(roots[5]!), 8, unhex(roots[7]!), from6)).toBe(true);
    const from2 = ['5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b'].map(unhex);
    expect(await isConsistent(2, unhex(roots[1]!), 5, unhex(roots[4]!), from2)).toBe(true);
  });

  it('verifies every proof of every tree up to 19 leaves, and none for another leaf, place or size', { timeout: 60_000 }, async () => {
    const made = await tree(19);
    const stranger = await leafHash(text('stranger'));
    for (let size = 1; size <= 19; size++) {
      const root = await made.root(size);
      for (let index = 0; index < size; index++) {
        const path = await made.path(index, size);
        expect(await isIncluded(made.leaves[index]!, index, size, path, root)).toBe(true);
        expect(await isIncluded(stranger, index, size, path, root)).toBe(false);
        // Any other place that the verifier would accept for this path would be a second reading of one proof.
        for (let other = 0; other < size; other++) {
          if (other !== index) expect(await isIncluded(made.leaves[index]!, other, size, path, root), `${index} as ${other} of ${size}`).toBe(false);
        }
      }
    }
  });

  it('verifies every consistency of every pair of trees up to 19 leaves, and none with another root', { timeout: 60_000 }, async () => {
    const [made, forked] = [await tree(19), await tree(19, 'fork')];
    for (let to = 2; to <= 19; to++) {
      for (let from = 1; from < to; from++) {
        const [first, second] = [await made.root(from), await made.root(to)];
        const path = await made.consistency(from, to);
        expect(await isConsistent(from, first, to, second, path)).toBe(true);
        expect(await isConsistent(from, await forked.root(from), to, second, path), `${from} → ${to}`).toBe(false);
        expect(await isConsistent(from, first, to, await forked.root(to), path), `${from} → ${to}`).toBe(false);
      }
    }
  });

  it('refuses proofs that are too long, too short, changed or out of order', async () => {
    const made = await tree(21);
    const root = await made.root();
    const path = await made.path(13, 21);
    const wrong = [path.slice(1), path.slice(0, -1), [...path, path[0]!], [...path].reverse(), path.map((h, i) => (i === 2 ? h.map(b => b ^ 1) : h)), []];
    for (const p of wrong) expect(await isIncluded(made.leaves[13]!, 13, 21, p, root)).toBe(false);
    const proof = await made.consistency(13, 21);
    const first = await made.root(13);
    for (const p of [proof.slice(1), proof.slice(0, -1), [...proof, proof[0]!], [...proof].reverse(), []]) {
      expect(await isConsistent(13, first, 21, root, p)).toBe(false);
    }
  });

  it('refuses sizes and places that are none', async () => {
    const made = await tree(4);
    const [leaf, root, path] = [made.leaves[0]!, await made.root(), await made.path(0, 4)];
    for (const [index, size] of [[4, 4], [-1, 4], [0, 0], [0.5, 4], [0, Number.NaN], [0, 2 ** 53], [Number.POSITIVE_INFINITY, 4]]) {
      expect(await isIncluded(leaf, index!, size!, path, root)).toBe(false);
    }
    for (const [from, to] of [[0, 4], [4, 4], [5, 4], [-1, 4], [1.5, 4], [2, Number.NaN]]) {
      expect(await isConsistent(from!, root, to!, root, path)).toBe(false);
    }
  });

  it('counts beyond 32 bits: a leaf in a tree of more than 2⁴⁰ leaves', async () => {
    // The last leaf of a tree of 2⁴⁰ + 1 leaves hangs beside the whole subtree of the others.
    const size = 2 ** 40 + 1;
    const [left, leaf] = [await sha256(text('the others')), await leafHash(text('the last'))];
    const root = await nodeHash(left, leaf);
    expect(await isIncluded(leaf, 2 ** 40, size, [left], root)).toBe(true);
    expect(await isIncluded(leaf, 2 ** 40 - 1, size, [left], root)).toBe(false);
    expect(await isConsistent(2 ** 40, left, size, root, [leaf])).toBe(true);
    expect(await isConsistent(2 ** 40 - 1, left, size, root, [leaf])).toBe(false);
  });
});

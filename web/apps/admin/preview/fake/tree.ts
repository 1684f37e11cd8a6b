import { type Bytes, leafHash, nodeHash, sha256 } from '@wardline/client/log';

/** A Merkle tree of RFC 9162 §2.1, by its recursive definition: slow, plain, and nothing like the code that is tested by it. */
export class Tree {
  private constructor(readonly leaves: readonly Bytes[], private readonly kept = new Map<string, Promise<Bytes>>()) {}

  static async of(entries: readonly Bytes[]): Promise<Tree> {
    return new Tree(await Promise.all(entries.map(leafHash)));
  }

  root(size = this.leaves.length): Promise<Bytes> {
    return size === 0 ? sha256(new Uint8Array(0)) : this.hash(0, size);
  }

  /** §2.1.3.1 */
  inclusion(index: number, size = this.leaves.length): Promise<Bytes[]> {
    return this.path(index, 0, size);
  }

  /** §2.1.4.1 */
  consistency(from: number, to = this.leaves.length): Promise<Bytes[]> {
    return from === 0 || from === to ? Promise.resolve([]) : this.sub(from, 0, to, true);
  }

  private hash(from: number, to: number): Promise<Bytes> {
    const key = `${from}-${to}`;
    let made = this.kept.get(key);
    if (made === undefined) {
      made = this.make(from, to);
      this.kept.set(key, made);
    }
    return made;
  }

  private async make(from: number, to: number): Promise<Bytes> {
    const leaf = this.leaves[from];
    if (leaf === undefined) throw new Error(`No leaf ${from}`);
    if (to - from === 1) return leaf;
    const middle = from + splitOf(to - from);
    return nodeHash(await this.hash(from, middle), await this.hash(middle, to));
  }

  private async path(index: number, from: number, to: number): Promise<Bytes[]> {
    if (to - from === 1) return [];
    const middle = from + splitOf(to - from);
    return index < middle
      ? [...await this.path(index, from, middle), await this.hash(middle, to)]
      : [...await this.path(index, middle, to), await this.hash(from, middle)];
  }

  private async sub(size: number, from: number, to: number, whole: boolean): Promise<Bytes[]> {
    if (size === to) return whole ? [] : [await this.hash(from, to)];
    const middle = from + splitOf(to - from);
    return size <= middle
      ? [...await this.sub(size, from, middle, whole), await this.hash(middle, to)]
      : [...await this.sub(size, middle, to, false), await this.hash(from, middle)];
  }
}

/** The largest power of two below `size`. */
const splitOf = (size: number): number => 2 ** Math.ceil(Math.log2(size) - 1);

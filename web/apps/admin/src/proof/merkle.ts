import { type Bytes, nodeHash, sha256 } from '@wardline/client/log';

// RFC 9162 §2.1, as far as this page draws it or walks it. Sizes are whole numbers up to 2^53: divided, not shifted.

/** One hash on the way up: the neighbour that came with the proof, on which side, and what the two make. */
export interface Step {
  neighbour: Bytes;
  side: 'left' | 'right';
  /** How many entries the neighbour stands for. */
  covers: number;
  made: Bytes;
}

const isOdd = (n: number): boolean => n % 2 === 1;
const half = (n: number): number => Math.floor(n / 2);

/** RFC 9162 §2.1.3.2: the way from a leaf to the root; null when the proof has too few or too many hashes for its place. */
export async function climb(index: number, size: number, leaf: Bytes, proof: readonly Bytes[]): Promise<{ root: Bytes; steps: Step[] } | null> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return null;
  let [fn, sn, root, wide] = [index, size - 1, leaf, 1];
  const steps: Step[] = [];
  const up = () => { [fn, sn, wide] = [half(fn), half(sn), 2 * wide]; };
  for (const neighbour of proof) {
    if (sn === 0) return null;
    if (isOdd(fn) || fn === sn) {
      // Levels where this node is the last one and has no neighbour.
      while (!isOdd(fn) && fn !== 0) up();
      root = await nodeHash(neighbour, root);
      steps.push({ neighbour, side: 'left', covers: wide, made: root });
    } else {
      root = await nodeHash(root, neighbour);
      steps.push({ neighbour, side: 'right', covers: Math.min(wide, size - (fn + 1) * wide), made: root });
    }
    up();
  }
  return sn === 0 ? { root, steps } : null;
}

/**
 * A tree that only grows, as the roots of its whole parts, largest first: a few hashes say all that is needed to go on,
 * so a walk over millions of entries can stop anywhere and be taken up again.
 */
export class Frontier {
  #parts: { size: number; root: Bytes }[] = [];

  get size(): number {
    return this.#parts.reduce((sum, part) => sum + part.size, 0);
  }

  async add(leaf: Bytes): Promise<void> {
    let part = { size: 1, root: leaf };
    for (let last = this.#parts.at(-1); last?.size === part.size; last = this.#parts.at(-1)) {
      this.#parts.pop();
      part = { size: 2 * part.size, root: await nodeHash(last.root, part.root) };
    }
    this.#parts.push(part);
  }

  /** RFC 9162 §2.1.1; the root of nothing is the hash of nothing. */
  async root(): Promise<Bytes> {
    const parts = [...this.#parts];
    let root = parts.pop()?.root;
    if (root === undefined) return sha256(new Uint8Array(0));
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) root = await nodeHash(part.root, root);
    return root;
  }
}

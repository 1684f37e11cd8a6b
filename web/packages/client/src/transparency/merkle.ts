import { concat, equal, type Bytes } from '../bytes';

// RFC 9162 §2.1: the tree of a log, and how two facts about it are proven. Sizes are whole numbers up to 2⁵³ − 1, so that
// halving and testing for odd is done by arithmetic: JavaScript's bit operators stop at 32 bits.

export const hashBytes = 32;
/** A path in a tree of 2⁵³ leaves has fewer; a consistency proof has at most one more. */
export const maxProofHashes = 63;

export async function sha256(...parts: readonly Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...parts)));
}

/** RFC 9162 §2.1.1: SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Promise<Bytes> {
  return sha256(leafPrefix, entry);
}

/** RFC 9162 §2.1.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(nodePrefix, left, right);
}

/** RFC 9162 §2.1.3.2: the leaf stands at `index` in the tree of `size` leaves with this root. */
export async function isIncluded(leaf: Bytes, index: number, size: number, path: readonly Bytes[], root: Bytes): Promise<boolean> {
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      hash = await nodeHash(sibling, hash);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equal(hash, root);
}

/** RFC 9162 §2.1.4.2: the tree of `second` leaves begins with the tree of `first` leaves, 0 < first < second. */
export async function isConsistent(
  first: number, firstRoot: Bytes, second: number, secondRoot: Bytes, path: readonly Bytes[],
): Promise<boolean> {
  if (!isSize(first) || !isSize(second) || first < 1 || first >= second || path.length === 0) return false;
  // A whole subtree on its own is not in the path: its root is the old root.
  const nodes = isPowerOfTwo(first) ? [firstRoot, ...path] : path;
  let fn = first - 1;
  let sn = second - 1;
  while (isOdd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  let old = nodes[0]!;
  let now = nodes[0]!;
  for (const node of nodes.slice(1)) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      old = await nodeHash(node, old);
      now = await nodeHash(node, now);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      now = await nodeHash(now, node);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equal(old, firstRoot) && equal(now, secondRoot);
}

const leafPrefix = new Uint8Array([0]);
const nodePrefix = new Uint8Array([1]);

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest > 1 && !isOdd(rest)) rest = half(rest);
  return rest === 1;
}

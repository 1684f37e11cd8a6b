import { concat, fromBase64Url, prefixed, text, toBase64, toBase64Url, type Bytes } from '../../src/bytes';
import type { RosterKeys } from '../../src/e2ee/session';
import { VisitNames } from '../../src/transparency/entry';
import { leafHash, nodeHash, sha256 } from '../../src/transparency/merkle';
import { saysMore, type LogMemory, type LogRecord } from '../../src/transparency/memory';

/** Signs checkpoints; a log has one, a log that changes its key two. */
export class Signer {
  private constructor(readonly name: string, private readonly pair: CryptoKeyPair, readonly id: Bytes, readonly logKey: string) {}

  static async create(name = 'wardline.test/log'): Promise<Signer> {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
    const id = (await sha256(spki)).slice(0, 4);
    const hex = [...id].map(b => b.toString(16).padStart(2, '0')).join('');
    return new Signer(name, pair, id, `${name}+${hex}+${toBase64(concat(new Uint8Array([2]), spki))}`);
  }

  async sign(body: string): Promise<string> {
    const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.pair.privateKey, text(body)));
    return `— ${this.name} ${toBase64(concat(this.id, toDer(raw)))}\n`;
  }
}

export function toDer(raw: Bytes): Bytes {
  const integer = (digits: Bytes): Bytes => {
    let start = 0;
    while (start < 31 && digits[start] === 0) start++;
    const shortest = digits.slice(start);
    const value = shortest[0]! > 0x7f ? concat(new Uint8Array(1), shortest) : shortest;
    return concat(new Uint8Array([2, value.length]), value);
  };
  const whole = concat(integer(raw.slice(0, 32)), integer(raw.slice(32)));
  return concat(new Uint8Array([0x30, whole.length]), whole);
}

/** A tree by the definitions of RFC 9162 §2.1.1, §2.1.3.1 and §2.1.4.1: recursive, slow, and unlike the verifier. */
export class Tree {
  readonly leaves: Bytes[] = [];

  async append(entry: string): Promise<number> {
    this.leaves.push(await leafHash(text(entry)));
    return this.leaves.length - 1;
  }

  copy(): Tree {
    const copy = new Tree();
    copy.leaves.push(...this.leaves);
    return copy;
  }

  root(size = this.leaves.length): Promise<Bytes> {
    return size === 0 ? sha256() : this.hash(0, size);
  }

  path(index: number, size: number): Promise<Bytes[]> {
    return this.pathIn(index, 0, size);
  }

  consistency(from: number, to: number): Promise<Bytes[]> {
    return from === 0 || from === to ? Promise.resolve([]) : this.subproof(from, 0, to, true);
  }

  private async hash(from: number, to: number): Promise<Bytes> {
    if (to - from === 1) return this.leaves[from]!;
    const split = from + largestPowerBelow(to - from);
    return nodeHash(await this.hash(from, split), await this.hash(split, to));
  }

  private async pathIn(index: number, from: number, to: number): Promise<Bytes[]> {
    if (to - from === 1) return [];
    const split = from + largestPowerBelow(to - from);
    return index < split
      ? [...await this.pathIn(index, from, split), await this.hash(split, to)]
      : [...await this.pathIn(index, split, to), await this.hash(from, split)];
  }

  private async subproof(m: number, from: number, to: number, isWhole: boolean): Promise<Bytes[]> {
    if (m === to - from) return isWhole ? [] : [await this.hash(from, to)];
    const k = largestPowerBelow(to - from);
    return m <= k
      ? [...await this.subproof(m, from, from + k, isWhole), await this.hash(from + k, to)]
      : [...await this.subproof(m - k, from + k, to, false), await this.hash(from, from + k)];
  }
}

function largestPowerBelow(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

export interface Entered {
  index: number;
  entry: string;
  leaf: Bytes;
}

/** An honest server's log of one visit, among entries of other things. Copies of it lie. */
export class FakeLog {
  tree = new Tree();
  chain: Entered[] = [];
  signers: Signer[];
  asked: { seq: number; size: number }[] = [];
  /** What is changed in an answer before it goes out. */
  tamper: (answer: Answer) => unknown = answer => answer;
  consistencyOf: (from: number, to: number) => Promise<unknown> = async (from, to) => ({ proof: (await this.tree.consistency(from, to)).map(toBase64Url) });

  private constructor(readonly names: VisitNames, signer: Signer) {
    this.signers = [signer];
  }

  static async create(visit = 'visit-1', signer?: Signer): Promise<FakeLog> {
    const log = new FakeLog(await VisitNames.of(visit), signer ?? await Signer.create());
    for (let i = 0; i < 5; i++) await log.other();
    return log;
  }

  /** The same history up to here; from now on another one. */
  fork(): FakeLog {
    const fork = new FakeLog(this.names, this.signers[0]!);
    fork.tree = this.tree.copy();
    fork.chain = [...this.chain];
    return fork;
  }

  /** Something else that happened. */
  async other(what = 'visit.admit'): Promise<void> {
    await this.tree.append(JSON.stringify({ action: what, outcome: 'success', n: this.tree.leaves.length, r: Math.random() }));
  }

  async enter(line: RosterKeys, change: Record<string, string> = {}): Promise<Entered> {
    const last = this.chain.at(-1);
    const facts = {
      scope: this.names.scope, seq: String(this.chain.length), prev: last === undefined ? '' : toBase64Url(last.leaf),
      who: await this.names.who(line.participant), member: String(line.member),
      key: toBase64Url(await sha256(fromBase64Url(line.publicKey)!)), commitment: line.commitment, ...change,
    };
    const entry = JSON.stringify({ action: 'key.member', outcome: 'success', facts });
    const index = await this.tree.append(entry);
    const entered = { index, entry, leaf: await leafHash(text(entry)) };
    this.chain.push(entered);
    return entered;
  }

  get size(): number {
    return this.tree.leaves.length;
  }

  async checkpoint(size = this.size, root?: Bytes): Promise<string> {
    const body = `${this.signers[0]!.name}\n${size}\n${toBase64(root ?? await this.tree.root(size))}\n`;
    const signatures = await Promise.all(this.signers.map(s => s.sign(body)));
    return `${body}\n${signatures.join('')}`;
  }

  async answer(seq: number, size: number, now = this.size): Promise<Answer> {
    this.asked.push({ seq, size });
    const entries = this.chain.filter(e => e.index < now).slice(seq, seq + 64);
    return {
      log: this.signers.at(-1)!.logKey,
      checkpoint: await this.checkpoint(now),
      consistency: (size > 0 && size < now ? await this.tree.consistency(size, now) : []).map(toBase64Url),
      entries: await Promise.all(entries.map(async e => ({ index: e.index, entry: e.entry, proof: (await this.tree.path(e.index, now)).map(toBase64Url) }))),
    };
  }

  readonly fetchKeys = async (seq: number, size: number): Promise<unknown> => this.tamper(await this.answer(seq, size));
  readonly fetchConsistency = (from: number, to: number): Promise<unknown> => this.consistencyOf(from, to);
}

export interface Answer {
  log: string;
  checkpoint: string;
  consistency: string[];
  entries: { index: number; entry: string; proof: string[] }[];
}

export class FakeMemory implements LogMemory {
  record: LogRecord | null = null;

  load(): Promise<LogRecord | null> {
    return Promise.resolve(this.record);
  }

  save(record: LogRecord): Promise<void> {
    if (saysMore(this.record, record)) this.record = record;
    return Promise.resolve();
  }

  forget(): Promise<void> {
    this.record = null;
    return Promise.resolve();
  }
}

let next = 1;

/** Keys that look like some: 65 and 32 bytes, different each time. */
export function someKeys(participant: string, member: number): RosterKeys {
  const seed = prefixed(`${participant}${next++}`);
  const fill = (length: number): Bytes => new Uint8Array(length).map((_, i) => (seed[i % seed.length]! * 31 + i * 7) & 0xff);
  return { participant, member, publicKey: toBase64Url(fill(65)), commitment: toBase64Url(fill(32)) };
}

import { equal, toBase64Url } from '../bytes';
import type { ProvenEntry } from './answer';
import type { KeyEntry } from './entry';

/** One visit sees a few dozen; nobody makes a client keep more. */
export const maxChain = 4_096;

export interface Link extends KeyEntry {
  /** As it came, and the checkpoint that it was proven in: for others and as evidence. */
  readonly proven: ProvenEntry;
  readonly note: string;
}

/** The `key.member` entries of one visit, in their order: each names the hash of the one before. */
export class KeyChain {
  private readonly links: Link[] = [];
  /** By `who`: the latest entry. */
  private readonly latest = new Map<string, Link>();

  get length(): number {
    return this.links.length;
  }

  get end(): Link | null {
    return this.links.at(-1) ?? null;
  }

  at(seq: number): Link | null {
    return this.links[seq] ?? null;
  }

  latestOf(who: string): Link | null {
    return this.latest.get(who) ?? null;
  }

  /**
   * What `links` mean for this chain: they continue it, they do not fit behind it, or one of them contradicts an entry that
   * is known. Nothing is changed.
   */
  judge(links: readonly Link[]): 'fits' | 'unfit' | { known: Link; other: Link } {
    let length = this.links.length;
    let end = this.end;
    for (const link of links) {
      const known = this.links[link.seq];
      if (known !== undefined) {
        if (!equal(known.leaf, link.leaf)) return { known, other: link };
        continue;
      }
      const prev = end === null ? '' : toBase64Url(end.leaf);
      if (link.seq !== length || length >= maxChain) return 'unfit';
      // Both are in the log, one after the other, and the later one denies the earlier: two chains.
      if (link.prev !== prev) return end === null ? 'unfit' : { known: end, other: link };
      if (end !== null && link.proven.index <= end.proven.index) return 'unfit';
      end = link;
      length++;
    }
    return 'fits';
  }

  /** Appends what is new of links that fit. */
  append(links: readonly Link[]): void {
    for (const link of links) {
      if (link.seq !== this.links.length) continue;
      this.links.push(link);
      this.latest.set(link.who, link);
    }
  }
}

import type { Entry } from '../api/types';
import { own } from '../own';
import { short } from './sentence';

/** What a language has to say about the circumstances of an entry. */
export interface ContextWords {
  from: (where: string) => string;
  because: (why: string) => string;
  rule: (rule: string, version: string | null) => string;
  /** Network zones by name; what is none of them is the pseudonym of an address. */
  zones: Readonly<Record<string, string>>;
  address: (short: string) => string;
  /** HL7 v3-ActReason. */
  purposes: Readonly<Record<string, string>>;
}

export const whereOf = (where: string, words: ContextWords): string => own(words.zones, where) ?? words.address(short(where));
export const whyOf = (why: string, words: ContextWords): string => own(words.purposes, why) ?? why;

/** From where, what for, by which rule: as far as the entry says. */
export function contextOf(entry: Entry, words: ContextWords): string[] {
  const parts: string[] = [];
  if (entry.where !== null) parts.push(words.from(whereOf(entry.where, words)));
  if (entry.why !== null) parts.push(words.because(whyOf(entry.why, words)));
  if (entry.rule !== null) parts.push(words.rule(entry.rule, entry.policyVersion));
  return parts;
}

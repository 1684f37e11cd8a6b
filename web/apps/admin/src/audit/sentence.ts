import type { Entry, Names } from '../api/types';
import { own } from '../own';

/** What a sentence is made of: words, and what leads somewhere. */
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'person'; pseudonym: string; name: string; known: boolean }
  | { kind: 'visit'; pseudonym: string; name: string };

/** What a language has to say about entries. */
export interface SentenceWords {
  /** By action: what was done, and what somebody tried when it was refused or failed. */
  acts: Readonly<Record<string, { did: string; tried: string }>>;
  /** For an action that has no sentence of its own. */
  other: { did: string; tried: string };
  wardline: string;
  stranger: string;
  somebody: string;
  erased: (short: string) => string;
  visit: (short: string) => string;
}

/** As much of a pseudonym as people compare. */
export const short = (pseudonym: string): string => pseudonym.slice(0, 6);

/**
 * A sentence for an entry. Templates hold `{actor}`, `{patient}`, `{person}`, `{visit}`, `{action}` and `{facts.name}`; what stands in square
 * brackets falls away when something in it is missing.
 */
export function sentenceOf(entry: Entry, names: Names, words: SentenceWords): Part[] {
  const act = own(words.acts, entry.action) ?? words.other;
  const template = entry.outcome === 'success' ? act.did : act.tried;
  const parts: Part[] = [];
  for (const piece of template.split(/(\[[^\]]*\])/)) {
    const optional = piece.startsWith('[');
    const filled = fill(optional ? piece.slice(1, -1) : piece, entry, names, words, optional);
    if (filled !== null) parts.push(...filled);
  }
  return upperFirst(joinText(parts));
}

function fill(template: string, entry: Entry, names: Names, words: SentenceWords, optional: boolean): Part[] | null {
  const parts: Part[] = [];
  for (const piece of template.split(/(\{[a-zA-Z.-]+\})/)) {
    if (!piece.startsWith('{')) {
      parts.push({ kind: 'text', text: piece });
      continue;
    }
    const part = partOf(piece.slice(1, -1), entry, names, words);
    if (part === null && optional) return null;
    parts.push(part ?? { kind: 'text', text: words.somebody });
  }
  return parts;
}

function partOf(token: string, entry: Entry, names: Names, words: SentenceWords): Part | null {
  switch (token) {
    case 'actor': return actorOf(entry, names, words);
    case 'patient': return entry.patient === null ? null : personOf(entry.patient, names, words);
    // Whom it was about: the patient, where nobody else is named.
    case 'person': {
      const about = entry.person ?? entry.patient;
      return about === null ? null : personOf(about, names, words);
    }
    case 'visit': return entry.visit === null ? null : { kind: 'visit', pseudonym: entry.visit, name: words.visit(short(entry.visit)) };
    case 'action': return { kind: 'text', text: entry.action };
    default: {
      const fact = own(entry.facts, token.replace(/^facts\./, ''));
      return fact === undefined ? null : { kind: 'text', text: fact };
    }
  }
}

export function actorOf(entry: Entry, names: Names, words: SentenceWords): Part {
  if (entry.actorKind === 'system') return { kind: 'text', text: words.wardline };
  if (entry.actorKind === 'anonymous') return { kind: 'text', text: words.stranger };
  return personOf(entry.actor, names, words);
}

export function personOf(pseudonym: string, names: Names, words: SentenceWords): Part {
  const known = own(names, pseudonym);
  return { kind: 'person', pseudonym, name: known?.name ?? words.erased(short(pseudonym)), known: known !== undefined };
}

export const plain = (parts: readonly Part[]): string => parts.map((part) => (part.kind === 'text' ? part.text : part.name)).join('');

function joinText(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') joined[joined.length - 1] = { kind: 'text', text: last.text + part.text };
    else if (part.kind !== 'text' || part.text !== '') joined.push(part);
  }
  return joined;
}

function upperFirst(parts: Part[]): Part[] {
  const [first, ...rest] = parts;
  if (first === undefined) return parts;
  const upper = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);
  return [first.kind === 'text' ? { ...first, text: upper(first.text) } : { ...first, name: upper(first.name) }, ...rest];
}

import { describe, expect, test } from 'vitest';
import { makeEntries } from '../preview/fake/entries';
import { erased, names, patientOf, pseudonym } from '../preview/fake/people';
import { now } from '../preview/world';
import type { Entry } from '../src/api/types';
import { contextOf } from '../src/audit/context';
import { plain, sentenceOf } from '../src/audit/sentence';
import { sizeText, Times } from '../src/times';
import { languages } from '../src/words';

/** Every sentence, with a name, number or code put where one belongs. */
function sentences(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String((value as (...all: unknown[]) => unknown)(7, 7, 7, 7))]];
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, inner]) => sentences(inner, `${path}.${key}`));
  return [];
}

describe.each(Object.entries(languages))('In %s', (name, words) => {
  const all = sentences(words);

  test('something is said everywhere, and nothing is left half written', () => {
    for (const [path, text] of all) {
      expect(text.trim(), path).not.toBe('');
      expect(text, path).not.toMatch(/undefined|null|NaN|\[object|TODO|\$\{/);
    }
    expect(name).toBe(words.tag);
  });

  test('sentences are short enough to be read under stress', () => {
    for (const [path, text] of all) {
      for (const sentence of text.split(/[.!?:;](?:\s|$)/)) expect(sentence.split(/\s+/).length, `${path}: ${sentence}`).toBeLessThanOrEqual(26);
    }
  });

  test('templates name only what entries have, and close their brackets', () => {
    for (const { did, tried } of [...Object.values(words.sentence.acts), words.sentence.other]) {
      for (const template of [did, tried]) {
        for (const [, token] of template.matchAll(/\{([^}]*)\}/g)) expect(token, template).toMatch(/^(actor|patient|person|visit|action|facts\.[a-z]+)$/);
        expect(template.match(/\[/g)?.length ?? 0).toBe(template.match(/\]/g)?.length ?? 0);
        expect(template).toMatch(/\.$/);
      }
    }
  });

  test('every entry of a day becomes a whole sentence without a pseudonym of somebody whom one may know', () => {
    for (const entry of makeEntries(400, now)) {
      const sentence = plain(sentenceOf(entry, names, words.sentence));
      expect(sentence, entry.action).toMatch(/^[\p{Lu}].*\.$/u);
      expect(sentence, entry.action).not.toMatch(/[{}[\]]|\s[,.]|\s\s/);
      for (const [key, { name: known }] of Object.entries(names)) {
        if (sentence.includes(known)) expect(sentence).not.toContain(key.slice(0, 6));
      }
    }
  });
});

test('Both languages are there in full, sentence by sentence, and each is its own', () => {
  const [en, es] = [sentences(languages.en), sentences(languages.es)];
  expect(es.map(([path]) => path)).toEqual(en.map(([path]) => path));
  const same = en.filter(([path, text]) => es.some(([p, t]) => p === path && t === text)).map(([path]) => path);
  expect(same).toEqual(['.product', '.number', '.none', '.sentence.wardline', '.visit.span', '.integrity.lastSeen', '.keys.kinds.aws-kms', '.keys.turnNo']);
});

describe('Sentences', () => {
  const entry: Entry = {
    index: 1, at: now.toISOString(), tenant: 'default', action: 'visit.admit', actor: 'doc', actorKind: 'clinician', patient: 'pat', visit: 'visit-1', person: 'pat',
    where: 'clinic', why: 'TREAT', outcome: 'success', rule: 'visit.clinician-admits', policyVersion: '2026-11', facts: {}, sealed: false,
  };
  const known = { doc: { name: 'Dr. Osei', role: 'clinician' }, pat: { name: 'Ruth Alvarez', role: 'patient' } };
  const say = (change: Partial<Entry> = {}, of = known as Parameters<typeof sentenceOf>[1], language: 'en' | 'es' = 'en') =>
    plain(sentenceOf({ ...entry, ...change }, of, languages[language].sentence));

  test('say who did what to whom', () => {
    expect(say()).toBe('Dr. Osei admitted Ruth Alvarez.');
    expect(say({}, known, 'es')).toBe('Dr. Osei hizo pasar a Ruth Alvarez.');
    expect(say({ person: null })).toBe('Dr. Osei admitted Ruth Alvarez.');
  });

  test('say what was only tried', () => expect(say({ outcome: 'denied' })).toBe('Dr. Osei tried to admit Ruth Alvarez.'));

  test('call somebody who was erased by the beginning of their pseudonym', () => {
    expect(say({ person: 'a1b2c3d4e5' }, { doc: known.doc })).toBe('Dr. Osei admitted erased person a1b2c3….');
    expect(names[pseudonym(erased)]).toBeUndefined();
    expect(names[pseudonym(patientOf(0))]).toBeDefined();
  });

  test('know the system and strangers', () => {
    expect(say({ actorKind: 'system', actor: 'system', action: 'server.start' })).toBe('Wardline started.');
    expect(say({ actorKind: 'anonymous', action: 'identity.link-used', outcome: 'denied' })).toBe('Somebody who is not signed in tried to sign in with a link that does not work.');
  });

  test('leave out what an entry does not say', () => {
    expect(say({ action: 'keys.turn', facts: { tenant: 'north', version: '3' } })).toBe('Dr. Osei turned the data key of north to version 3.');
    expect(say({ action: 'keys.turn', facts: { tenant: 'north' } })).toBe('Dr. Osei turned the data key of north.');
    expect(say({ action: 'audit.search', person: null, patient: null })).toBe('Dr. Osei searched what happened.');
  });

  test('an act that nobody has found words for is still a sentence', () => {
    expect(say({ action: 'future.thing' })).toBe('Dr. Osei did “future.thing” to Ruth Alvarez.');
    expect(say({ action: 'constructor', person: null, patient: null, outcome: 'failed' })).toBe('Dr. Osei tried “constructor”.');
  });

  test('what a server writes into an entry never becomes part of a template', () => {
    expect(say({ action: 'keys.turn', facts: { tenant: '{actor} [x' } })).toBe('Dr. Osei turned the data key of {actor} [x.');
  });

  test('say from where, what for and by which rule', () => {
    expect(contextOf(entry, languages.en.context)).toEqual(['from the clinic’s network', 'for treatment', 'by rule visit.clinician-admits, policy 2026-11']);
    expect(contextOf({ ...entry, where: 'q7x1k9zz', why: 'XYZ', policyVersion: null }, languages.en.context)).toEqual(['from address q7x1k9…', 'for XYZ', 'by rule visit.clinician-admits']);
    expect(contextOf({ ...entry, where: null, why: null, rule: null }, languages.en.context)).toEqual([]);
  });
});

test('Times and sizes are written as their readers write them', () => {
  const [en, es] = [new Times('en'), new Times('es')];
  const at = new Date(2026, 10, 23, 9, 3, 12);
  expect([en.clock(at.getTime()), en.minute(at.getTime()), en.day(at.getTime())]).toEqual(['09:03:12', '09:03', 'Monday, November 23, 2026']);
  expect(es.day(at.getTime())).toBe('lunes, 23 de noviembre de 2026');
  expect([sizeText(0, 'en'), sizeText(999, 'en'), sizeText(1_234_567, 'en'), sizeText(987_654_321, 'en')]).toEqual(['0 B', '999 B', '1.2 MB', '988 MB']);
});

import { describe, expect, test } from 'vitest';
import { troubleText } from '../src/call/trouble';
import { titleOf } from '../src/title';
import { languages, type Words } from '../src/words';

test('The buttons that people and tests know by name have exactly these names', () => {
  const { call, check, room } = languages.en;
  expect([check.join, room.admit, call.mute, call.unmute, call.stopVideo, call.startVideo, call.leave, call.end])
    .toEqual(['Join visit', 'Admit', 'Mute', 'Unmute', 'Stop video', 'Start video', 'Leave', 'End visit']);
});

/** Every sentence, with a name, number or code put where one belongs. */
function sentences(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String((value as (...all: unknown[]) => unknown)(path.endsWith('list') || path.endsWith('missing') ? ['Ana', 'Bo'] : 7, 7, 7))]];
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, inner]) => sentences(inner, `${path}.${key}`));
  return [];
}

const digits = (words: Words): [string, string][] => sentences({ ...words, announce: { ...words.announce, number: 'x' } });

describe.each(Object.entries(languages))('In %s', (name, words) => {
  const all = digits(words);

  test('something is said everywhere, and nothing is left half written', () => {
    for (const [path, text] of all) {
      if (!path.startsWith('.quality.advice')) expect(text.trim(), path).not.toBe('');
      expect(text, path).not.toMatch(/undefined|null|NaN|\[object|TODO|\$\{/);
    }
  });

  test('sentences are short enough for a twelve-year-old', () => {
    for (const [path, text] of all) {
      for (const sentence of text.split(/[.!?:](?:\s|$)/)) expect(sentence.split(/\s+/).length, `${path}: ${sentence}`).toBeLessThanOrEqual(22);
    }
  });

  test('no jargon', () => {
    for (const [path, text] of all) expect(text, path).not.toMatch(/\b(WebRTC|ICE|SFU|SDP|token|session|sesión|server error|exception|null|encrypt|cifrad)/i);
  });

  test('numbers and prices never look like a safety number', () => {
    for (const [path, text] of all) expect(text, path).not.toMatch(/(?<!\d)\d{3}\s\d{3}(?!\d)/);
  });

  test('titles carry no name and end with the product', () => {
    expect(titleOf('waiting', words)).toMatch(/ – Wardline$/);
    expect(titleOf('call', words, 2)).toMatch(/^\(2\) /);
    expect(name).toBe(words.tag);
  });
});

test('Both languages are there in full, sentence by sentence', () => {
  expect(digits(languages.es).map(([path]) => path)).toEqual(digits(languages.en).map(([path]) => path));
  const same = digits(languages.en).filter(([path, text]) => digits(languages.es).some(([p, t]) => p === path && t === text)).map(([path]) => path);
  // The name of the product, advice where there is none to give, and what is put together from other words.
  expect(same).toEqual(['.product', '.quality.advice.good', '.quality.advice.unknown', '.announce.quality', '.announce.number']);
});

test.each([
  ['signal.not-allowed', 'Only the clinician'], ['e2ee.required', 'could not be protected'], ['sdp.no-codec', 'could not be sent'],
  ['media.negotiation', 'could not be sent'], ['signal.timeout', 'not connected'], ['anything.else', 'reload this page'],
])('%s is explained', (code, part) => expect(troubleText(code, languages.en)).toContain(part));

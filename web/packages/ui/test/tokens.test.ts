import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, '../src/tokens.css'), 'utf8');
const usual = tokensOf(css.slice(0, css.indexOf('@media (prefers-contrast')));
const contrastMore = { ...usual, ...tokensOf(css.slice(css.indexOf('@media (prefers-contrast'), css.indexOf('@media (prefers-reduced'))) };

/** [foreground, background, least contrast]: 7 for what is read, 4.5 for labels and marks, 3 for edges and drawings. */
const pairs: readonly (readonly [string, string, number])[] = [
  ['ink', 'paper', 7], ['ink', 'paper-raised', 7], ['ink', 'act-tint', 7], ['ink', 'amber-tint', 7], ['ink', 'red-tint', 7],
  ['ink-soft', 'paper', 7], ['ink-soft', 'paper-raised', 7], ['ink-soft', 'amber-tint', 7], ['ink-soft', 'red-tint', 6.5],
  ['act', 'paper', 7], ['act', 'act-tint', 7], ['on-act', 'act', 7], ['on-act', 'act-hover', 7],
  ['amber', 'amber-tint', 4.5], ['red', 'red-tint', 4.5], ['on-danger', 'danger', 7], ['on-danger', 'danger-hover', 7],
  ['edge', 'paper', 3], ['edge', 'paper-raised', 3],
  ['room-text', 'room', 7], ['room-text', 'room-raised', 7], ['room-text', 'room-control', 7], ['room-text', 'room-control-hover', 7],
  ['room-soft', 'room', 7], ['room-soft', 'room-raised', 7], ['room-soft', 'room-control', 7],
  ['room-act', 'room', 7], ['room-act', 'room-raised', 7], ['room-amber', 'room-raised', 7], ['room-red', 'room-raised', 7],
  ['room', 'room-act', 7], ['room', 'room-text', 7], ['room-edge', 'room', 3], ['room-edge', 'room-raised', 3],
];

describe.each([['as usual', usual], ['with more contrast', contrastMore]] as const)('Colours %s', (_, tokens) => {
  test.each(pairs)('%s on %s has at least %d : 1', (foreground, background, least) => {
    expect(contrast(colour(tokens, foreground), colour(tokens, background))).toBeGreaterThanOrEqual(least);
  });
});

test('No other style sheet of the package names a colour', () => {
  for (const file of ['base.css', 'parts.css', 'office/office.css']) {
    const text = readFileSync(join(import.meta.dirname, '../src', file), 'utf8');
    expect(text.match(/#[0-9a-f]{3,8}\b|rgba?\(/gi) ?? []).toEqual([]);
  }
});

function tokensOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
}

function colour(tokens: Record<string, string>, name: string): string {
  const value = tokens[name];
  if (value === undefined) throw new Error(`No token --${name}`);
  return value;
}

/** WCAG 2.1, relative luminance and contrast ratio. */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

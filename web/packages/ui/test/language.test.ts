import { expect, test } from 'vitest';
import { pickLanguage } from '../src/plain';

test('The first language of the browser that we write is taken, and what was chosen stays', () => {
  const pick = (wanted: string[], kept?: string) => pickLanguage(['en', 'es'], wanted, kept);
  expect(pick(['es-MX', 'en'])).toBe('es');
  expect(pick(['de', 'en-US'])).toBe('en');
  expect(pick(['fr'])).toBe('en');
  expect(pick(['en'], 'es')).toBe('es');
  expect(pick(['es'], 'xx')).toBe('es');
});

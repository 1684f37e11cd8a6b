import { languages } from '../src/words';

/** The name of something on the page in another language, from its English one: looked up where the words come from. */
export function translate(name: string, language: 'en' | 'es'): string {
  if (language === 'en') return name;
  return find(languages.en, languages[language], name) ?? name;
}

function find(here: unknown, there: unknown, name: string): string | null {
  if (here === name && typeof there === 'string') return there;
  if (typeof here === 'function' && typeof there === 'function') {
    // Words about one tenant, as the scenes press them.
    const said: unknown = (here as (...all: unknown[]) => unknown)('north-ward', 1, 1);
    return said === name ? String((there as (...all: unknown[]) => unknown)('north-ward', 1, 1)) : null;
  }
  if (typeof here !== 'object' || here === null || typeof there !== 'object' || there === null) {
    return typeof here === 'string' && `${here}…` === name && typeof there === 'string' ? `${there}…` : null;
  }
  for (const [key, value] of Object.entries(here)) {
    const found = find(value, (there as Record<string, unknown>)[key], name);
    if (found !== null) return found;
  }
  return null;
}

import { en, type Words } from './en';
import { es } from './es';

export type { Words };
export type Language = 'en' | 'es';
export const languages: Readonly<Record<Language, Words>> = { en, es };

/** The first of the browser's languages that we write; English when there is none. */
export function pickLanguage(wanted: readonly string[], kept: string | null = null): Language {
  if (kept === 'en' || kept === 'es') return kept;
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'en' || base === 'es') return base;
  }
  return 'en';
}

import { en, type Words } from './en';
import { es } from './es';

export type { Words };
export type Language = 'en' | 'es';
export const languages: Readonly<Record<Language, Words>> = { en, es };

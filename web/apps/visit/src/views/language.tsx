import { makeLanguage } from '@wardline/ui/page';
import { languages } from '../words';

export const { LanguageProvider, useLanguage, useWords } = makeLanguage(languages);

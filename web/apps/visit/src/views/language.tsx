import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { read, write } from '../flow/people';
import { type Language, languages, pickLanguage } from '../words';
import { WordsContext } from './page';

interface Chosen {
  language: Language;
  setLanguage: (language: Language) => void;
}

const LanguageContext = createContext<Chosen | null>(null);
const key = 'wardline.language';

export function LanguageProvider({ storage, wanted, children }: {
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  wanted: readonly string[];
  children: ReactNode;
}) {
  const [language, setLanguage] = useState(() => pickLanguage(wanted, read(storage, key)));
  useEffect(() => { document.documentElement.lang = language; }, [language]);
  const chosen = useMemo<Chosen>(() => ({
    language,
    setLanguage(next) {
      write(storage, key, next);
      setLanguage(next);
    },
  }), [language, storage]);
  return (
    <LanguageContext value={chosen}>
      <WordsContext value={languages[language]}>{children}</WordsContext>
    </LanguageContext>
  );
}

export function useLanguage(): Chosen {
  const chosen = use(LanguageContext);
  if (chosen === null) throw new Error('No language around this view');
  return chosen;
}

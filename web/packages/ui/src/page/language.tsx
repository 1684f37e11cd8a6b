import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { pickLanguage, read, write } from '../plain';

const key = 'wardline.language';

export interface ChosenLanguage<L> {
  language: L;
  setLanguage: (language: L) => void;
}

/** A page's words in every language that is written, and which of them it speaks: chosen once for all pages of a browser. */
export function makeLanguage<L extends string, W>(languages: Readonly<Record<L, W>>) {
  const ChosenContext = createContext<ChosenLanguage<L> | null>(null);
  const WordsContext = createContext<W | null>(null);
  const written = Object.keys(languages) as [L, ...L[]];

  function LanguageProvider({ storage, wanted, children }: {
    storage: Pick<Storage, 'getItem' | 'setItem'>;
    wanted: readonly string[];
    children: ReactNode;
  }) {
    const [language, setLanguage] = useState(() => pickLanguage(written, wanted, read(storage, key)));
    useEffect(() => { document.documentElement.lang = language; }, [language]);
    const chosen = useMemo<ChosenLanguage<L>>(() => ({
      language,
      setLanguage(next) {
        write(storage, key, next);
        setLanguage(next);
      },
    }), [language, storage]);
    return <ChosenContext value={chosen}><WordsContext value={languages[language]}>{children}</WordsContext></ChosenContext>;
  }

  function useLanguage(): ChosenLanguage<L> {
    const chosen = use(ChosenContext);
    if (chosen === null) throw new Error('No language around this view');
    return chosen;
  }

  function useWords(): W {
    const words = use(WordsContext);
    if (words === null) throw new Error('No words around this view');
    return words;
  }

  return { LanguageProvider, useLanguage, useWords };
}

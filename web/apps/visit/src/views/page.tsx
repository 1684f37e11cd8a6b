import { createContext, use, useEffect, useRef, useSyncExternalStore } from 'react';
import type { Announcer } from '../announcer';
import type { Desk } from '../devices/desk';
import type { Listener } from '../devices/listen';
import type { Flow } from '../flow/flow';
import type { Store } from '../store';
import type { BrowserKind, SystemKind } from '../devices/platform';
import type { Words } from '../words';

/** What every view may use. Made once in main.tsx, and by the tests. */
export interface Tools {
  flow: Flow;
  desk: Desk;
  listener: Listener;
  announcer: Announcer;
  platform: { browser: BrowserKind; system: SystemKind };
  /** The soft tone, through the chosen speaker where the browser can. */
  tone(): void;
  storage: Pick<Storage, 'getItem' | 'setItem'>;
}

export const ToolsContext = createContext<Tools | null>(null);
export const WordsContext = createContext<Words | null>(null);

export function useTools(): Tools {
  const tools = use(ToolsContext);
  if (tools === null) throw new Error('No tools around this view');
  return tools;
}

export function useWords(): Words {
  const words = use(WordsContext);
  if (words === null) throw new Error('No words around this view');
  return words;
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** A heading that takes the focus when its page appears, so that keyboard and screen reader start there. */
export function PageHeading({ children, hidden = false }: { children: React.ReactNode; hidden?: boolean }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Not on the very first page: the browser has just read the document's title.
    if (document.documentElement.dataset['moved'] === 'yes') ref.current?.focus({ preventScroll: hidden });
    document.documentElement.dataset['moved'] = 'yes';
  }, [hidden]);
  return <h1 ref={ref} tabIndex={-1} className={hidden ? 'visually-hidden' : undefined}>{children}</h1>;
}

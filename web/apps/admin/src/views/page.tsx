import type { Announcer, Timer } from '@wardline/ui/plain';
import { makeLanguage, useStore } from '@wardline/ui/page';
import { createContext, type MouseEvent, type ReactNode, use, useMemo } from 'react';
import type { AdminApi } from '../api/admin-api';
import type { AdminRole, Me } from '../api/types';
import type { LogMemory } from '../proof/log-memory';
import { hrefOf, type Route, type Router } from '../route';
import type { Session } from '../session/session';
import { languages } from '../words';
import { Times } from '../times';

export const { LanguageProvider, useLanguage, useWords } = makeLanguage(languages);

/** What every view may use. Made once in main.tsx, and by the tests. */
export interface Tools {
  session: Session;
  router: Router;
  announcer: Announcer;
  memory: LogMemory;
  timer: Timer;
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  now: () => Date;
  /** Gives somebody a file. */
  save: (file: Blob, name: string) => void;
}

export const ToolsContext = createContext<Tools | null>(null);

export function useTools(): Tools {
  const tools = use(ToolsContext);
  if (tools === null) throw new Error('No tools around this view');
  return tools;
}

/** Who is signed in, and what they may ask the server. */
export interface SignedIn {
  me: Me;
  api: AdminApi;
}

export const SignedInContext = createContext<SignedIn | null>(null);

export function useSignedIn(): SignedIn {
  const signedIn = use(SignedInContext);
  if (signedIn === null) throw new Error('Nobody is signed in around this view');
  return signedIn;
}

export const has = (me: Me, role: AdminRole): boolean => me.roles.includes(role);

export function useTimes(): Times {
  const { language } = useLanguage();
  return useMemo(() => new Times(language), [language]);
}

type To = Exclude<Route, { at: 'unknown' }>;

/** A real link, which the router follows without loading the page anew; with a modifier key the browser does as always. */
export function Link({ to, children, className, label, current }: { to: To; children: ReactNode; className?: string; label?: string; current?: boolean }) {
  const { router } = useTools();
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(to);
  };
  return <a href={hrefOf(to)} className={className} aria-label={label} aria-current={current === true ? 'page' : undefined} onClick={follow}>{children}</a>;
}

export { useStore };

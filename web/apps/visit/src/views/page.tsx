import type { Announcer } from '@wardline/ui/plain';
import { createContext, use } from 'react';
import type { Desk } from '../devices/desk';
import type { Listener } from '../devices/listen';
import type { Flow } from '../flow/flow';
import type { BrowserKind, SystemKind } from '../devices/platform';

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

export function useTools(): Tools {
  const tools = use(ToolsContext);
  if (tools === null) throw new Error('No tools around this view');
  return tools;
}

export { PageHeading, useStore } from '@wardline/ui/page';
export { useWords } from './language';

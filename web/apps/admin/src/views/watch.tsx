import { createContext, type ReactNode, use, useEffect, useMemo } from 'react';
import { isBroken, IntegrityWatch, lookingEveryMs, quietEveryMs, type WatchState } from '../integrity/watch';
import { useSignedIn, useStore, useTools } from './page';

const WatchContext = createContext<IntegrityWatch | null>(null);

/** Watches the log for as long as a privacy officer is here: closely on its own page, now and then on the others. */
export function WatchProvider({ children }: { children: ReactNode }) {
  const { memory, timer, router } = useTools();
  const { api } = useSignedIn();
  const { at } = useStore(router.state);
  const watch = useMemo(() => new IntegrityWatch(api, memory, timer), [api, memory, timer]);
  useEffect(() => {
    void watch.open();
    return () => watch.close();
  }, [watch]);
  useEffect(() => watch.every(at === 'integrity' ? lookingEveryMs : quietEveryMs), [watch, at]);
  return <WatchContext value={watch}><Broken watch={watch}>{children}</Broken></WatchContext>;
}

const BrokenContext = createContext(false);

function Broken({ watch, children }: { watch: IntegrityWatch; children: ReactNode }) {
  return <BrokenContext value={isBroken(useStore(watch.state))}>{children}</BrokenContext>;
}

export const useBroken = (): boolean => use(BrokenContext);

export function useWatch(): [IntegrityWatch, WatchState] {
  const watch = use(WatchContext);
  if (watch === null) throw new Error('No watch around this view');
  return [watch, useStore(watch.state)];
}

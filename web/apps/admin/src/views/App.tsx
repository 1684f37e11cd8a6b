import { Button } from '@wardline/ui';
import { LiveRegions, PageHeading } from '@wardline/ui/page';
import { useEffect, useMemo } from 'react';
import type { AdminRole, Me } from '../api/types';
import type { Route } from '../route';
import type { Words } from '../words';
import { AuditPage } from './AuditPage';
import { EntryPage } from './EntryPage';
import { Frame } from './Frame';
import { IntegrityPage } from './IntegrityPage';
import { KeysPage } from './KeysPage';
import { has, LanguageProvider, Link, SignedInContext, type Tools, ToolsContext, useStore, useTools, useWords } from './page';
import { VisitPage } from './VisitPage';
import { WatchProvider } from './watch';

export function App({ tools, languages }: { tools: Tools; languages: readonly string[] }) {
  return (
    <ToolsContext value={tools}>
      <LanguageProvider storage={tools.storage} wanted={languages}>
        <Pages />
        <LiveRegions announcer={tools.announcer} />
      </LanguageProvider>
    </ToolsContext>
  );
}

function Pages() {
  const { session, router } = useTools();
  const state = useStore(session.state);
  const route = useStore(router.state);
  const words = useWords();
  const title = state.at === 'in' ? titleOf(route, state.me) : state.at;
  useEffect(() => { document.title = `${words.titles[title]} – ${words.product}`; }, [title, words]);
  const signedIn = useMemo(() => (state.at === 'in' ? { me: state.me, api: state.api } : null), [state]);

  if (state.at === 'arriving') return <Plain heading={words.arriving.heading} text={words.arriving.text} />;
  if (state.at === 'out') return <Out code={state.code} />;
  if (signedIn === null) return null;
  return (
    <SignedInContext value={signedIn}>
      {has(signedIn.me, 'privacy-officer')
        ? <WatchProvider><Frame><Inside route={route} me={signedIn.me} /></Frame></WatchProvider>
        : <Frame><Inside route={route} me={signedIn.me} /></Frame>}
    </SignedInContext>
  );
}

/** Whose page it is. `home` is the first page of whoever comes. */
const pageRoles = { audit: 'privacy-officer', entry: 'privacy-officer', visit: 'privacy-officer', integrity: 'privacy-officer', keys: 'key-administrator' } as const satisfies Partial<Record<Route['at'], AdminRole>>;

function homeOf(me: Me): Route {
  return has(me, 'privacy-officer') ? { at: 'audit', query: '' } : has(me, 'key-administrator') ? { at: 'keys' } : { at: 'home' };
}

function titleOf(route: Route, me: Me): keyof Words['titles'] {
  const { at } = route.at === 'home' ? homeOf(me) : route;
  return at === 'home' ? 'unknown' : at;
}

function Inside({ route: asked, me }: { route: Route; me: Me }) {
  const words = useWords();
  const route = asked.at === 'home' ? homeOf(me) : asked;
  if (route.at === 'home') return <Sorry heading={words.noRole.heading} text={words.noRole.text} />;
  if (route.at === 'unknown') return <Sorry heading={words.nowhere.heading} text={words.nowhere.text} home />;
  if (!has(me, pageRoles[route.at])) return <Sorry heading={words.notYours.heading} text={words.notYours.text} home />;
  switch (route.at) {
    case 'audit': return <AuditPage query={route.query} />;
    case 'entry': return <EntryPage key={route.index} index={route.index} />;
    case 'visit': return <VisitPage key={route.visit} visit={route.visit} />;
    case 'integrity': return <IntegrityPage />;
    case 'keys': return <KeysPage />;
  }
}

function Sorry({ heading, text, home = false }: { heading: string; text: string; home?: boolean }) {
  const words = useWords();
  return (
    <div className="page narrow">
      <PageHeading>{heading}</PageHeading>
      <p>{text}</p>
      {home && <p><Link to={{ at: 'home' }}>{words.nowhere.home}</Link></p>}
    </div>
  );
}

function Plain({ heading, text }: { heading: string; text: string }) {
  return <Frame><div className="page narrow"><PageHeading>{heading}</PageHeading><p className="soft">{text}</p></div></Frame>;
}

function Out({ code }: { code: string | null }) {
  const { session } = useTools();
  const words = useWords();
  const text = outText(code, words);
  // A link that was refused stays refused; all else may be better a moment later.
  const canRetry = code !== null && code !== 'identity.link-refused' && code !== 'link.missing';
  return (
    <Frame>
      <div className="page narrow">
        <PageHeading>{text.heading}</PageHeading>
        <p>{text.text}</p>
        {canRetry && <p><Button kind="main" onPress={() => void session.arrive(null)}>{words.tryAgain}</Button></p>}
        {code !== null && code !== 'link.missing' && <p className="soft small">{words.code(code)}</p>}
      </div>
    </Frame>
  );
}

function outText(code: string | null, words: Words): { heading: string; text: string } {
  switch (code) {
    case null: return words.out.signedOut;
    case 'link.missing': return { heading: words.out.heading, text: words.out.text };
    case 'identity.link-refused': return words.out.refused;
    case 'identity.not-signed-in': return words.out.ended;
    case 'network.unreachable': return words.out.offline;
    default: return words.out.other;
  }
}

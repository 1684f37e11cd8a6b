import { Button, Notice } from '@wardline/ui';
import { LiveRegions } from '@wardline/ui/page';
import { type ComponentType, useEffect } from 'react';
import { titleOf } from '../title';
import { AfterPage } from './AfterPage';
import { CheckPage } from './CheckPage';
import { Frame } from './Frame';
import { LanguageProvider } from './language';
import { PageHeading, type Tools, ToolsContext, useStore, useTools, useWords } from './page';

/** `room` gives the view of the call once its code is loaded, which it is before the flow gets there. */
export interface AppProps {
  tools: Tools;
  languages: readonly string[];
  room: () => ComponentType | null;
}

export function App({ tools, languages, room }: AppProps) {
  return (
    <ToolsContext value={tools}>
      <LanguageProvider storage={tools.storage} wanted={languages}>
        <Pages room={room} />
        <LiveRegions announcer={tools.announcer} />
      </LanguageProvider>
    </ToolsContext>
  );
}

function Pages({ room }: Pick<AppProps, 'room'>) {
  const { flow } = useTools();
  const words = useWords();
  const { page, me } = useStore(flow.state);

  useEffect(() => {
    // The room has titles of its own, for waiting and for the call.
    if (page.at !== 'room') document.title = titleOf(page.at, words);
  }, [page.at, words]);
  useEffect(() => {
    document.documentElement.dataset['role'] = me?.role ?? 'patient';
  }, [me?.role]);

  switch (page.at) {
    case 'arriving': return <Arriving heading={words.arriving.heading} text={words.arriving.text} />;
    case 'problem': return <Problem code={page.code} canRetry={page.canRetry} />;
    case 'unsupported': return <Unsupported missing={page.missing} />;
    case 'check': return page.straight
      ? <Arriving heading={words.waiting.entering} text={page.slow ? words.check.slow : words.arriving.text} />
      : <CheckPage page={page} />;
    case 'room': {
      const Room = room();
      return Room === null ? null : <Room />;
    }
    case 'after': return <AfterPage ending={page.ending} forgotten={page.forgotten} />;
  }
}

function Arriving({ heading, text }: { heading: string; text: string }) {
  return <Frame><div className="page"><PageHeading>{heading}</PageHeading><p className="soft">{text}</p></div></Frame>;
}

function Problem({ code, canRetry }: { code: string; canRetry: boolean }) {
  const { flow } = useTools();
  const words = useWords();
  const text = problemText(code, words);
  return (
    <Frame>
      <div className="page">
        <PageHeading>{text.title}</PageHeading>
        <p>{text.means}</p>
        <p className="next">{text.next}</p>
        {canRetry && <p><Button kind="main" onPress={() => void flow.arrive()}>{words.tryAgain}</Button></p>}
        <p className="soft small">{words.code(code)}</p>
      </div>
    </Frame>
  );
}

function Unsupported({ missing }: { missing: readonly string[] }) {
  const words = useWords();
  const { unsupported } = words;
  return (
    <Frame>
      <div className="page">
        <PageHeading>{unsupported.heading}</PageHeading>
        <p>{missing.includes('secure context') ? unsupported.insecure : unsupported.text}</p>
        <Notice title={unsupported.next}>
          <ul className="steps-to-do">{unsupported.steps.map((step) => <li key={step}>{step}</li>)}</ul>
        </Notice>
        <p className="soft small">{unsupported.missing(words.list(missing))}<br />{words.code('browser.unsupported')}</p>
      </div>
    </Frame>
  );
}

export function problemText(code: string, words: ReturnType<typeof useWords>) {
  const { problems } = words;
  return code in problems ? problems[code as keyof typeof problems] : problems.other;
}

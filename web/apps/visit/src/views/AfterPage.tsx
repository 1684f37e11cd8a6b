import type { Ending } from '@wardline/client';
import { Button } from '@wardline/ui';
import { useEffect } from 'react';
import { clinicians } from '../flow/session';
import { Frame } from './Frame';
import { PageHeading, useStore, useTools, useWords } from './page';

/** What happened, what it means, and the way back when there is one. */
export function AfterPage({ ending, forgotten }: { ending: Ending; forgotten?: 'asking' | 'done' | 'failed' | undefined }) {
  const { flow, announcer } = useTools();
  // What was said of the call is over with it.
  useEffect(() => announcer.clear(), [announcer]);
  const words = useWords();
  const { after } = words;
  const { me, visit } = useStore(flow.state);
  const names = clinicians(visit?.people);
  const doctor = names.length > 0 ? words.list(names) : words.theClinician;
  const said = ending.reason === 'ended' && me?.role === 'clinician' ? after.endedClinician : after[ending.reason];
  const text = typeof said.text === 'string' ? said.text : said.text(doctor);
  // Another window has the visit: it moves here only because the person says so.
  const moved = ending.reason === 'replaced';
  return (
    <Frame>
      <div className="page">
        <PageHeading>{said.heading}</PageHeading>
        <p>{text}</p>
        {forgotten === 'done' && <p role="status">{after.forgotten}</p>}
        {forgotten === 'failed' && <p role="alert">{after.notForgotten}</p>}
        {(ending.mayReturn || moved) && forgotten !== 'done' && (
          <p><Button kind="main" onPress={() => void flow.again()}>{moved ? after.here : after.again}</Button></p>
        )}
        {ending.reason === 'left' && forgotten !== 'done' && (
          <p><Button isDisabled={forgotten === 'asking'} onPress={() => void flow.forget()}>{after.forget}</Button></p>
        )}
        {ending.reason === 'error' && (
          <p className="soft small">{after.callClinic}<br />{words.code(ending.code ?? 'visit.error')}</p>
        )}
      </div>
    </Frame>
  );
}

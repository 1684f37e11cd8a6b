import { Button } from '@wardline/ui';
import { GoIcon, LongWork, StopIcon } from '@wardline/ui/office';
import { useEffect, useMemo } from 'react';
import { LogWalk, type WalkState } from '../integrity/walk';
import type { Words } from '../words';
import { useSignedIn, useStore, useTools, useWords } from './page';
import { problemOf } from './problem';

/** The whole log, recomputed in this browser. */
export function WalkPanel() {
  const { api } = useSignedIn();
  const { memory, timer, announcer } = useTools();
  const words = useWords();
  const walk = useMemo(() => new LogWalk(api, memory, timer), [api, memory, timer]);
  const state = useStore(walk.state);
  useEffect(() => () => walk.stop(), [walk]);
  const text = textOf(state, words);
  useEffect(() => { if (state.at !== 'idle' && state.at !== 'going') announcer.say(text, state.at === 'broken'); }, [state.at, text, announcer]);

  const say = words.integrity;
  return (
    <LongWork
      title={say.walk} words={text} state={state.at === 'broken' ? 'failed' : state.at === 'held' ? 'done' : state.at === 'going' ? 'going' : 'still'}
      progress={state.at === 'idle' ? null : state.at === 'held' ? { done: state.total, total: state.total } : { done: state.done, total: state.total === 0 ? null : state.total }}
      acts={(
        <>
          {state.at === 'idle' && <Button icon={<GoIcon size={20} />} onPress={() => void walk.start()}>{say.start}</Button>}
          {state.at === 'going' && <Button icon={<StopIcon size={20} />} onPress={() => walk.stop()}>{say.stop}</Button>}
          {state.at === 'stopped' && <Button kind="main" icon={<GoIcon size={20} />} onPress={() => void walk.goOn()}>{say.goOn}</Button>}
          {(state.at === 'stopped' || state.at === 'held' || state.at === 'broken') && <Button onPress={() => void walk.start()}>{say.again}</Button>}
        </>
      )}
    >
      <p className="soft">{say.walkText}</p>
    </LongWork>
  );
}

function textOf(state: WalkState, words: Words): string {
  const say = words.integrity;
  switch (state.at) {
    case 'idle': return say.walkIdle;
    case 'going': {
      const left = state.perSecond === null ? '' : say.rate(Math.round(state.perSecond), say.seconds((state.total - state.done) / state.perSecond));
      return say.walkGoing(state.done, state.total, left);
    }
    case 'stopped':
      return state.code === null ? say.walkStopped(state.done, state.total) : `${say.walkNoAnswer(state.done)} ${problemOf(state.code, words).next} ${words.code(state.code)}`;
    case 'held': return say.walkHeld(state.total);
    case 'broken':
      if (state.fault !== null) return words.check.log[state.fault];
      return state.index === null ? say.walkRoot : say.walkBroken(state.index);
  }
}

import { Button } from '@wardline/ui';
import { DownloadIcon, GoIcon, LongWork, StopIcon } from '@wardline/ui/office';
import { useEffect, useMemo } from 'react';
import { Export } from '../audit/export';
import type { Question } from '../audit/filters';
import { localMinute, sizeText } from '../times';
import { useLanguage, useSignedIn, useStore, useTools, useWords } from './page';
import { problemOf } from './problem';

/** The download of all that fits the filters, as they were when it began. */
export function ExportPanel({ question, total, onClose }: { question: Question; total: number | null; onClose: () => void }) {
  const { api } = useSignedIn();
  const { save, now, announcer } = useTools();
  const { language } = useLanguage();
  const words = useWords();
  const all = useMemo(() => new Export(api), [api]);
  const state = useStore(all.state);
  const unsaved = state.at === 'going' || state.at === 'stopped';

  useEffect(() => () => all.stop(), [all]);
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [unsaved]);

  const size = state.at === 'idle' ? '' : sizeText(state.bytes, language);
  const text = (() => {
    switch (state.at) {
      case 'idle': return words.export.idle;
      case 'going': return words.export.going(state.lines, state.total, size);
      case 'stopped': return state.code === null ? words.export.stopped(state.lines, size) : words.export.broken(state.lines);
      case 'done': return words.export.done(state.lines, size);
    }
  })();
  useEffect(() => { if (state.at === 'done' || state.at === 'stopped') announcer.say(text); }, [state.at, text, announcer]);

  const start = () => void all.start(question.filters, total);
  const keep = () => save(all.file(), `wardline-audit-${localMinute(now()).replace(/[-T:]/g, '')}.ndjson`);
  return (
    <LongWork
      title={words.export.title} words={<>{text}{state.at === 'stopped' && state.code !== null && <> {problemOf(state.code, words).next} {words.code(state.code)}</>}</>}
      progress={state.at === 'idle' ? null : { done: state.lines, total: state.total }}
      state={state.at === 'going' ? 'going' : state.at === 'done' ? 'done' : 'still'}
      acts={(
        <>
          {state.at === 'idle' && <Button kind="main" icon={<GoIcon size={20} />} onPress={start}>{words.export.start}</Button>}
          {state.at === 'going' && <Button icon={<StopIcon size={20} />} onPress={() => all.stop()}>{words.export.stop}</Button>}
          {state.at === 'stopped' && <Button kind="main" icon={<GoIcon size={20} />} onPress={() => void all.goOn()}>{words.export.goOn}</Button>}
          {state.at === 'done' && <Button kind="main" icon={<DownloadIcon size={20} />} onPress={keep}>{words.export.save}</Button>}
          {state.at === 'stopped' && state.lines > 0 && <Button icon={<DownloadIcon size={20} />} onPress={keep}>{words.export.saveSoFar}</Button>}
          {(state.at === 'done' || state.at === 'stopped') && <Button onPress={start}>{words.export.again}</Button>}
          {state.at !== 'going' && <Button kind="plain" onPress={onClose}>{words.close}</Button>}
        </>
      )}
    >
      <p className="soft">{words.export.what}{unsaved && <> {words.export.leave}</>}</p>
    </LongWork>
  );
}

import { Button, DoneIcon, Notice } from '@wardline/ui';
import { DownloadIcon, Facts, SealIcon } from '@wardline/ui/office';
import { useEffect } from 'react';
import type { Entry } from '../api/types';
import { toHex } from '../proof/bytes';
import type { EntryCheck, Proven } from '../proof/check-entry';
import type { Checker } from '../proof/checker';
import type { Words } from '../words';
import { grouped } from './hash';
import { useStore, useTimes, useTools, useWords } from './page';
import { Problem } from './problem';
import { BrokenPicture, ProofPicture } from './ProofPicture';

/** Whether an entry can be trusted: recomputed here, said in a sentence, drawn. */
export function ProofPanel({ entry, checker }: { entry: Entry; checker: Checker }) {
  const words = useWords();
  const { announcer } = useTools();
  const state = useStore(checker.state);
  useEffect(() => {
    if (state.at === 'done') announcer.say(state.check.holds ? words.check.good : `${words.check.bad}. ${whyNot(state.check, words)}`, !state.check.holds);
  }, [state, announcer, words]);

  return (
    <section className="part proof">
      <h2>{words.entry.proof}</h2>
      {state.at === 'idle' && <p>{words.entry.intro}</p>}
      {state.at === 'done' && (state.check.holds ? <Good check={state.check} /> : <Bad check={state.check} entry={entry} />)}
      {state.at === 'failed' && <Problem code={state.code} />}
      <div className="work-acts">
        <Button kind={state.at === 'done' ? 'usual' : 'main'} icon={<SealIcon size={20} />} isPending={state.at === 'checking'} onPress={() => void checker.check(entry)}>
          {state.at === 'checking' ? words.entry.checking : state.at === 'done' ? words.entry.checkAgain : words.entry.check}
        </Button>
        {state.at === 'done' && <Download file={state.check.file} index={entry.index} />}
      </div>
      {state.at === 'done' && state.check.holds && <p className="soft small">{words.entry.downloadText}</p>}
    </section>
  );
}

function Download({ file, index }: { file: string; index: number }) {
  const { save } = useTools();
  const { entry } = useWords();
  return (
    <Button icon={<DownloadIcon size={20} />} onPress={() => save(new Blob([file], { type: 'text/plain' }), `wardline-entry-${index}.tlog-proof`)}>
      {entry.download}
    </Button>
  );
}

function Good({ check }: { check: Proven }) {
  const words = useWords();
  const times = useTimes();
  const { checkpoint, steps, since, signer } = check;
  return (
    <div className="verdict" data-holds>
      <p className="verdict-title"><DoneIcon />{words.check.good}</p>
      <ProofPicture steps={steps} />
      <p>{words.check.how(check.index + 1, checkpoint.size, steps.length + 1)}</p>
      <p>{since === null ? words.check.first : words.check.since(since.size, times.full(since.at))}</p>
      <Facts
        facts={[
          { name: words.entry.copyHash, value: <code className="hash">{grouped(toHex(check.leaf))}</code> },
          { name: words.entry.root, value: <code className="hash">{grouped(toHex(checkpoint.root))}</code> },
          { name: words.entry.signer, value: <>{signer.name}, {words.entry.key} <code className="hash">{signer.verifierKey.split('+')[1]}</code></> },
        ]}
      />
    </div>
  );
}

function Bad({ check, entry }: { check: Exclude<EntryCheck, Proven>; entry: Entry }) {
  const words = useWords();
  const times = useTimes();
  const last = check.kind === 'log' ? check.last : null;
  return (
    <Notice tone="danger" title={words.check.bad} code={words.code(codeOfCheck(check, entry))}>
      <BrokenPicture />
      <p>{whyNot(check, words)}</p>
      {last !== null && <p>{words.check.lastSeen(last.size, times.full(last.at))}</p>}
      <p className="notice-title">{words.check.todo}</p>
      <ol className="steps">{words.check.steps.map((step) => <li key={step}>{step}</li>)}</ol>
    </Notice>
  );
}

const codeOfCheck = (check: Exclude<EntryCheck, Proven>, entry: Entry): string =>
  `log.${check.kind === 'log' ? check.fault : check.kind}@${entry.index}`;

function whyNot(check: Exclude<EntryCheck, Proven>, words: Words): string {
  switch (check.kind) {
    case 'log': return words.check.log[check.fault];
    case 'proof': return words.check.proof;
    case 'differs': return words.check.differs(check.fields.join(', '));
    case 'path': return words.check.path;
  }
}

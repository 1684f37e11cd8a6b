import { fromBase64 } from '@wardline/client/log';
import { AlertIcon, Button, DoneIcon, InfoIcon, Notice } from '@wardline/ui';
import { ChainIcon, type Column, Empty, Facts, Placeholder, SealIcon, type Sort, sorted, byNumber, byText, Table } from '@wardline/ui/office';
import { PageHeading } from '@wardline/ui/page';
import { useEffect, useState } from 'react';
import type { Integrity } from '../api/types';
import type { LogView } from '../proof/log-memory';
import { own } from '../own';
import { toHex } from '../proof/bytes';
import { ChainPicture } from './ChainPicture';
import { grouped } from './hash';
import { Link, useTimes, useTools, useWords } from './page';
import { Problem } from './problem';
import { WalkPanel } from './WalkPanel';
import { useWatch } from './watch';

/** Whether the log is whole: what the server says, what this browser has found itself, and what to do when it is not. */
export function IntegrityPage() {
  const [watch, { integrity, log, code }] = useWatch();
  const words = useWords();
  return (
    <div className="page">
      <div className="page-head"><PageHeading>{words.integrity.heading}</PageHeading></div>
      {integrity !== null && <State integrity={integrity} log={log} />}
      {code !== null && <Problem code={code} onRetry={() => void watch.open()} {...(integrity === null ? {} : { title: words.integrity.old })} />}
      {integrity === null && code === null && <Placeholder label={words.loading} rows={3} kind="card" />}
      {integrity !== null && (
        <>
          <section className="part">
            <h2>{words.integrity.chain}</h2>
            <ChainPicture integrity={integrity} log={log} />
          </section>
          <div className="two">
            <div className="part">
              <CopyTable integrity={integrity} />
              <WitnessTable integrity={integrity} />
            </div>
            <div className="part">
              <CheckpointFacts integrity={integrity} log={log} />
              <Own log={log} />
            </div>
          </div>
          <WalkPanel />
        </>
      )}
    </div>
  );
}

/** The answer to the question of the page, before anything else. */
function State({ integrity, log }: { integrity: Integrity; log: LogView | null }) {
  const words = useWords();
  const times = useTimes();
  const { announcer } = useTools();
  const fault = log?.holds === false ? log.fault : null;
  const broken = integrity.state === 'broken' || fault !== null;
  useEffect(() => { if (broken) announcer.say(words.integrity.broken, true); }, [broken, announcer, words]);

  if (!broken) {
    const checking = integrity.state === 'checking';
    return (
      <div className="verdict" data-holds>
        <p className="verdict-title">{checking ? <InfoIcon /> : <DoneIcon />}{checking ? words.integrity.checking : words.integrity.holds}</p>
        <p>
          {checking || integrity.verifiedAt === null
            ? words.integrity.checkingText(integrity.verifiedSize, integrity.size)
            : words.integrity.holdsText(integrity.size, times.full(integrity.verifiedAt))}
        </p>
      </div>
    );
  }
  return (
    <div className="verdict" data-broken role="group" aria-label={words.integrity.broken}>
      <p className="verdict-title"><AlertIcon />{words.integrity.broken}</p>
      <ul className="alerts" role="list">
        {fault !== null && (
          <li>
            <p>{words.integrity.alerts['log.browser']} {words.check.log[fault]}</p>
            <p className="soft small">{words.code(`log.${fault}`)}</p>
          </li>
        )}
        {integrity.alerts.map((alert) => (
          <li key={`${alert.code}${alert.index}${alert.copy}`}>
            <p>
              {own(words.integrity.alerts, alert.code) ?? words.integrity.alertOther}
              {alert.index !== null && <> {words.integrity.alertIndex(alert.index)} <Link to={{ at: 'entry', index: alert.index }}>{words.audit.detailsOf(alert.index)}</Link></>}
            </p>
            <p className="soft small">{alert.copy !== null && <>{alert.copy} · </>}{words.integrity.alertAt(times.full(alert.at))} · {words.code(alert.code)}</p>
          </li>
        ))}
      </ul>
      <h2>{words.integrity.todo}</h2>
      <ol className="steps">{words.integrity.steps.map((step) => <li key={step}>{step}</li>)}</ol>
      {fault !== null && <Replaced />}
    </div>
  );
}

/** The one case in which forgetting is right, in two steps. */
function Replaced() {
  const [watch] = useWatch();
  const words = useWords();
  const [asked, setAsked] = useState(false);
  if (!asked) return <p><Button onPress={() => setAsked(true)}>{words.integrity.replaced}…</Button></p>;
  return (
    <Notice
      tone="attention" title={words.integrity.replaced}
      acts={(
        <>
          <Button autoFocus onPress={() => setAsked(false)}>{words.integrity.replacedNo}</Button>
          <Button kind="danger" onPress={() => void watch.forget()}>{words.integrity.replacedYes}</Button>
        </>
      )}
    >
      <p>{words.integrity.replacedText}</p>
    </Notice>
  );
}

type Copy = Integrity['copies'][number];
type Witness = Integrity['witnesses'][number];
const later = (at: string | null): number => (at === null ? 0 : Date.parse(at));

function CopyTable({ integrity }: { integrity: Integrity }) {
  const words = useWords();
  const times = useTimes();
  const [sort, setSort] = useState<Sort>({ key: 'name', descending: false });
  const { columns: heads, states } = words.integrity;
  const columns: Column<Copy>[] = [
    { key: 'name', head: heads.name, names: true, order: byText((copy) => copy.name), cell: (copy) => copy.name },
    {
      key: 'state', head: heads.state, order: byText((copy) => states[copy.state]),
      cell: (copy) => <span className="state" data-state={copy.state}>{states[copy.state]}{copy.code !== null && <span className="soft small"> {copy.code}</span>}</span>,
    },
    { key: 'size', head: heads.size, align: 'end', order: byNumber((copy) => copy.size), cell: (copy) => words.number(copy.size) },
    { key: 'at', head: heads.at, align: 'end', order: byNumber((copy) => later(copy.at)), cell: (copy) => (copy.at === null ? words.none : times.full(copy.at)) },
  ];
  return (
    <section className="part">
      <h2>{words.integrity.copies}</h2>
      {integrity.copies.length === 0
        ? <Empty icon={<ChainIcon size={32} />} title={words.integrity.copiesEmpty}><p>{words.integrity.copiesEmptyText}</p></Empty>
        : <Table caption={words.integrity.copies} columns={columns} rows={sorted(integrity.copies, columns, sort)} rowKey={(copy) => copy.name} sort={sort} onSort={setSort} />}
    </section>
  );
}

function WitnessTable({ integrity }: { integrity: Integrity }) {
  const words = useWords();
  const times = useTimes();
  const [sort, setSort] = useState<Sort>({ key: 'name', descending: false });
  const { columns: heads } = words.integrity;
  const columns: Column<Witness>[] = [
    { key: 'name', head: heads.name, names: true, order: byText((witness) => witness.name), cell: (witness) => witness.name },
    { key: 'state', head: heads.state, cell: (witness) => <span className="state" data-state={witness.code === null ? 'current' : 'away'}>{witness.code ?? words.integrity.cosigned}</span> },
    { key: 'size', head: heads.size, align: 'end', order: byNumber((witness) => witness.size), cell: (witness) => words.number(witness.size) },
    { key: 'at', head: heads.at, align: 'end', order: byNumber((witness) => later(witness.at)), cell: (witness) => (witness.at === null ? words.none : times.full(witness.at)) },
  ];
  return (
    <section className="part">
      <h2>{words.integrity.witnesses}</h2>
      {integrity.witnesses.length === 0
        ? <Empty icon={<SealIcon size={32} />} title={words.integrity.witnessesEmpty}><p>{words.integrity.witnessesEmptyText}</p></Empty>
        : <Table caption={words.integrity.witnesses} columns={columns} rows={sorted(integrity.witnesses, columns, sort)} rowKey={(witness) => witness.name} sort={sort} onSort={setSort} />}
    </section>
  );
}

function CheckpointFacts({ integrity, log }: { integrity: Integrity; log: LogView | null }) {
  const words = useWords();
  const times = useTimes();
  const { facts } = words.integrity;
  const { checkpoint } = integrity;
  const root = fromBase64(checkpoint.rootHash);
  return (
    <section className="part">
      <h2>{words.integrity.checkpoint}</h2>
      <Facts
        facts={[
          { name: facts.size, value: <span className="figures">{words.number(checkpoint.size)}</span> },
          { name: facts.at, value: <time dateTime={checkpoint.signedAt}>{times.full(checkpoint.signedAt)}</time> },
          { name: facts.root, value: <code className="hash">{root === null ? words.unknown : grouped(toHex(root))}</code> },
          ...(log?.holds === true
            ? [
              { name: facts.signer, value: log.signer.name },
              { name: facts.key, value: <><code className="hash">{log.signer.verifierKey}</code><p className="soft small">{words.integrity.keyText}</p></> },
            ]
            : []),
        ]}
      />
    </section>
  );
}

function Own({ log }: { log: LogView | null }) {
  const words = useWords();
  const times = useTimes();
  if (log?.holds !== true) return null;
  return (
    <section className="part">
      <h2>{words.integrity.own}</h2>
      <p>{log.since === null ? words.integrity.ownFirst : words.integrity.ownSince(log.since.size, times.full(log.since.at))}</p>
    </section>
  );
}

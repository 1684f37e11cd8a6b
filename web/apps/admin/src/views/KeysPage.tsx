import { Button, Notice, Toggle } from '@wardline/ui';
import { byNumber, byText, type Column, Empty, Field, GoIcon, KeyIcon, LongWork, pageOf, Pager, Placeholder, type Sort, sorted, StopIcon, Table, TurnIcon } from '@wardline/ui/office';
import { PageHeading } from '@wardline/ui/page';
import { useEffect, useMemo, useState } from 'react';
import type { KeyProblem, Keys, KeySource, TenantKey } from '../api/types';
import { ageDays, behind, currentSource, daysLeft, kindOf, spentPercent } from '../keys/ages';
import { type DeskState, KeyDesk } from '../keys/desk';
import { KeyPicture } from './KeyPicture';
import { useSignedIn, useStore, useTimes, useTools, useWords } from './page';
import { Problem } from './problem';

const rowsAPage = 25;

/** Where keys live, how old they are, and the two things to do about it. Never a key. */
export function KeysPage() {
  const { api } = useSignedIn();
  const { timer, announcer } = useTools();
  const words = useWords();
  const desk = useMemo(() => new KeyDesk(api, timer), [api, timer]);
  const state = useStore(desk.state);
  const { keys, code, actCode, turned } = state;
  useEffect(() => {
    void desk.open();
    return () => desk.close();
  }, [desk]);
  useEffect(() => { if (turned !== null) announcer.say(words.keys.turned(turned.tenant, turned.version)); }, [turned, announcer, words]);

  return (
    <div className="page">
      <div className="page-head">
        <PageHeading>{words.keys.heading}</PageHeading>
        <p className="soft">{words.keys.intro}</p>
      </div>
      {code !== null && <Problem code={code} onRetry={() => void desk.open()} />}
      {actCode !== null && <Problem code={actCode} title={words.keys.notDone} />}
      {turned !== null && <Notice tone="done" title={words.keys.turned(turned.tenant, turned.version)} />}
      {keys === null && code === null && <Placeholder label={words.loading} rows={3} kind="card" />}
      {keys !== null && (
        <>
          <Problems problems={keys.problems} />
          <div className="two">
            <Sources keys={keys} />
            <section className="part">
              <h2>{words.keys.picture}</h2>
              <KeyPicture keys={keys} />
            </section>
          </div>
          <RewrapPanel keys={keys} desk={desk} />
          <KeyTable state={state} keys={keys} desk={desk} />
        </>
      )}
    </div>
  );
}

function Sources({ keys }: { keys: Keys }) {
  const words = useWords();
  const times = useTimes();
  const at = times.full(keys.checkedAt);
  return (
    <section className="part">
      <h2>{words.keys.source}</h2>
      {keys.sources.map((source) => <Source key={source.id} source={source} at={at} />)}
    </section>
  );
}

function Source({ source, at }: { source: KeySource; at: string }) {
  const words = useWords();
  const kind = kindOf(source);
  const title = source.current ? words.keys.kinds[kind] : words.keys.earlier(words.keys.kinds[kind]);
  const id = <code className="hash">{source.id}</code>;
  if (source.works) {
    return (
      <Notice tone={kind === 'file' ? 'attention' : 'done'} title={title}>
        <p>{source.current ? words.keys.kindText[kind] : words.keys.earlierText}</p>
        <p className="soft small figures">{words.keys.healthy(at)} {id}</p>
      </Notice>
    );
  }
  return (
    <Notice tone="danger" title={title} {...(source.code === null ? {} : { code: words.code(source.code) })}>
      <p><strong>{words.keys.unhealthy(at)}</strong> {words.keys.unhealthyText}</p>
      <p className="next">{words.keys.unhealthyTodo[kind]}</p>
      <p className="soft small">{id}</p>
    </Notice>
  );
}

/** What should have happened by itself and could not. */
function Problems({ problems }: { problems: readonly KeyProblem[] }) {
  const words = useWords();
  const times = useTimes();
  if (problems.length === 0) return null;
  return (
    <Notice tone="attention" title={words.keys.problems(problems.length)}>
      <ul className="alerts" role="list">
        {problems.map((problem) => (
          <li key={`${problem.tenant}/${problem.task}`}>
            <p>{words.keys.problem[problem.task](problem.tenant)}</p>
            <p className="soft small figures">{words.keys.since(times.full(problem.since))} · {words.code(problem.code)}</p>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function RewrapPanel({ keys, desk }: { keys: Keys; desk: KeyDesk }) {
  const words = useWords();
  const { announcer } = useTools();
  const { rewrap } = keys;
  const left = behind(keys);
  const works = currentSource(keys)?.works === true;
  const say = words.keys;
  const text = (() => {
    switch (rewrap.state) {
      case 'idle': return left > 0 ? say.rewrapNeed(left) : say.rewrapNone;
      case 'running': return say.rewrapRunning(rewrap.done, rewrap.total);
      case 'stopped': return say.rewrapStopped(rewrap.done, rewrap.total);
      case 'done': return left > 0 ? say.rewrapNeed(left) : say.rewrapDone(rewrap.total);
      case 'failed': return say.rewrapFailed(rewrap.done, rewrap.total);
    }
  })();
  const calm = rewrap.state !== 'running';
  useEffect(() => { if (calm) announcer.say(text); }, [calm, text, announcer]);
  const going = rewrap.state === 'running';
  const halted = rewrap.state === 'stopped' || rewrap.state === 'failed';
  return (
    <LongWork
      title={say.rewrap} words={<>{text}{rewrap.code !== null && <> {words.code(rewrap.code)}</>}</>}
      progress={rewrap.state === 'idle' ? null : { done: rewrap.done, total: rewrap.total }}
      state={rewrap.state === 'failed' ? 'failed' : rewrap.state === 'done' ? 'done' : going ? 'going' : 'still'}
      acts={(
        <>
          {going && <Button icon={<StopIcon size={20} />} onPress={() => void desk.stopRewrap()}>{say.stop}</Button>}
          {halted && <Button kind="main" icon={<GoIcon size={20} />} onPress={() => void desk.startRewrap()}>{say.goOn}</Button>}
          {!going && !halted && <Button kind={left > 0 ? 'main' : 'usual'} icon={<GoIcon size={20} />} isDisabled={!works} onPress={() => void desk.startRewrap()}>{say.start}</Button>}
        </>
      )}
    >
      <p className="soft">{say.rewrapText}</p>
    </LongWork>
  );
}

function KeyTable({ state, keys, desk }: { state: DeskState; keys: Keys; desk: KeyDesk }) {
  const words = useWords();
  const times = useTimes();
  const { now } = useTools();
  const say = words.keys;
  const [sort, setSort] = useState<Sort>({ key: 'next', descending: false });
  const [tenant, setTenant] = useState('');
  const [onlyWriting, setOnlyWriting] = useState(false);
  const [page, setPage] = useState(0);
  const [asked, setAsked] = useState<string | null>(null);
  const today = now();
  const works = currentSource(keys)?.works === true;

  const columns: Column<TenantKey>[] = [
    { key: 'tenant', head: say.columns.tenant, names: true, order: byText((key) => key.tenant), cell: (key) => key.tenant },
    { key: 'purpose', head: say.columns.purpose, order: byText((key) => say.purposes[key.purpose]), cell: (key) => say.purposes[key.purpose] },
    { key: 'version', head: say.columns.version, align: 'end', order: byNumber((key) => key.version), cell: (key) => words.number(key.version) },
    { key: 'state', head: say.columns.state, order: byText((key) => say.states[key.state]), cell: (key) => <span className="state" data-state={key.state}>{say.states[key.state]}</span> },
    { key: 'age', head: say.columns.age, align: 'end', order: byNumber((key) => ageDays(key, today)), cell: (key) => <time dateTime={key.createdAt} title={times.full(key.createdAt)}>{say.days(ageDays(key, today))}</time> },
    // Those that turn soonest first; those that never turn again at the end.
    { key: 'next', head: say.columns.next, order: byNumber((key) => daysLeft(key, today) ?? Number.MAX_SAFE_INTEGER), cell: (key) => <NextTurn tenantKey={key} today={today} /> },
    { key: 'wrapped', head: say.columns.wrapped, order: byText((key) => key.wrappedUnder), cell: (key) => <code className="hash">{key.wrappedUnder}</code> },
    {
      key: 'turn', head: say.turn,
      cell: (key) => key.state !== 'writing' || key.purpose !== 'data' ? words.none : (
        <Button icon={<TurnIcon size={20} />} isDisabled={state.turning !== null || !works} isPending={state.turning === key.tenant} onPress={() => setAsked(key.tenant)} {...(state.turning === key.tenant ? {} : { 'aria-label': say.turnOf(key.tenant) })}>
          {state.turning === key.tenant ? say.turning : say.turn}
        </Button>
      ),
    },
  ];
  const fitting = keys.keys.filter((key) => key.tenant.toLowerCase().includes(tenant.trim().toLowerCase()) && (!onlyWriting || key.state !== 'reading'));
  const shown = pageOf(sorted(fitting, columns, sort), page, rowsAPage);

  return (
    <section className="part">
      <h2>{say.table}</h2>
      {asked !== null && (
        <Notice
          tone="attention" title={say.turnAsk(asked)}
          acts={(
            <>
              <Button autoFocus onPress={() => setAsked(null)}>{say.turnNo}</Button>
              <Button kind="main" onPress={() => { setAsked(null); void desk.turn(asked); }}>{say.turnYes}</Button>
            </>
          )}
        >
          <p>{say.turnText}</p>
        </Notice>
      )}
      {keys.keys.length === 0
        ? <Empty icon={<KeyIcon size={32} />} title={say.empty}><p>{say.emptyText}</p></Empty>
        : (
          <>
            <div className="row-filters" role="search" aria-label={say.table}>
              <Field label={say.filter} type="search" value={tenant} onChange={(value) => { setTenant(value); setPage(0); }} />
              <Toggle on={onlyWriting} onChange={(on) => { setOnlyWriting(on); setPage(0); }}>{say.onlyWriting}</Toggle>
            </div>
            {shown.rows.length === 0
              ? <Empty icon={<KeyIcon size={32} />} title={say.nothing} acts={<Button onPress={() => { setTenant(''); setOnlyWriting(false); }}>{words.audit.clear}</Button>} />
              : <Table caption={say.caption} columns={columns} rows={shown.rows} rowKey={(key) => `${key.tenant}/${key.purpose}/${key.version}`} sort={sort} onSort={(next) => { setSort(next); setPage(0); }} />}
            {shown.pages > 1 && (
              <Pager
                label={say.pages} where={say.where(shown.first, shown.last, fitting.length)} previous={say.previous} next={say.next}
                onPrevious={shown.page === 0 ? undefined : () => setPage(shown.page - 1)} onNext={shown.page + 1 >= shown.pages ? undefined : () => setPage(shown.page + 1)}
              />
            )}
          </>
        )}
    </section>
  );
}

/** How much of its time is over, as a bar and in words. */
function NextTurn({ tenantKey, today }: { tenantKey: TenantKey; today: Date }) {
  const words = useWords();
  const left = daysLeft(tenantKey, today);
  const spent = spentPercent(tenantKey, today);
  if (left === null || spent === null) return words.none;
  return (
    <span className="life" data-late={left < 0 || undefined}>
      <span>{words.keys.inDays(left)}</span>
      <span className="life-bar" aria-hidden="true"><i style={{ inlineSize: `${spent}%` }} /></span>
    </span>
  );
}

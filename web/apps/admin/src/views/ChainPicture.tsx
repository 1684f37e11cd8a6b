import type { ReactNode } from 'react';
import type { Integrity } from '../api/types';
import type { LogView } from '../proof/log-memory';
import { useWords } from './page';

type Link = { key: string; title: string; words: string; state: 'holds' | 'waits' | 'broken' | 'none'; drawing: ReactNode };

/** From entries to a proof that outlives this server: each link of the chain with its state, drawn and said. */
export function ChainPicture({ integrity, log }: { integrity: Integrity; log: LogView | null }) {
  const words = useWords();
  const { integrity: say } = words;
  const { copies, witnesses, size, verifiedSize, checkpoint } = integrity;
  const part = size === 0 ? 1 : verifiedSize / size;
  const entriesBroken = integrity.alerts.some((alert) => alert.copy === null);
  const badCopies = copies.filter((copy) => copy.state === 'differs');
  const lateCopies = copies.filter((copy) => copy.state !== 'current');
  const silent = witnesses.filter((witness) => witness.code !== null);

  const links: Link[] = [
    {
      key: 'entries', title: say.steps4.entries, words: say.verifiedOf(verifiedSize, size), state: entriesBroken ? 'broken' : part < 1 ? 'waits' : 'holds',
      drawing: (
        <>
          {Array.from({ length: 12 }, (_, at) => <rect key={at} className={at < Math.round(part * 12) ? 'chain-full' : 'chain-open'} x={6 + (at % 4) * 20} y={8 + Math.floor(at / 4) * 20} width="16" height="16" rx="3" />)}
        </>
      ),
    },
    {
      key: 'checkpoint', title: say.steps4.checkpoint, words: say.covers(checkpoint.size), state: entriesBroken ? 'broken' : 'holds',
      drawing: <><circle className="chain-open" cx="44" cy="30" r="20" /><path className="chain-mark" d="M34 30l7 7 13-15" /><path className="chain-mark" d="M34 48l-4 16 14-7 14 7-4-16" /></>,
    },
    {
      key: 'copies', title: say.steps4.copies, words: copies.length === 0 ? say.noCopies : copies.map((copy) => `${copy.name}: ${say.states[copy.state]}`).join(', '),
      state: copies.length === 0 ? 'none' : badCopies.length > 0 ? 'broken' : lateCopies.length > 0 ? 'waits' : 'holds',
      drawing: <><rect className="chain-open" x="8" y="14" width="44" height="40" rx="4" /><rect className="chain-full" x="34" y="24" width="44" height="40" rx="4" /></>,
    },
    {
      key: 'witnesses', title: say.steps4.witnesses, words: witnesses.length === 0 ? say.noWitnesses : witnesses.map((witness) => witness.name).join(', '),
      state: witnesses.length === 0 ? 'none' : silent.length > 0 ? 'waits' : 'holds',
      drawing: <><path className="chain-mark" d="M6 36c10-16 24-22 38-22s28 6 38 22c-10 16-24 22-38 22S16 52 6 36z" /><circle className="chain-full" cx="44" cy="36" r="10" /></>,
    },
    {
      key: 'browser', title: say.steps4.browser, words: log === null ? say.browserWaits : log.holds ? say.browserHolds : say.browserFails, state: log === null ? 'waits' : log.holds ? 'holds' : 'broken',
      drawing: <><rect className="chain-open" x="6" y="10" width="76" height="54" rx="5" /><path className="chain-mark" d="M6 24h76M32 44l8 8 16-17" /></>,
    },
  ];
  return (
    <ol className="chain" role="list">
      {links.map((link) => (
        <li key={link.key} className="chain-link" data-state={link.state}>
          <svg viewBox="0 0 88 72" width="88" height="72" aria-hidden="true" focusable="false">{link.drawing}</svg>
          <span className="chain-title">{link.title}</span>
          <span className="chain-words small figures">{link.words}</span>
        </li>
      ))}
    </ol>
  );
}

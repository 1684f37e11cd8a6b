import type { ReactNode } from 'react';

/** Nothing here: why, and what to do about it. */
export function Empty({ icon, title, children, acts }: { icon?: ReactNode; title: string; children?: ReactNode; acts?: ReactNode }) {
  return (
    <div className="empty">
      {icon}
      <p className="empty-title">{title}</p>
      {children}
      {acts !== undefined && <div className="empty-acts">{acts}</div>}
    </div>
  );
}

/** The place of what is on its way, as large as it will be, so that nothing jumps when it comes. */
export function Placeholder({ label, rows, kind = 'row' }: { label: string; rows: number; kind?: 'row' | 'moment' | 'card' }) {
  return (
    <div className="placeholder" data-kind={kind} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => <span key={row} aria-hidden="true"><i /><i /></span>)}
    </div>
  );
}

/** Names and what they stand for. */
export function Facts({ facts }: { facts: readonly { name: string; value: ReactNode }[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => <div key={fact.name}><dt>{fact.name}</dt><dd>{fact.value}</dd></div>)}
    </dl>
  );
}

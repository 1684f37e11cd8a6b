import type { ReactNode } from 'react';
import { useId } from 'react';

export interface LongWorkProps {
  title: string;
  /** What it is doing, how far it is, how it ended. */
  words: ReactNode;
  /** Null: nothing to draw (not begun). `total` null: how much there is to do is not known. */
  progress: { done: number; total: number | null } | null;
  /** Draws it as gone wrong, or done. */
  state?: 'going' | 'still' | 'done' | 'failed';
  acts: ReactNode;
  children?: ReactNode;
}

/** Work that takes long: always how far it is, always a way to stop it, always a way to go on. */
export function LongWork({ title, words, progress, state = 'still', acts, children }: LongWorkProps) {
  const id = useId();
  return (
    <section className="work" data-state={state} aria-labelledby={id}>
      <h2 id={id} className="work-title">{title}</h2>
      {children}
      {progress !== null && (
        <progress
          className="progress" aria-labelledby={id} data-state={state}
          {...(progress.total === null ? {} : { max: Math.max(1, progress.total), value: progress.total === 0 ? 1 : Math.min(progress.done, progress.total) })}
        />
      )}
      <p className="work-words figures">{words}</p>
      <div className="work-acts">{acts}</div>
    </section>
  );
}

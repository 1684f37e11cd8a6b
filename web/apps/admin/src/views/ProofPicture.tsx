import type { Step } from '../proof/merkle';
import { useWords } from './page';

const [middle, stepHeight, bottom, top] = [120, 30, 34, 52];

/**
 * The way from an entry to the signed value: the entry at the bottom, at each level the hash of the rest beside it, the
 * seal at the top. Says nothing that the words beside it do not say.
 */
export function ProofPicture({ steps }: { steps: readonly Step[] }) {
  const words = useWords();
  const height = top + stepHeight * Math.max(1, steps.length) + bottom;
  const level = (step: number): number => height - bottom - step * stepHeight;
  return (
    <svg className="proof-picture" viewBox={`0 0 240 ${height}`} role="img" aria-label={words.entry.picture(steps.length)}>
      <path className="proof-way" d={`M${middle} ${level(0)}V${top - 22}`} />
      {steps.map((step, at) => {
        const x = step.side === 'left' ? middle - 56 : middle + 56;
        return (
          <g key={at}>
            <path className="proof-join" d={`M${x} ${level(at)}L${middle} ${level(at + 1)}`} />
            <rect className="proof-rest" x={x - 7} y={level(at) - 7} width="14" height="14" rx="3" />
            <text className="proof-text" x={step.side === 'left' ? x - 13 : x + 13} y={level(at) + 4} textAnchor={step.side === 'left' ? 'end' : 'start'}>{words.number(step.covers)}</text>
            <circle className="proof-made" cx={middle} cy={level(at + 1)} r="5" />
          </g>
        );
      })}
      <circle className="proof-entry" cx={middle} cy={level(0)} r="8" />
      <text className="proof-text" x={middle} y={height - 6} textAnchor="middle">{words.entry.drawing.entry}</text>
      <g className="proof-seal">
        <circle cx={middle} cy="22" r="15" />
        <path d={`M${middle - 6} 22l4.5 4.5 8-9`} />
      </g>
      <text className="proof-text" x={middle + 22} y="26">{words.entry.drawing.sealed}</text>
    </svg>
  );
}

/** The way that does not arrive. */
export function BrokenPicture() {
  return (
    <svg className="proof-picture" viewBox="0 0 240 150" aria-hidden="true" focusable="false">
      <path className="proof-torn" d={`M${middle} 118V92M${middle} 62V38`} />
      <path className="proof-torn" d={`M${middle - 12} 84l24-14M${middle - 12} 70l24 14`} />
      <circle className="proof-entry" cx={middle} cy="120" r="8" />
      <g className="proof-seal" data-broken>
        <circle cx={middle} cy="22" r="15" />
        <path d={`M${middle - 5} 17l10 10M${middle + 5} 17l-10 10`} />
      </g>
    </svg>
  );
}

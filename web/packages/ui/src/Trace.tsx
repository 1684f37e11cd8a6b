import { tracePath } from './trace';

/** The last minute as a line. The words beside it say the same, so the drawing is hidden from screen readers. */
export function Trace({ history }: { history: readonly number[] }) {
  const { line, area } = tracePath(history, 120, 24);
  return (
    <svg className="trace" viewBox="0 0 120 24" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <path className="trace-area" d={area} />
      <path className="trace-line" d={line} />
    </svg>
  );
}

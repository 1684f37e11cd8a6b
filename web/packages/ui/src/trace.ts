/**
 * The path of a trace in a box of `width` × `height`: the newest value at the right edge, one step a second, the
 * left part empty while there is less than a full minute to draw. Values are 0 to 1 and are clamped.
 */
export function tracePath(history: readonly number[], width: number, height: number, steps = 60): { line: string; area: string } {
  const shown = history.slice(-steps);
  if (shown.length === 0) return { line: '', area: '' };
  const step = width / (steps - 1);
  const first = width - step * (shown.length - 1);
  const points = shown.map((value, index) => {
    const clamped = Math.min(1, Math.max(0, value));
    return `${round(first + index * step)} ${round(height - clamped * height)}`;
  });
  const line = `M${points.join('L')}`;
  return { line, area: `${line}L${round(width)} ${round(height)}L${round(first)} ${round(height)}Z` };
}

const round = (value: number): number => Math.round(value * 10) / 10;

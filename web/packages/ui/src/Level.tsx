import { Meter } from 'react-aria-components';

const bars = Array.from({ length: 20 }, (_, index) => index);

/** How loud the microphone hears, 0 to 1. Screen readers get the words, not a number ten times a second. */
export function Level({ label, value, words }: { label: string; value: number; words: string }) {
  const lit = Math.round(value * bars.length);
  return (
    <Meter className="level" aria-label={label} value={Math.round(value * 10) * 10} valueLabel={words}>
      <div className="level-bars" aria-hidden="true">
        {bars.map((bar) => <span key={bar} data-lit={bar < lit || undefined} />)}
      </div>
    </Meter>
  );
}

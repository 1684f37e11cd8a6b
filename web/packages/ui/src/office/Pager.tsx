import { Button } from '../Button';
import { NextIcon, PreviousIcon } from './icons';

export interface PagerProps {
  label: string;
  /** Where one is: "1–50 of 4,000". */
  where: string;
  previous: string;
  next: string;
  /** Absent: there is nothing that way. */
  onPrevious?: (() => void) | undefined;
  onNext?: (() => void) | undefined;
}

/** One page on, one page back. Both buttons stay where they are, so that a row of presses hits the same place. */
export function Pager({ label, where, previous, next, onPrevious, onNext }: PagerProps) {
  return (
    <nav className="pager" aria-label={label}>
      <Button icon={<PreviousIcon size={20} />} isDisabled={onPrevious === undefined} onPress={() => onPrevious?.()}>{previous}</Button>
      <p className="pager-where figures">{where}</p>
      <Button className="pager-next" icon={<NextIcon size={20} />} isDisabled={onNext === undefined} onPress={() => onNext?.()}>{next}</Button>
    </nav>
  );
}

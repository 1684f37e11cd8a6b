import { type ReactNode, useId } from 'react';
import { DownIcon } from './icons';

export interface ChoiceProps {
  label: string;
  icon?: ReactNode;
  value: string | null;
  options: readonly { id: string; label: string }[];
  onChange: (id: string) => void;
}

/** One of several. The browser's own list: on a phone nothing is easier to hit or better known. */
export function Choice({ label, icon, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <div className="choice">
      <label className="choice-label" htmlFor={id}>{icon}{label}</label>
      <span className="choice-box">
        <select id={id} value={value ?? options[0]?.id ?? ''} onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => <option key={option.id} value={option.id}>{option.label}</option>)}
        </select>
        <DownIcon />
      </span>
    </div>
  );
}

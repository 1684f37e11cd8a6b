import { type ReactNode, useId } from 'react';

export interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'search' | 'datetime-local';
  /** What may be written here; read out with the field. */
  hint?: string;
  /** What is wrong with what was written. */
  fault?: string | null;
  list?: readonly { value: string; label?: string }[];
  icon?: ReactNode;
  max?: string;
  min?: string;
}

/** One line to write in. The browser's own field for times: it knows the reader's calendar and clock. */
export function Field({ label, value, onChange, type = 'text', hint, fault = null, list, icon, max, min }: FieldProps) {
  const id = useId();
  const described = [hint === undefined ? '' : `${id}-hint`, fault === null ? '' : `${id}-fault`].filter((part) => part !== '').join(' ');
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>{icon}{label}</label>
      <input
        id={id} className="field-input" type={type} value={value} onChange={(event) => onChange(event.target.value)}
        autoComplete="off" autoCapitalize="off" spellCheck={false} max={max} min={min}
        list={list === undefined ? undefined : `${id}-list`}
        aria-describedby={described === '' ? undefined : described} aria-invalid={fault !== null || undefined}
      />
      {list !== undefined && <datalist id={`${id}-list`}>{list.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}</datalist>}
      {hint !== undefined && <p className="field-hint" id={`${id}-hint`}>{hint}</p>}
      {fault !== null && <p className="field-fault" id={`${id}-fault`}>{fault}</p>}
    </div>
  );
}

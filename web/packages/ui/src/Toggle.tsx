import type { ReactNode } from 'react';
import { Switch } from 'react-aria-components';

export interface ToggleProps {
  on: boolean;
  onChange: (on: boolean) => void;
  children: ReactNode;
}

export function Toggle({ on, onChange, children }: ToggleProps) {
  return (
    <Switch className="switch" isSelected={on} onChange={onChange}>
      <span className="switch-track" aria-hidden="true"><span className="switch-thumb" /></span>
      <span>{children}</span>
    </Switch>
  );
}

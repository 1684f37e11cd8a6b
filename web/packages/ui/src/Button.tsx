import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';

/** `main`: the one next step of a page. `danger`: something ends. `plain`: beside the way. */
export type ButtonKind = 'main' | 'usual' | 'danger' | 'plain';

export interface ButtonProps extends Omit<AriaButtonProps, 'children' | 'className' | 'style'> {
  kind?: ButtonKind;
  icon?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Button({ kind = 'usual', icon, className, children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} data-kind={kind} className={className === undefined ? 'button' : `button ${className}`}>
      {icon}
      <span>{children}</span>
    </AriaButton>
  );
}

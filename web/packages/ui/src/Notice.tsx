import type { ReactNode } from 'react';
import { AlertIcon, DoneIcon, InfoIcon } from './icons';

export type Tone = 'calm' | 'done' | 'attention' | 'danger';

export interface NoticeProps {
  tone?: Tone;
  title: ReactNode;
  children?: ReactNode;
  /** Buttons under the words. */
  acts?: ReactNode;
  /** For support: the same everywhere and never translated. */
  code?: ReactNode;
  id?: string;
}

/** Something that happened, in words. It announces nothing itself: the page's live region does that once. */
export function Notice({ tone = 'calm', title, children, acts, code, id }: NoticeProps) {
  const Mark = tone === 'attention' || tone === 'danger' ? AlertIcon : tone === 'done' ? DoneIcon : InfoIcon;
  return (
    <div className="notice" data-tone={tone} id={id}>
      <Mark />
      <div className="notice-body">
        <p className="notice-title">{title}</p>
        {children}
        {acts !== undefined && <div className="notice-acts">{acts}</div>}
        {code !== undefined && <p className="notice-code">{code}</p>}
      </div>
    </div>
  );
}

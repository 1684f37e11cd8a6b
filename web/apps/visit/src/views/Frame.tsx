import { Button, DoneIcon } from '@wardline/ui';
import { Brand } from '@wardline/ui/page';
import type { ReactNode } from 'react';
import { languages } from '../words';
import { useLanguage } from './language';
import { useStore, useTools, useWords } from './page';

/** The paper pages: name, language, one column. */
export function Frame({ children, wide = false, step }: { children: ReactNode; wide?: boolean; step?: 'check' | 'waiting' }) {
  const words = useWords();
  return (
    <div className="frame" data-wide={wide || undefined}>
      <header className="frame-head">
        <Brand name={words.product} />
        <LanguageButton />
      </header>
      <main className="frame-main">
        {step !== undefined && <Steps now={step} />}
        {children}
      </main>
    </div>
  );
}

export function LanguageButton() {
  const { language, setLanguage } = useLanguage();
  const other = language === 'en' ? 'es' : 'en';
  return <Button kind="plain" lang={other} onPress={() => setLanguage(other)}>{languages[other].own}</Button>;
}

const order = ['check', 'waiting', 'call'] as const;

function Steps({ now }: { now: 'check' | 'waiting' }) {
  const { flow } = useTools();
  const { steps } = useWords();
  const { me } = useStore(flow.state);
  if (me === null || me.role === 'clinician') return null;
  const at = order.indexOf(now);
  return (
    <ol className="steps" role="list" aria-label={steps.label}>
      {order.map((step, index) => (
        <li key={step} data-state={index < at ? 'done' : index === at ? 'now' : 'next'} aria-current={index === at ? 'step' : undefined}>
          {index < at && <DoneIcon size={20} />}
          {steps[step]}
          {index < at && <span className="visually-hidden"> ({steps.done})</span>}
        </li>
      ))}
    </ol>
  );
}

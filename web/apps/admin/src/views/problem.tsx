import { Button, Notice } from '@wardline/ui';
import { own } from '../own';
import type { Words } from '../words';
import { useWords } from './page';

export function problemOf(code: string, words: Words) {
  return own<Words['problems']['other']>(words.problems, code) ?? words.problems.other;
}

/** What happened, what it means, what to do, and a code for support. */
export function Problem({ code, onRetry, tone = 'attention', title }: { code: string; onRetry?: (() => void) | undefined; tone?: 'attention' | 'danger'; title?: string }) {
  const words = useWords();
  const text = problemOf(code, words);
  return (
    <Notice
      tone={tone} title={title ?? text.title} code={words.code(code)}
      {...(onRetry === undefined ? {} : { acts: <Button onPress={onRetry}>{words.tryAgain}</Button> })}
    >
      <p>{title === undefined ? '' : `${text.title}. `}{text.means} {text.next}</p>
    </Notice>
  );
}

import { type ReactNode, useEffect, useRef } from 'react';

/** A heading that takes the focus when its page appears, so that keyboard and screen reader start there. */
export function PageHeading({ children, hidden = false }: { children: ReactNode; hidden?: boolean }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Not on the very first page: the browser has just read the document's title.
    if (document.documentElement.dataset['moved'] === 'yes') ref.current?.focus({ preventScroll: hidden });
    document.documentElement.dataset['moved'] = 'yes';
  }, [hidden]);
  return <h1 ref={ref} tabIndex={-1} className={hidden ? 'visually-hidden' : undefined}>{children}</h1>;
}

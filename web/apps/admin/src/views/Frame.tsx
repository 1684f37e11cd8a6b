import { AlertIcon, Button } from '@wardline/ui';
import { ChainIcon, KeyIcon, ListIcon, OutIcon } from '@wardline/ui/office';
import { Brand } from '@wardline/ui/page';
import { type ReactNode, use, useState } from 'react';
import { languages } from '../words';
import { has, Link, SignedInContext, useLanguage, useStore, useTools, useWords } from './page';
import { useBroken } from './watch';

/** Name, pages, who one is; below it the page. */
export function Frame({ children }: { children: ReactNode }) {
  const words = useWords();
  const signedIn = use(SignedInContext);
  return (
    <div className="frame">
      <a className="skip" href="#content" onClick={(event) => { event.preventDefault(); document.getElementById('content')?.focus(); }}>{words.frame.skip}</a>
      <header className="frame-head">
        <Brand name={words.product} />
        {signedIn !== null && <Nav />}
        <div className="frame-you">
          {signedIn !== null && <You />}
          <LanguageButton />
          {signedIn !== null && <SignOut />}
        </div>
      </header>
      {signedIn !== null && <AlertBar />}
      <main className="frame-main" id="content" tabIndex={-1}>{children}</main>
    </div>
  );
}

function Nav() {
  const { router } = useTools();
  const route = useStore(router.state);
  const { frame } = useWords();
  const { me } = use(SignedInContext) ?? {};
  if (me === undefined) return null;
  const officer = has(me, 'privacy-officer');
  const here = (...at: string[]) => at.includes(route.at) || (route.at === 'home' && at.includes(officer ? 'audit' : 'keys'));
  return (
    <nav className="frame-nav" aria-label={frame.nav}>
      {officer && <Link to={{ at: 'audit', query: '' }} className="frame-link" current={here('audit', 'entry', 'visit')}><ListIcon size={20} />{frame.audit}</Link>}
      {officer && <Link to={{ at: 'integrity' }} className="frame-link" current={here('integrity')}><ChainIcon size={20} />{frame.integrity}</Link>}
      {has(me, 'key-administrator') && <Link to={{ at: 'keys' }} className="frame-link" current={here('keys')}><KeyIcon size={20} />{frame.keys}</Link>}
    </nav>
  );
}

function You() {
  const { frame } = useWords();
  const { me } = use(SignedInContext) ?? {};
  if (me === undefined) return null;
  return <p className="frame-name"><span>{me.name}</span><span className="soft small">{me.roles.map((role) => frame.roles[role]).join(', ')}</span></p>;
}

function SignOut() {
  const { session, announcer } = useTools();
  const { frame } = useWords();
  const [failed, setFailed] = useState(false);
  const out = () => {
    setFailed(false);
    session.signOut().catch(() => {
      setFailed(true);
      announcer.say(frame.notSignedOut, true);
    });
  };
  return (
    <>
      <Button kind="plain" icon={<OutIcon size={20} />} className="frame-out" onPress={out}>{frame.signOut}</Button>
      {failed && <p className="frame-failed">{frame.notSignedOut}</p>}
    </>
  );
}

function LanguageButton() {
  const { language, setLanguage } = useLanguage();
  const other = language === 'en' ? 'es' : 'en';
  return <Button kind="plain" lang={other} onPress={() => setLanguage(other)}>{languages[other].own}</Button>;
}

/** On every page, once the log is known to be broken: nobody reads a list of a broken log without knowing. */
function AlertBar() {
  const broken = useBroken();
  const { router } = useTools();
  const { at } = useStore(router.state);
  const { frame } = useWords();
  if (!broken || at === 'integrity') return null;
  return (
    <section className="alert-bar" aria-label={frame.alert}>
      <AlertIcon size={20} /><p><strong>{frame.alert}.</strong> <Link to={{ at: 'integrity' }}>{frame.alertGo}</Link></p>
    </section>
  );
}

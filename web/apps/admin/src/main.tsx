import { Announcer, browserTimer } from '@wardline/ui/plain';
import '@wardline/ui/styles.css';
import '@wardline/ui/office.css';
import './styles/pages.css';
import './styles/audit.css';
import './styles/log-and-keys.css';
import { createRoot } from 'react-dom/client';
import { LogMemory } from './proof/log-memory';
import { Router, takeSecret } from './route';
import { saveFile } from './save';
import { Session } from './session/session';
import { App } from './views/App';

// Before anything else: nothing that runs later can see, log or send the secret from the address.
const secret = takeSecret(location, history);

const router = new Router({ location: () => location, history });
const session = new Session({ fetcher: (input, init) => fetch(input, init), storage: sessionStorage });

addEventListener('popstate', () => router.moved());
addEventListener('hashchange', () => {
  const another = takeSecret(location, history);
  if (another !== null) void session.arrive(another);
  router.moved();
});

const now = (): Date => new Date();
const tools = {
  session, router, now,
  announcer: new Announcer(),
  memory: new LogMemory(localStorage, now),
  timer: browserTimer,
  storage: localStorage,
  save: saveFile,
};

const root = document.getElementById('root');
if (root === null) throw new Error('No root element');
createRoot(root).render(<App tools={tools} languages={navigator.languages} />);
void session.arrive(secret);

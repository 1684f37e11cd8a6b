import { checkSupport, exchangeLink, loadVisit, signOut } from '@wardline/client';
import { Announcer, browserTimer } from '@wardline/ui/plain';
import '@wardline/ui/styles.css';
import './styles/pages.css';
import './styles/room.css';
import { createRoot } from 'react-dom/client';
import { playTone } from './call/tone';
import { audioContext, browserDesk, webAudioEar } from './devices/browser';
import { Desk } from './devices/desk';
import { Listener } from './devices/listen';
import { platformOf } from './devices/platform';
import { Flow } from './flow/flow';
import { takeSecret, visitOf } from './flow/link';
import { type Memory, People } from './flow/people';
import { Resume } from './flow/resume';
import { resumeTracks } from './devices/resume';
import { App } from './views/App';

// Before anything else: nothing that runs later can see, log or send the secret from the address.
const secret = takeSecret(location, history);

type Call = typeof import('./call');
let call: Call | null = null;
let loading: Promise<Call> | null = null;

function loadCall(): Promise<Call> {
  loading ??= import('./call').then((module) => (call = module), (error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

const memory: Memory = { session: sessionStorage, local: localStorage };
const desk = new Desk(browserDesk());
const flow = new Flow(visitOf(location.pathname), secret, {
  checkSupport, exchangeLink, loadVisit,
  signOut: (person) => signOut(person),
  openSession: async (visit, person) => (await loadCall()).openSession(visit, person),
  tracks: (mark) => resumeTracks(desk, mark),
  releaseDevices: () => desk.release(),
  people: new People(memory),
  resume: new Resume(memory, () => Date.now()),
  timer: browserTimer,
});

addEventListener('hashchange', () => {
  const another = takeSecret(location, history);
  if (another !== null) void flow.openLink(another);
});

// The call's code comes while the person looks at their picture, so that `Join visit` does not wait for it.
const stopPreload = flow.state.subscribe(() => {
  if (flow.state.get().page.at !== 'check') return;
  stopPreload();
  void loadCall().catch(() => undefined);
});

const tools = {
  flow, desk,
  listener: new Listener(webAudioEar, browserTimer),
  announcer: new Announcer(),
  platform: platformOf(navigator.userAgent, navigator.maxTouchPoints),
  tone: () => void soft(),
  storage: localStorage,
};

async function soft(): Promise<void> {
  const context = audioContext() as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  const { chosen } = desk.state.get().speaker;
  if (chosen !== null) await context.setSinkId?.(chosen).catch(() => undefined);
  if (context.state === 'suspended') await context.resume().catch(() => undefined);
  playTone(context);
}

const root = document.getElementById('root');
if (root === null) throw new Error('No root element');
createRoot(root).render(<App tools={tools} languages={navigator.languages} room={() => call?.RoomPage ?? null} />);
void flow.arrive();

import '@wardline/ui/styles.css';
import '../src/styles/pages.css';
import '../src/styles/room.css';
import type { ParticipantView, VisitSnapshot } from '@wardline/client';
import { createRoot } from 'react-dom/client';
import { Announcer } from '../src/announcer';
import { Desk } from '../src/devices/desk';
import { Listener } from '../src/devices/listen';
import { resumeTracks } from '../src/devices/resume';
import { Flow } from '../src/flow/flow';
import { People } from '../src/flow/people';
import { Resume } from '../src/flow/resume';
import { browserTimer } from '../src/timer';
import { App } from '../src/views/App';
import { RoomPage } from '../src/views/RoomPage';
import { languages } from '../src/words';
import { FakeDevices } from './fake-devices';
import { FakeSession } from './fake-session';
import { forClinician, visit } from './people';
import { drawnPerson, hum } from './pictures';
import { type Scene, scenes } from './scenes';

/* One state of the visit page, by name: ?scene=call&lang=es. The real pages on scripted people and devices. */
const asked = new URLSearchParams(location.search);
const scene: Scene = scenes[asked.get('scene') ?? 'check'] ?? {};
const language = asked.get('lang') === 'es' ? 'es' : 'en';

const memory = (() => {
  const kept = new Map<string, string>();
  return { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k) };
})();

const devices = new FakeDevices(
  (device) => {
    const track = device.kind === 'videoinput' ? drawnPerson(200).getVideoTracks()[0] : hum();
    if (track === undefined) throw new Error('No track');
    track.getSettings = () => ({ deviceId: device.deviceId });
    return track;
  },
  (tracks) => new MediaStream(tracks),
);
if (scene.devices !== undefined) devices.devices = scene.devices;
if (scene.refuseDevices !== undefined) devices.refusal = { camera: scene.refuseDevices, microphone: scene.refuseDevices };

const info = scene.info ?? visit;
const session = new FakeSession(scene.refuseJoin ?? withPictures(scene.joined ?? { phase: 'waiting' }));
const desk = new Desk(devices.ports);
const flow = new Flow('v1', 'secret', {
  checkSupport: () => ({ supported: scene.unsupported === undefined, missing: [...(scene.unsupported ?? [])] }),
  exchangeLink: () => scene.neverAnswers ? new Promise(() => undefined)
    : scene.refuseLink !== undefined ? Promise.reject(scene.refuseLink) : Promise.resolve({ person: info.you, visit: 'v1' }),
  loadVisit: () => Promise.resolve(info),
  openSession: () => Promise.resolve(session),
  tracks: (mark) => resumeTracks(desk, mark),
  releaseDevices: () => desk.release(),
  people: new People({ session: memory, local: memory }),
  resume: new Resume({ session: memory, local: memory }, () => Date.now()),
});

const root = document.getElementById('root');
if (root === null) throw new Error('No root element');
createRoot(root).render(
  <App
    languages={[language]} room={() => RoomPage}
    tools={{
      flow, desk, listener: new Listener(() => ({ hear: (samples) => { samples.fill(0.06); return true; }, close: () => undefined }), browserTimer),
      announcer: new Announcer(), platform: { browser: 'chrome-desktop', system: 'mac' }, tone: () => undefined, storage: memory,
    }}
  />,
);

await flow.arrive();
if (scene.joined !== undefined || scene.refuseJoin !== undefined) {
  await until(() => desk.state.get().camera.state === 'on');
  await flow.join();
  if (scene.then !== undefined) {
    await pause(50);
    session.change(scene.then);
  }
}
for (const name of scene.press ?? []) {
  await pause(80);
  const called = words(name);
  const button = [...document.querySelectorAll('button')].find((b) => (b.getAttribute('aria-label') ?? b.textContent) === called && b.offsetParent !== null);
  button?.click();
}
document.documentElement.dataset['scene'] = 'ready';

/** The name of a button in the language of the page. */
function words(name: string): string {
  const [en, here] = [languages.en, languages[language]];
  for (const group of ['call', 'room'] as const) {
    for (const [key, value] of Object.entries(en[group])) {
      const there = (here[group] as Record<string, unknown>)[key];
      if (value === name && typeof there === 'string') return there;
      if (typeof value === 'function' && typeof there === 'function' && (value as (n: string) => string)('Maria Alvarez') === name) return (there as (n: string) => string)('Maria Alvarez');
    }
  }
  return name;
}

function withPictures(snapshot: Partial<VisitSnapshot>): Partial<VisitSnapshot> {
  const upright = innerWidth < 600;
  return {
    ...snapshot,
    participants: (snapshot.participants ?? []).map((p: ParticipantView, index) =>
      p.isYou || !p.cameraOn || p.state !== 'in-call' ? p
        : { ...p, cameraStream: info === forClinician && index === 1 || upright ? drawnPerson(30 + index * 37, 720, 1280) : drawnPerson(150 + index * 37) }),
  };
}

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; !done() && tries < 40; tries++) await pause(25);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

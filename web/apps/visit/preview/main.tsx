import '@wardline/ui/styles.css';
import '../src/styles/pages.css';
import '../src/styles/room.css';
import type { ParticipantView, VisitSnapshot } from '@wardline/client';
import { createRoot } from 'react-dom/client';
import { App } from '../src/views/App';
import { RoomPage } from '../src/views/RoomPage';
import { languages } from '../src/words';
import { FakeDevices } from './fake-devices';
import { forClinician } from './people';
import { drawnPerson, hum } from './pictures';
import { type Scene, scenes } from './scenes';
import { makeWorld } from './world';

/* One state of the visit page, by name: ?scene=call&lang=es. The real pages on scripted people and devices. */
const asked = new URLSearchParams(location.search);
const scene: Scene = scenes[asked.get('scene') ?? 'check'] ?? {};
const language = asked.get('lang') === 'es' ? 'es' : 'en';

const devices = new FakeDevices(
  (device) => {
    const track = device.kind === 'videoinput' ? drawnPerson(200).getVideoTracks()[0] : hum();
    if (track === undefined) throw new Error('No track');
    track.getSettings = () => ({ deviceId: device.deviceId });
    return track;
  },
  (tracks) => new MediaStream(tracks),
);
const world = makeWorld(scene.joined === undefined ? scene : { ...scene, joined: withPictures(scene.joined) }, devices, pause);

const root = document.getElementById('root');
if (root === null) throw new Error('No root element');
createRoot(root).render(<App tools={world.tools} languages={[language]} room={() => RoomPage} />);

await world.play();
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
        : { ...p, cameraStream: scene.info === forClinician && index === 1 || upright ? drawnPerson(30 + index * 37, 360, 640) : drawnPerson(150 + index * 37) }),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import '@wardline/ui/styles.css';
import '@wardline/ui/office.css';
import '../src/styles/pages.css';
import '../src/styles/audit.css';
import '../src/styles/log-and-keys.css';
import { createRoot } from 'react-dom/client';
import { App } from '../src/views/App';
import { translate } from './names';
import { type Scene, scenes } from './scenes';
import { makeWorld } from './world';

/* One state of the admin pages, by name: ?scene=audit&lang=es. The real pages before a scripted server. */
const asked = new URLSearchParams(location.search);
const scene: Scene = scenes[asked.get('scene') ?? 'audit'] ?? {};
const language = asked.get('lang') === 'es' ? 'es' : 'en';

const world = await makeWorld(scene);
const root = document.getElementById('root');
if (root === null) throw new Error('No root element');
createRoot(root).render(<App tools={world.tools} languages={[language]} />);
void world.arrive();

const pause = (ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms); });

async function until<T>(find: () => T | null | undefined): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const found = find();
    if (found !== null && found !== undefined) return found;
    await pause(25);
  }
  throw new Error(`Scene ${asked.get('scene')} in ${language} has not what it should press`);
}

const visible = (element: HTMLElement): boolean => element.getClientRects().length > 0;

await pause(60);
if (scene.write !== undefined) {
  const [label, text] = [translate(scene.write[0], language), scene.write[1]];
  for (const closed of document.querySelectorAll<HTMLDetailsElement>('details:not([open])')) closed.open = true;
  const field = await until(() => [...document.querySelectorAll('label')].find((one) => one.textContent === label)?.control as HTMLInputElement | undefined);
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(field, text);
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await pause(60);
}
for (const name of scene.press ?? []) {
  const called = translate(name, language);
  const target = await until(() => [...document.querySelectorAll<HTMLElement>('button, [role="tab"]')]
    .find((one) => (one.getAttribute('aria-label') ?? one.textContent) === called && visible(one)));
  target.click();
  await pause(120);
}
await pause(150);
document.documentElement.dataset['scene'] = 'ready';

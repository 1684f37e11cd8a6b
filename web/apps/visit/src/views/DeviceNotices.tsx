import { Button, Notice } from '@wardline/ui';
import type { Kind } from '../devices/desk';
import { useStore, useTools, useWords } from './page';

/** What is wrong with camera or microphone, what it means for the visit, and what to do. */
export function DeviceNotices() {
  return <><DeviceNotice kind="camera" /><DeviceNotice kind="microphone" /></>;
}

function DeviceNotice({ kind }: { kind: Kind }) {
  const { desk, platform } = useTools();
  const words = useWords();
  const state = useStore(desk.state);
  const { failure, switchedTo } = state[kind];

  if (switchedTo !== null) {
    const name = switchedTo === '' ? words.check[kind] : switchedTo;
    return (
      <Notice tone="calm" title={words.failures.switched[kind](name)}
        acts={<Button onPress={() => desk.dismissSwitched(kind)}>{words.close}</Button>} />
    );
  }
  if (failure === null) return null;

  const refused = failure === 'denied' || failure === 'denied-by-system' ? failure : null;
  // Both refused by one answer: explained once, and tried again together.
  const both = refused !== null && state.camera.failure === state.microphone.failure;
  if (both && kind === 'microphone') return null;
  const { title, means } = both ? words.failures.both[refused] : words.failures[kind][failure];
  const retry = () => void (both ? desk.start() : desk.turnOn(kind));
  const todo = failure === 'denied' ? words.permission.browser[platform.browser]
    : failure === 'denied-by-system' ? words.permission.system[platform.system] : [];
  return (
    <Notice tone="attention" title={title} code={words.code(`device.${both ? 'both' : kind}.${failure}`)}
      acts={<Button onPress={retry}>{words.tryAgain}</Button>}>
      <p>{means}</p>
      {todo.length > 0 && (
        <ol className="steps-to-do" aria-label={words.permission.heading}>{todo.map((step) => <li key={step}>{step}</li>)}</ol>
      )}
    </Notice>
  );
}

import { expect, test } from 'vitest';
import { laptop } from '../preview/fake-devices';
import { Desk } from '../src/devices/desk';
import { failureOf } from '../src/devices/failure';
import { resumeTracks } from '../src/devices/resume';
import { type FakeTrack, fakeDevices, settled } from './fakes';

const denied = new DOMException('Permission denied', 'NotAllowedError');
const open = (devices = fakeDevices()) => ({ devices, desk: new Desk(devices.ports) });
const live = (devices: ReturnType<typeof fakeDevices>) => devices.tracks.filter((t) => t.readyState === 'live').map((t) => t.label);
const unplug = (track: MediaStreamTrack | null) => (track as unknown as FakeTrack).unplug();

test('Camera and microphone are asked for with one question', async () => {
  const { desk, devices } = open();
  await desk.start();
  expect(devices.asked).toEqual(['camera:user+microphone']);
  expect(desk.state.get().camera).toMatchObject({ state: 'on', chosen: 'cam-1', failure: null });
  expect(desk.state.get().microphone).toMatchObject({ state: 'on', chosen: 'mic-1' });
  expect(desk.state.get().speaker.choices).toHaveLength(2);
});

test('A no is a no: nobody is asked a second time', async () => {
  const { desk, devices } = open();
  devices.refusal = { camera: denied, microphone: denied };
  await desk.start();
  expect(devices.asked).toHaveLength(1);
  expect(desk.state.get().camera).toMatchObject({ state: 'failed', failure: 'denied' });
  expect(desk.state.get().microphone).toMatchObject({ state: 'failed', failure: 'denied' });
});

test('A denied camera does not cost the microphone that was allowed', async () => {
  const { desk, devices } = open();
  devices.refusal = { camera: denied };
  devices.permissions = { camera: 'denied', microphone: 'granted' };
  await desk.start();
  expect(desk.state.get().camera.failure).toBe('denied');
  expect(desk.state.get().microphone.state).toBe('on');
});

test('Without a camera the microphone still works', async () => {
  const { desk, devices } = open();
  devices.devices = laptop.filter((d) => d.kind !== 'videoinput');
  await desk.start();
  expect(desk.state.get().camera).toMatchObject({ state: 'failed', failure: 'none', track: null });
  expect(desk.state.get().microphone.state).toBe('on');
});

test('Trying again after a no works once the browser allows it', async () => {
  const { desk, devices } = open();
  devices.refusal = { camera: denied, microphone: denied };
  await desk.start();
  devices.refusal = {};
  await desk.start();
  expect(desk.state.get().camera).toMatchObject({ state: 'on', failure: null });
});

test('Off means off: the track is stopped and let go', async () => {
  const { desk, devices } = open();
  await desk.start();
  desk.turnOff('camera');
  expect(desk.state.get().camera).toMatchObject({ state: 'off', track: null });
  expect(live(devices)).toEqual(['Built-in microphone']);
});

test('Another camera replaces the first, whose light goes out', async () => {
  const { desk, devices } = open();
  await desk.start();
  await desk.choose('camera', 'cam-2');
  expect(desk.state.get().camera).toMatchObject({ state: 'on', chosen: 'cam-2' });
  expect(live(devices)).toEqual(['Built-in microphone', 'Logitech BRIO']);
});

test('Choosing while it is off switches nothing on', async () => {
  const { desk, devices } = open();
  await desk.start();
  desk.turnOff('camera');
  await desk.choose('camera', 'cam-2');
  expect(desk.state.get().camera).toMatchObject({ state: 'off', track: null, chosen: 'cam-2' });
  await desk.turnOn('camera');
  expect(live(devices)).toContain('Logitech BRIO');
});

test('The newest choice wins, whichever answers first', async () => {
  const { desk, devices } = open();
  await desk.start();
  const slow = desk.choose('microphone', 'mic-2');
  const fast = desk.choose('microphone', 'mic-1');
  await Promise.all([slow, fast]);
  expect(desk.state.get().microphone.chosen).toBe('mic-1');
  expect(live(devices).filter((label) => label !== 'FaceTime HD Camera')).toEqual(['Built-in microphone']);
});

test('Switching off while the browser still asks leaves nothing running', async () => {
  const { desk, devices } = open();
  const asked = desk.turnOn('camera');
  desk.turnOff('camera');
  await asked;
  expect(desk.state.get().camera).toMatchObject({ state: 'off', track: null });
  expect(live(devices)).toEqual([]);
});

test('An unplugged microphone is replaced by another, and said so', async () => {
  const { desk, devices } = open();
  await desk.start();
  devices.devices = laptop.filter((d) => d.deviceId !== 'mic-1');
  unplug(desk.state.get().microphone.track);
  await settled();
  expect(desk.state.get().microphone).toMatchObject({ state: 'on', chosen: 'mic-2', switchedTo: 'Jabra Evolve headset' });
  desk.dismissSwitched('microphone');
  expect(desk.state.get().microphone.switchedTo).toBeNull();
});

test('The only camera, unplugged, is lost until it is plugged in again', async () => {
  const { desk, devices } = open();
  const one = laptop.filter((d) => d.deviceId !== 'cam-2');
  devices.devices = one;
  await desk.start();
  devices.devices = one.filter((d) => d.kind !== 'videoinput');
  unplug(desk.state.get().camera.track);
  await settled();
  expect(desk.state.get().camera).toMatchObject({ state: 'failed', failure: 'lost', track: null });
  devices.plug(one);
  await settled();
  expect(desk.state.get().camera).toMatchObject({ state: 'on', failure: null });
});

test('A chosen device that is gone gives way to any other', async () => {
  const { desk, devices } = open();
  await desk.start();
  devices.devices = laptop.filter((d) => d.deviceId !== 'cam-2');
  await desk.choose('camera', 'cam-2');
  expect(desk.state.get().camera).toMatchObject({ state: 'on', chosen: 'cam-1' });
});

test('Switch camera goes round the cameras of a computer', async () => {
  const { desk } = open();
  await desk.start();
  await desk.flip();
  expect(desk.state.get().camera.chosen).toBe('cam-2');
  await desk.flip();
  expect(desk.state.get().camera.chosen).toBe('cam-1');
});

test('On a phone it turns from the face to the room and back', async () => {
  const { desk, devices } = open();
  await desk.start();
  const { track } = desk.state.get().camera;
  if (track === null) throw new Error('no track');
  track.getSettings = () => ({ deviceId: 'cam-1', facingMode: 'user' });
  await desk.flip();
  expect(devices.asked.at(-1)).toBe('camera:environment');
  expect(desk.state.get().facing).toBe('environment');
});

test('Closing stops everything and no longer listens', async () => {
  const { desk, devices } = open();
  await desk.start();
  desk.close();
  expect(live(devices)).toEqual([]);
  expect(devices.listening).toBe(0);
});

test('After a reload only what was on comes on, and no prompt stands in the way', async () => {
  const { desk, devices } = open();
  devices.permissions = { camera: 'granted', microphone: 'granted' };
  const tracks = await resumeTracks(desk, { person: 'p', camera: false, microphone: true });
  expect(tracks.camera).toBeNull();
  expect(tracks.microphone?.label).toBe('Built-in microphone');

  const other = open();
  other.devices.permissions = { camera: 'prompt', microphone: 'prompt' };
  const none = await resumeTracks(other.desk, { person: 'p', camera: true, microphone: true });
  expect(none).toEqual({ camera: null, microphone: null });
  await settled();
  expect(other.desk.state.get().camera.state).toBe('on');
});

test.each([
  ['NotAllowedError', 'Permission denied', 'denied'], ['NotAllowedError', 'Permission denied by system', 'denied-by-system'],
  ['NotFoundError', '', 'none'], ['OverconstrainedError', '', 'none'], ['NotReadableError', '', 'busy'], ['AbortError', '', 'busy'],
  ['SecurityError', '', 'denied'], ['TypeError', '', 'failed'],
])('%s (%s) means %s', (name, message, failure) => expect(failureOf({ name, message })).toBe(failure));

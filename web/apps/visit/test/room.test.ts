import { describe, expect, test } from 'vitest';
import { laptop } from '../preview/fake-devices';
import { FakeSession } from '../preview/fake-session';
import { clinicianIn, maria, osei, patientIn, patientWaits } from '../preview/people';
import { Room, undoSeconds } from '../src/call/room';
import { Desk } from '../src/devices/desk';
import { type FakeTrack, fakeDevices, FakeTimer, settled } from './fakes';

async function enter(snapshot = patientIn(), wanted = { camera: true, microphone: true }, late = false) {
  const devices = fakeDevices();
  const desk = new Desk(devices.ports);
  const timer = new FakeTimer();
  const session = new FakeSession();
  if (wanted.camera || wanted.microphone) await desk.start(wanted);
  session.change(snapshot);
  let tones = 0;
  const { camera, microphone } = desk.state.get();
  const joinedWith = late ? { camera: null, microphone: null } : { camera: camera.track, microphone: microphone.track };
  const room = new Room({ session, desk, joinedWith, timer, tone: () => { tones++; } });
  const since = session.calls.length;
  return { room, desk, devices, timer, session, tones: () => tones, sent: () => session.calls.slice(since) };
}

const enabled = (track: MediaStreamTrack | null) => track?.enabled;

describe('Microphone and camera', () => {
  test('Muting tells the others and silences the track at once', async () => {
    const { room, desk, sent } = await enter();
    await room.toggle('microphone');
    expect(room.state.get().microphoneOn).toBe(false);
    expect(sent()).toEqual(['activity', 'setMicrophoneOn false']);
    expect(enabled(desk.state.get().microphone.track)).toBe(false);
    await room.toggle('microphone');
    expect(enabled(desk.state.get().microphone.track)).toBe(true);
    expect(sent().at(-1)).toBe('setMicrophoneOn true');
  });

  test('Stopping the video switches the camera off, not only the picture', async () => {
    const { room, desk, devices, sent } = await enter();
    await room.toggle('camera');
    await settled();
    expect(desk.state.get().camera.track).toBeNull();
    expect(devices.tracks.find((t) => t.kind === 'video')?.readyState).toBe('ended');
    expect(sent()).toEqual(['activity', 'setCameraOn false', 'replaceCamera none']);
    await room.toggle('camera');
    await settled();
    expect(sent().slice(3)).toEqual(['setCameraOn true', 'replaceCamera FaceTime HD Camera']);
  });

  test('Who joined without a microphone can unmute later', async () => {
    const { room, devices, sent } = await enter(patientIn(), { camera: false, microphone: false });
    expect(room.state.get()).toMatchObject({ microphoneOn: false, cameraOn: false });
    await room.toggle('microphone');
    await settled();
    expect(devices.asked).toEqual(['microphone']);
    expect(sent()).toEqual(['activity', 'setMicrophoneOn true', 'replaceMicrophone Built-in microphone']);
  });

  test('A camera that came while the way in took its time is sent as soon as one is in', async () => {
    const { sent } = await enter(patientIn(), { camera: true, microphone: true }, true);
    await settled();
    expect(sent()).toEqual(['replaceCamera FaceTime HD Camera', 'replaceMicrophone Built-in microphone']);
  });

  test('The client is told what is off, before a device could be sent unasked', async () => {
    const { session } = await enter(patientIn(), { camera: false, microphone: false });
    expect(session.calls).toEqual(['setMicrophoneOn false', 'setCameraOn false']);
  });

  test('Another microphone chosen while muted stays silent', async () => {
    const { room, desk, sent } = await enter();
    await room.toggle('microphone');
    await desk.choose('microphone', 'mic-2');
    await settled();
    expect(desk.state.get().microphone.track?.label).toBe('Jabra Evolve headset');
    expect(enabled(desk.state.get().microphone.track)).toBe(false);
    expect(sent()).toContain('replaceMicrophone Jabra Evolve headset');
    expect(sent()).not.toContain('setMicrophoneOn true');
  });

  test('Unmuting that the browser refuses stays muted and says why', async () => {
    const { room, desk, devices, sent } = await enter(patientIn(), { camera: false, microphone: false });
    devices.refusal = { microphone: new DOMException('no', 'NotAllowedError') };
    await room.toggle('microphone');
    expect(room.state.get().microphoneOn).toBe(false);
    expect(desk.state.get().microphone.failure).toBe('denied');
    expect(sent()).toEqual(['activity']);
  });

  test('A camera that is pulled out is told to the others, and comes back by itself', async () => {
    const { desk, devices, room, sent } = await enter();
    const without = laptop.filter((d) => d.kind !== 'videoinput');
    devices.devices = without;
    (desk.state.get().camera.track as unknown as FakeTrack).unplug();
    await settled();
    expect(room.state.get().cameraOn).toBe(false);
    expect(sent()).toEqual(['replaceCamera none', 'setCameraOn false']);
    devices.plug(laptop);
    await settled();
    expect(room.state.get().cameraOn).toBe(true);
    expect(sent().slice(2)).toEqual(['setCameraOn true', 'replaceCamera FaceTime HD Camera']);
  });

  test('Changing the camera does not tell the others that it is off', async () => {
    const { desk, room, sent } = await enter();
    await desk.choose('camera', 'cam-2');
    await settled();
    expect(room.state.get().cameraOn).toBe(true);
    expect(sent().filter((call) => call.startsWith('setCameraOn'))).toEqual([]);
    expect(sent().at(-1)).toBe('replaceCamera Logitech BRIO');
  });
});

describe('The waiting room, seen by the clinician', () => {
  const waiting = () => clinicianIn({ participants: [osei({ isYou: true }), maria({ state: 'waiting' })] });

  test('Who waits already when the clinician comes is heard and shown', async () => {
    const { room, tones } = await enter(waiting());
    expect(tones()).toBe(1);
    expect(room.state.get().arrived).toEqual({ participant: 'maria', name: 'Maria Alvarez' });
  });

  test('One tone for one coming, and the notice goes after a while', async () => {
    const { room, session, timer, tones } = await enter(clinicianIn({ participants: [osei({ isYou: true })] }));
    expect(tones()).toBe(0);
    session.change(waiting());
    session.change({ idleSecondsLeft: null });
    expect(tones()).toBe(1);
    timer.pass(8_000);
    expect(room.state.get().arrived).toBeNull();
  });

  test('A connection that flickers does not ring twice, coming back after a while does', async () => {
    const { session, timer, tones } = await enter(waiting());
    session.changePerson('maria', { state: 'away' });
    timer.pass(20_000);
    session.changePerson('maria', { state: 'waiting' });
    expect(tones()).toBe(1);
    session.changePerson('maria', { state: 'away' });
    timer.pass(31_000);
    session.changePerson('maria', { state: 'waiting' });
    expect(tones()).toBe(2);
  });

  test('Whom the clinician sends back does not ring', async () => {
    const { room, tones } = await enter(clinicianIn());
    await room.hold('maria');
    expect(tones()).toBe(0);
  });

  test('A patient hears nothing of other people waiting', async () => {
    const { tones } = await enter(patientIn({ participants: [maria({ isYou: true }), osei(), maria({ id: 'x', state: 'waiting' })] }));
    expect(tones()).toBe(0);
  });

  test('Admit is sent once however often it is pressed', async () => {
    const { room, sent } = await enter(waiting());
    await Promise.all([room.admit('maria'), room.admit('maria')]);
    expect(sent().filter((call) => call === 'admit maria')).toHaveLength(1);
    expect(room.state.get()).toMatchObject({ busy: [], arrived: null });
  });

  test('A refused act is shown with its code', async () => {
    const { room, session } = await enter(waiting());
    session.admit = () => Promise.reject(Object.assign(new Error('no'), { code: 'signal.not-allowed' }));
    await room.admit('maria');
    expect(room.state.get()).toMatchObject({ refused: { code: 'signal.not-allowed' }, busy: [] });
    room.dismissRefused();
    expect(room.state.get().refused).toBeNull();
  });
});

describe('Removing', () => {
  test('happens after the seconds for undoing, and not before', async () => {
    const { room, timer, sent } = await enter(clinicianIn());
    room.remove(maria());
    timer.pass(undoSeconds * 1000 - 1);
    expect(room.state.get().removing?.secondsLeft).toBe(1);
    expect(sent()).not.toContain('remove maria');
    timer.pass(1);
    expect(sent()).toContain('remove maria');
    expect(room.state.get().removing).toBeNull();
  });

  test('can be undone', async () => {
    const { room, timer, sent } = await enter(clinicianIn());
    room.remove(maria());
    timer.pass(3_000);
    room.undoRemove();
    timer.pass(60_000);
    expect(sent()).not.toContain('remove maria');
  });

  test('is not forgotten when the clinician leaves within these seconds', async () => {
    const { room, sent } = await enter(clinicianIn());
    room.remove(maria());
    await room.leave();
    expect(sent().slice(-2)).toEqual(['remove maria', 'leave']);
  });

  test('a second person carries out the first at once', async () => {
    const { room, sent } = await enter(clinicianIn());
    room.remove(maria());
    room.remove(maria({ id: 'ruth', name: 'Ruth Lindqvist' }));
    expect(sent()).toContain('remove maria');
    expect(room.state.get().removing?.participant).toBe('ruth');
  });

  test('is over when the person has gone anyway', async () => {
    const { room, session, timer, sent } = await enter(clinicianIn());
    room.remove(maria());
    session.change({ participants: [osei({ isYou: true })] });
    expect(room.state.get().removing).toBeNull();
    timer.pass(60_000);
    expect(sent()).not.toContain('remove maria');
  });
});

describe('Signs of life', () => {
  test('are sent at most every twenty seconds', async () => {
    const { room, timer, sent } = await enter();
    room.touched();
    room.touched();
    timer.pass(19_999);
    room.touched();
    expect(sent()).toEqual(['activity']);
    timer.pass(1);
    room.touched();
    expect(sent()).toEqual(['activity', 'activity']);
  });

  test('under the idle warning only its own button counts', async () => {
    const { room, session, sent } = await enter(patientIn({ idleSecondsLeft: 40 }));
    room.touched();
    expect(sent()).toEqual([]);
    room.stillHere();
    expect(sent()).toEqual(['activity']);
    expect(session.getSnapshot().idleSecondsLeft).toBeNull();
  });
});

test('Being admitted is heard, and being sent back is remembered for the words', async () => {
  const { room, session, tones } = await enter(patientWaits());
  session.change(patientIn());
  expect(tones()).toBe(1);
  expect(room.state.get().heldBack).toBe(false);
  session.change(patientWaits());
  expect(room.state.get().heldBack).toBe(true);
});

test('A closed room listens to nothing more', async () => {
  const { room, session, timer, tones, sent } = await enter(clinicianIn());
  room.remove(maria());
  room.close();
  session.change({ participants: [osei({ isYou: true }), maria({ id: 'new', state: 'waiting' })] });
  timer.pass(60_000);
  expect(tones()).toBe(0);
  expect(sent()).toEqual(['activity']);
});

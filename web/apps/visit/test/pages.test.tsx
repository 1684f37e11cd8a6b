import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { laptop } from '../preview/fake-devices';
import { forClinician, maria, osei, patientIn, patientWaits } from '../preview/people';
import { scenes, type Scene } from '../preview/scenes';
import { makeWorld } from '../preview/world';
import { App } from '../src/views/App';
import { RoomPage } from '../src/views/RoomPage';
import { type FakeTrack, fakeDevices } from './fakes';

const pause = (ms: number) => act(() => new Promise<void>((resolve) => { setTimeout(resolve, ms); }));

async function show(scene: Scene | keyof typeof scenes, language = 'en') {
  const devices = fakeDevices();
  const world = makeWorld(typeof scene === 'string' ? scenes[scene] ?? {} : scene, devices, (ms) => new Promise((resolve) => { setTimeout(resolve, ms); }));
  const view = render(<App tools={world.tools} languages={[language]} room={() => RoomPage} />);
  await act(async () => { await Promise.race([world.play(), new Promise((resolve) => { setTimeout(resolve, 600); })]); });
  await pause(20);
  return { ...world, ...view, devices };
}

const button = (name: string | RegExp) => screen.getByRole('button', { name });
const noButton = (name: string | RegExp) => expect(screen.queryByRole('button', { name })).toBeNull();
const heading = () => screen.getByRole('heading', { level: 1 }).textContent;
const press = async (name: string | RegExp) => {
  fireEvent.click(button(name));
  await pause(30);
};

describe('Every scene', () => {
  test.each(Object.keys(scenes))('%s has one first heading, one main part, a title, and a name on every button, in both languages', async (name) => {
    for (const language of ['en', 'es']) {
      const { unmount } = await show(name, language);
      expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
      expect(screen.getAllByRole('main')).toHaveLength(1);
      expect(document.title).toMatch(/Wardline$/);
      expect(document.title).not.toMatch(/Alvarez|Osei/);
      expect(document.documentElement.lang).toBe(language);
      for (const one of screen.queryAllByRole('button')) expect(one).toHaveAccessibleName();
      unmount();
    }
  });
});

describe('Arriving', () => {
  test('a refused link says what happened, what it means, what to do, and a code', async () => {
    await show('link-refused');
    expect(heading()).toBe('This link does not work');
    expect(screen.getByText(/call your clinic and ask for a new link/)).toBeVisible();
    expect(screen.getByText('Code for support: identity.link-refused')).toBeVisible();
    noButton('Try again');
  });

  test('an error of the server can be tried again, and its code is shown', async () => {
    await show('server-error');
    expect(screen.getByText('Code for support: http.500')).toBeVisible();
    expect(button('Try again')).toBeVisible();
  });

  test('an unsupported browser cannot join', async () => {
    await show('unsupported');
    expect(heading()).toBe('This browser cannot join the visit');
    expect(screen.getByText(/this browser lacks RTCRtpScriptTransform/)).toBeVisible();
    noButton('Join visit');
  });
});

describe('The device check', () => {
  test('shows the picture, the level and one next step', async () => {
    const { session } = await show('check');
    expect(screen.getByLabelText('Your picture, as the others will see it')).toBeInstanceOf(HTMLVideoElement);
    expect(screen.getByRole('meter', { name: 'Microphone level' })).toHaveAttribute('aria-valuetext', 'We can hear you.');
    expect(screen.getByText('Next you come to the waiting room. Dr. Amara Osei will let you in.')).toBeVisible();
    await press('Join visit');
    expect(session.calls[0]).toBe('join camera=true microphone=true');
    expect(heading()).toBe('You are in the waiting room');
  });

  test('without camera and microphone one can join all the same', async () => {
    const { session } = await show('check');
    fireEvent.click(screen.getByRole('switch', { name: 'Use my camera' }));
    fireEvent.click(screen.getByRole('switch', { name: 'Use my microphone' }));
    expect(screen.getByText(/You can join without camera and microphone/)).toBeVisible();
    await press('Join visit');
    expect(session.calls[0]).toBe('join camera=false microphone=false');
  });

  test('a denied permission is explained for this browser, once for both devices', async () => {
    await show('check-denied');
    expect(screen.getByText('Your browser does not let us use the camera and microphone')).toBeVisible();
    expect(screen.getByText('Code for support: device.both.denied')).toBeVisible();
    expect(screen.getAllByRole('list', { name: 'What to do' })).toHaveLength(1);
    expect(screen.getByText('Press the icon at the left end of the address bar.')).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'Try again' })).toHaveLength(1);
    expect(button('Join visit')).toBeEnabled();
  });

  test('trying again after allowing brings the picture', async () => {
    const { devices } = await show('check-denied');
    devices.refusal = {};
    await press('Try again');
    expect(screen.getByLabelText('Your picture, as the others will see it')).toBeInstanceOf(HTMLVideoElement);
    expect(screen.queryByText(/does not let us/)).toBeNull();
  });

  test('another camera, microphone and speaker can be chosen', async () => {
    const { devices, tools } = await show('check');
    fireEvent.change(screen.getByLabelText('Camera'), { target: { value: 'cam-2' } });
    fireEvent.change(screen.getByLabelText('Speaker'), { target: { value: 'out-2' } });
    await pause(20);
    expect(devices.asked.at(-1)).toBe('camera:cam-2');
    expect(tools.desk.state.get().speaker.chosen).toBe('out-2');
  });

  test('one device of a kind is no choice', async () => {
    await show({ devices: laptop.filter((d) => d.deviceId.endsWith('1')) });
    for (const label of ['Camera', 'Microphone', 'Speaker']) expect(screen.queryByLabelText(label)).toBeNull();
  });

  test('a full visit is told with what to do and the code', async () => {
    await show('check-full');
    expect(screen.getByText('The visit is full')).toBeVisible();
    expect(screen.getByText('Code for support: visit.full')).toBeVisible();
    expect(button('Join visit')).toBeEnabled();
  });

  test('joining that takes long is told', async () => {
    await show('check-slow');
    expect(screen.getByText(/It takes longer than usual/)).toBeVisible();
  });

  test('the language can be changed on the page', async () => {
    await show('check');
    await press('Español');
    expect(button('Entrar en la consulta')).toBeVisible();
    expect(document.documentElement.lang).toBe('es');
    expect(document.title).toBe('Prepárese – Wardline');
  });
});

describe('The waiting room', () => {
  test('says who knows that one is here', async () => {
    await show('waiting');
    expect(screen.getByText('Dr. Amara Osei can see that you are here.')).toBeVisible();
    expect(document.title).toBe('Waiting room – Wardline');
  });

  test('says when the clinician is not there yet', async () => {
    await show('waiting-alone');
    expect(screen.getByText('Dr. Amara Osei is not here yet. You do not need to do anything.')).toBeVisible();
  });

  test('says why one is back in it', async () => {
    await show('waiting-back');
    expect(screen.getByText(/Dr. Amara Osei asked you to wait here/)).toBeVisible();
  });

  test('being admitted leads into the call, and the focus goes along', async () => {
    const { session, tools } = await show('waiting');
    act(() => session.change(patientIn()));
    expect(heading()).toBe('Your visit');
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
    expect(tools.announcer.state.get().urgent).toBe('You are in the visit.');
    expect(document.title).toBe('In the visit – Wardline');
  });
});

describe('The call', () => {
  test('has the buttons by their names, and none of the clinician’s for a patient', async () => {
    await show('call');
    for (const name of ['Mute', 'Stop video', 'Leave']) expect(button(name)).toBeVisible();
    for (const name of ['End visit', 'Admit']) noButton(name);
    expect(screen.getByText('Compare this number with Dr. Amara Osei:')).toBeVisible();
    expect(document.querySelector('[data-safety-number]')?.textContent).toBe('284 913');
  });

  test('Mute becomes Unmute and back', async () => {
    const { session } = await show('call');
    await press('Mute');
    expect(session.calls).toContain('setMicrophoneOn false');
    noButton('Mute');
    await press('Unmute');
    expect(button('Mute')).toBeVisible();
  });

  test('Stop video becomes Start video, and the camera is let go', async () => {
    const { session, devices } = await show('call');
    await press('Stop video');
    expect(session.calls).toEqual(expect.arrayContaining(['setCameraOn false', 'replaceCamera none']));
    expect(devices.tracks.find((t) => t.kind === 'video')?.readyState).toBe('ended');
    await press('Start video');
    expect(button('Stop video')).toBeVisible();
  });

  test('M and V do the same and are announced, and can be switched off', async () => {
    const { tools } = await show('call');
    fireEvent.keyDown(document.body, { key: 'm' });
    await pause(20);
    expect(button('Unmute')).toHaveAttribute('aria-keyshortcuts', 'M');
    expect(tools.announcer.state.get().polite).toBe('You are muted.');
    fireEvent.keyDown(document.body, { key: 'v' });
    await pause(20);
    expect(tools.announcer.state.get().polite).toBe('Your video is off.');
    fireEvent.click(screen.getByRole('switch', { name: 'Keys M (mute) and V (video)', hidden: true }));
    fireEvent.keyDown(document.body, { key: 'm' });
    await pause(20);
    expect(button('Unmute')).not.toHaveAttribute('aria-keyshortcuts');
  });

  test('Leave leads to a page that says what happens next and how to come back', async () => {
    const { devices } = await show('call');
    await press('Leave');
    expect(heading()).toBe('You left the visit');
    expect(devices.tracks.every((t) => t.readyState === 'ended')).toBe(true);
    await press('Join again');
    expect(button('Join visit')).toBeVisible();
    expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }));
  });

  test('a lost connection is told, with what to do', async () => {
    const { session, tools } = await show('call-reconnecting');
    expect(screen.getAllByText('The connection was lost. We are bringing you back.')[0]).toBeVisible();
    expect(tools.announcer.state.get().urgent).toMatch(/Stay on this page/);
    act(() => session.change({ connection: 'connected' }));
    expect(tools.announcer.state.get().polite).toBe('You are connected again.');
  });

  test('the idle warning counts down and is answered by one button', async () => {
    const { session } = await show('call-idle');
    expect(screen.getByText(/The visit ends in 47 seconds/)).toBeVisible();
    await press('I’m still here');
    expect(session.calls).toContain('activity');
    expect(screen.queryByText('Is anybody still there?')).toBeNull();
  });

  test('an error names its code and says that the visit goes on', async () => {
    await show('call-error');
    expect(screen.getByText('Code for support: e2ee.malformed')).toBeVisible();
    await press('Close');
    expect(screen.queryByText('Code for support: e2ee.malformed')).toBeNull();
  });

  test('a camera that is pulled out is explained, and the call goes on', async () => {
    const { tools, devices } = await show('call');
    devices.devices = laptop.filter((d) => d.kind !== 'videoinput');
    await act(async () => {
      (tools.desk.state.get().camera.track as unknown as FakeTrack).unplug();
      await Promise.resolve();
    });
    await pause(20);
    expect(screen.getByText('The camera stopped')).toBeVisible();
    expect(button('Start video')).toBeVisible();
    expect(button('Mute')).toBeVisible();
  });

  test('More opens what is beside the picture, and Escape brings the focus back', async () => {
    await show('call');
    const more = button('More');
    expect(more).toHaveAttribute('aria-expanded', 'false');
    await press('More');
    const side = screen.getByRole('region', { name: 'About this visit' });
    expect(document.activeElement).toBe(side);
    fireEvent.keyDown(side, { key: 'Escape' });
    await pause(20);
    expect(document.activeElement).toBe(button('More'));
  });

  test('somebody whose camera is off or who is away is named, not dark', async () => {
    await show('call-camera-off');
    expect(screen.getByText('Dr. Amara Osei’s camera is off')).toBeVisible();
  });

  test('a voice that the browser keeps off can be switched on', async () => {
    const play = HTMLMediaElement.prototype.play;
    let blocked = true;
    HTMLMediaElement.prototype.play = () => blocked ? Promise.reject(new DOMException('no', 'NotAllowedError')) : Promise.resolve();
    try {
      await show({ joined: patientIn({ participants: [maria({ isYou: true }), osei({ microphoneStream: new MediaStream() })] }) });
      blocked = false;
      await press('Turn on sound');
      noButton('Turn on sound');
    } finally {
      HTMLMediaElement.prototype.play = play;
    }
  });
});

describe('The clinician', () => {
  test('sees who waits, hears of it, and lets them in', async () => {
    const { session } = await show('clinician-knock');
    expect(document.title).toBe('(1) waiting – In the visit – Wardline');
    expect(screen.getAllByRole('alert').map((a) => a.textContent)).toContain('Maria Alvarez is in the waiting room.');
    expect(button('Admit')).toHaveAccessibleDescription(/Maria Alvarez/);
    await press('Admit');
    expect(session.calls).toContain('admit maria');
    noButton('Admit');
    expect(document.title).toBe('In the visit – Wardline');
  });

  test('can bring somebody back to the waiting room', async () => {
    const { session } = await show('clinician');
    await press('To waiting room: Maria Alvarez');
    expect(session.calls).toContain('hold maria');
    expect(button('Admit')).toBeVisible();
  });

  test('can undo removing somebody', async () => {
    const { session } = await show('clinician');
    await press('Remove Maria Alvarez from the visit');
    expect(screen.getByText(/Maria Alvarez leaves the visit in 6 s/)).toBeVisible();
    expect(document.activeElement).toBe(button('Undo'));
    await press('Undo');
    expect(session.calls).not.toContain('remove maria');
    noButton('Undo');
  });

  test('is asked before the visit ends for everyone, in place, with the focus on the way back', async () => {
    const { session } = await show('clinician');
    await press('End visit');
    expect(document.activeElement).toBe(button('No, go on'));
    await press('No, go on');
    expect(session.calls).not.toContain('end');
    await press('End visit');
    await press('Yes, end for everyone');
    expect(session.calls).toContain('end');
    expect(heading()).toBe('You have closed this visit');
    noButton('Join again');
  });

  test('who may not, is told', async () => {
    const { session } = await show('clinician-knock');
    session.admit = () => Promise.reject(Object.assign(new Error('no'), { code: 'signal.not-allowed' }));
    await press('Admit');
    expect(screen.getByText(/Only the clinician can do that/)).toBeVisible();
    expect(screen.getByText('Code for support: signal.not-allowed')).toBeVisible();
  });

  test('up to twelve people are all there by name', async () => {
    const { container } = await show('clinician-twelve');
    expect(container.querySelectorAll('.stage .tile')).toHaveLength(11);
    expect(within(container.querySelector('.stage') as HTMLElement).getByText('Ruth Lindqvist')).toBeVisible();
  });
});

test('A person of the clinic reads smaller type than a patient', async () => {
  const { unmount } = await show({ info: forClinician });
  expect(document.documentElement.dataset['role']).toBe('clinician');
  unmount();
  await show({ joined: patientWaits() });
  expect(document.documentElement.dataset['role']).toBe('patient');
});

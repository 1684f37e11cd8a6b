import { describe, expect, test } from 'vitest';
import { type AwakePorts, keepAwake } from '../src/call/awake';
import { shortcutOf } from '../src/call/shortcuts';
import { Sizes } from '../src/call/sizes';
import { fitFor, gridFor, lastRowStart } from '../src/call/tiles';
import { loudest, notes, playTone, type ToneContext } from '../src/call/tone';
import { levelOf, settle } from '../src/devices/level';
import { Listener } from '../src/devices/listen';
import { platformOf } from '../src/devices/platform';
import { FakeTimer, FakeTrack, settled } from './fakes';

describe('The tiles', () => {
  test.each([
    [1, 1000, 700, 1, 1], [2, 1000, 700, 2, 1], [2, 360, 640, 1, 2], [3, 1000, 700, 2, 2], [4, 1000, 700, 2, 2],
    [6, 1200, 700, 3, 2], [9, 1200, 800, 3, 3], [11, 1100, 780, 4, 3], [11, 340, 560, 3, 4], [12, 1200, 800, 4, 3],
  ])('%d people in %d × %d stand in %d columns and %d rows', (count, width, height, columns, rows) => {
    expect(gridFor(count, width, height)).toEqual({ columns, rows });
  });

  test('On a phone a crowd stands two by two, not in strips', () => {
    expect(gridFor(5, 374, 752)).toEqual({ columns: 2, rows: 3 });
    expect(gridFor(4, 374, 752)).toEqual({ columns: 2, rows: 2 });
    expect(fitFor({ width: 1280, height: 720 }, { width: 183, height: 245 }, true)).toBe('cover');
  });

  test('A last row that is not full stands in the middle', () => {
    expect(lastRowStart(5, { columns: 3, rows: 2 })).toBe(2);
    expect(lastRowStart(7, { columns: 3, rows: 3 })).toBe(3);
    expect(lastRowStart(6, { columns: 3, rows: 2 })).toBeNull();
    expect(lastRowStart(1, { columns: 1, rows: 1 })).toBeNull();
  });

  test('Everybody has a place and no row is empty, for every number and shape', () => {
    for (let count = 1; count <= 12; count++) {
      for (const [width, height] of [[320, 500], [768, 900], [1440, 700], [2400, 600]] as const) {
        const { columns, rows } = gridFor(count, width, height);
        expect(columns * rows).toBeGreaterThanOrEqual(count);
        expect(columns * (rows - 1)).toBeLessThan(count);
      }
    }
  });

  test('A little may be cut off, a third may not', () => {
    const wide = { width: 1280, height: 720 };
    expect(fitFor(wide, { width: 1000, height: 700 })).toBe('cover');
    expect(fitFor(wide, { width: 400, height: 700 })).toBe('contain');
    expect(fitFor({ width: 720, height: 1280 }, { width: 1000, height: 700 })).toBe('contain');
    expect(fitFor(wide, { width: 250, height: 250 })).toBe('contain');
    expect(fitFor(wide, { width: 250, height: 250 }, true)).toBe('cover');
    expect(fitFor({ width: 0, height: 0 }, { width: 10, height: 10 })).toBe('cover');
  });
});

describe('The shortcuts', () => {
  const press = (key: string, change = {}) => shortcutOf({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, defaultPrevented: false, target: document.body, ...change });

  test('M is the microphone and V the video', () => {
    expect([press('m'), press('M'), press('v'), press('V'), press('x'), press('Enter')]).toEqual(['microphone', 'microphone', 'camera', 'camera', null, null]);
  });

  test.each([{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { repeat: true }, { defaultPrevented: true }])('not with %o', (change) => expect(press('m', change)).toBeNull());

  test.each(['<input>', '<textarea></textarea>', '<select></select>', '<p contenteditable="true"><b></b></p>'])('not while somebody types in %s', (html) => {
    const box = document.createElement('div');
    box.innerHTML = html;
    expect(press('m', { target: box.querySelector('b') ?? box.firstElementChild })).toBeNull();
  });

  test('but on a switch or a button', () => {
    const box = document.createElement('input');
    box.type = 'checkbox';
    expect(press('m', { target: box })).toBe('microphone');
    expect(press('v', { target: document.createElement('button') })).toBe('camera');
  });
});

describe('The sizes of the pictures', () => {
  const start = () => {
    const told: string[] = [];
    const timer = new FakeTimer();
    return { told, timer, sizes: new Sizes((p, w, h) => told.push(`${p} ${w}x${h}`), timer, () => 2) };
  };

  test('are told in device pixels, once, when they have settled', () => {
    const { told, timer, sizes } = start();
    for (const width of [100, 200, 300]) sizes.show('osei', { width, height: 150 });
    timer.pass(199);
    expect(told).toEqual([]);
    timer.pass(1);
    sizes.show('osei', { width: 300, height: 150 });
    timer.pass(200);
    expect(told).toEqual(['osei 600x300']);
  });

  test('are nothing while nobody looks, and what they were afterwards', () => {
    const { told, timer, sizes } = start();
    sizes.show('osei', { width: 300, height: 150 });
    timer.pass(200);
    sizes.setVisible(false);
    timer.pass(200);
    sizes.setVisible(true);
    timer.pass(200);
    sizes.hide('osei');
    timer.pass(200);
    expect(told).toEqual(['osei 600x300', 'osei 0x0', 'osei 600x300', 'osei 0x0']);
  });

  test('are not told any more after the end', () => {
    const { told, timer, sizes } = start();
    sizes.show('osei', { width: 300, height: 150 });
    sizes.close();
    timer.pass(1_000);
    expect(told).toEqual([]);
  });
});

test('The tone is two soft notes that end by themselves', () => {
  const heard: { hertz: number; from: number; to: number }[] = [];
  let loud = 0;
  const context = {
    currentTime: 10,
    destination: {},
    createGain: () => ({
      gain: { setValueAtTime: () => undefined, linearRampToValueAtTime: (v: number) => { loud = Math.max(loud, v); }, exponentialRampToValueAtTime: () => undefined },
      connect: () => undefined, disconnect: () => undefined,
    }),
    createOscillator: () => {
      const one = { hertz: 0, from: 0, to: 0 };
      heard.push(one);
      return {
        frequency: { set value(hertz: number) { one.hertz = hertz; } }, connect: () => undefined,
        start: (at: number) => { one.from = at; }, stop: (at: number) => { one.to = at; },
      };
    },
  } as unknown as ToneContext;
  playTone(context);
  expect(heard.map((h) => h.hertz)).toEqual(notes.map((n) => n.hertz));
  expect(loud).toBe(loudest);
  expect(Math.max(...heard.map((h) => h.to)) - 10).toBeLessThan(1.2);
});

describe('The level of the microphone', () => {
  const sine = (amplitude: number) => Float32Array.from({ length: 1024 }, (_, i) => amplitude * Math.sin(i / 5));

  test('is nothing in silence, full for loud speech, and between for quiet speech', () => {
    expect(levelOf(new Float32Array(1024))).toBe(0);
    expect(levelOf(sine(0.9))).toBe(1);
    expect(levelOf(sine(0.02))).toBeGreaterThan(0.3);
    expect(levelOf(sine(0.02))).toBeLessThan(0.7);
  });

  test('rises at once and falls slowly', () => {
    expect(settle(0.1, 0.8)).toBe(0.8);
    expect(settle(0.8, 0)).toBeGreaterThan(0.6);
  });

  test('is heard only while somebody listens, and remembers that there was a voice', () => {
    const timer = new FakeTimer();
    let amplitude = 0.3;
    let closed = 0;
    const listener = new Listener(() => ({ hear: (samples) => { samples.set(sine(amplitude)); return true; }, close: () => { closed++; } }), timer);
    listener.listen(new FakeTrack('audio', 'mic', 'mic-1') as unknown as MediaStreamTrack);
    expect(listener.state.get().heard).toBe(true);
    const loud = listener.state.get().level;
    amplitude = 0;
    timer.pass(2_000);
    expect(listener.state.get().level).toBeLessThan(loud / 4);
    expect(listener.state.get().heard).toBe(true);
    listener.listen(null);
    expect(closed).toBe(1);
    expect(listener.state.get()).toEqual({ level: 0, heard: false });
    timer.pass(2_000);
    expect(listener.state.get().level).toBe(0);
  });
});

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36', 0, 'chrome-desktop', 'windows'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0', 0, 'edge', 'windows'],
  ['Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36', 5, 'chrome-phone', 'phone'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 0, 'firefox', 'other'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15', 0, 'safari-mac', 'mac'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15', 5, 'safari-phone', 'phone'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1', 5, 'safari-phone', 'phone'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0 Mobile/15E148 Safari/604.1', 5, 'other', 'phone'],
])('%s with %d touch points is %s on %s', (agent, touch, browser, system) => expect(platformOf(agent, touch)).toEqual({ browser, system }));

test('The screen stays awake until the visit is over, also after the page was out of sight', async () => {
  const did: string[] = [];
  let onVisible: () => void = () => undefined;
  const ports: AwakePorts = {
    request: () => { did.push('lock'); return Promise.resolve({ release: () => { did.push('release'); return Promise.resolve(); } }); },
    isVisible: () => true,
    onVisible: (listener) => { onVisible = listener; return () => { did.push('forget'); }; },
  };
  const stop = keepAwake(ports);
  await settled();
  onVisible();
  await settled();
  stop();
  await settled();
  expect(did).toEqual(['lock', 'lock', 'forget', 'release']);
});

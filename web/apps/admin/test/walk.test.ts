import { describe, expect, test } from 'vitest';
import { MapStorage, now } from '../preview/world';
import { ApiError } from '../src/api/http';
import { LogWalk, readBundle, type WalkState } from '../src/integrity/walk';
import { LogMemory } from '../src/proof/log-memory';
import { FakeTimer, serverWith } from './fakes';

async function walkOf(weather: Parameters<typeof serverWith>[0]) {
  const { server, api } = await serverWith(weather);
  const timer = new FakeTimer();
  const walk = new LogWalk(api, new LogMemory(new MapStorage(), () => now), timer);
  const states: WalkState[] = [];
  walk.state.subscribe(() => states.push(walk.state.get()));
  return { server, api, walk, states, timer };
}

describe('Recomputing the whole log', () => {
  test.each([0, 1, 255, 256, 257, 600])('holds for %d entries', async (entries) => {
    const { walk } = await walkOf({ entries });
    await walk.start();
    expect(walk.state.get()).toEqual({ at: 'held', total: entries });
  });

  test('names the first entry that does not stand in its place', async () => {
    const { walk } = await walkOf({ entries: 300, trick: 'unordered' });
    await walk.start();
    expect(walk.state.get()).toEqual({ at: 'broken', done: 6, total: 300, index: 6, fault: null });
  });

  test('notices a last entry that is another one, which no entry after it names', async () => {
    const { walk, api, server } = await walkOf({ entries: 40 });
    const usual = api.bundle.bind(api);
    api.bundle = async (number, signal) => {
      const bytes = await usual(number, signal);
      bytes.set([(bytes.at(-2) ?? 0) ^ 1], bytes.length - 2);
      return bytes;
    };
    await walk.start();
    expect(walk.state.get()).toMatchObject({ at: 'broken', done: server.entries.length - 1 });
  });

  test('a bundle that is cut off or too short is a broken log', async () => {
    for (const change of [(b: Uint8Array) => b.slice(0, -3), () => new Uint8Array(0)]) {
      const { walk, api } = await walkOf({ entries: 40 });
      const usual = api.bundle.bind(api);
      api.bundle = async (number, signal) => change(await usual(number, signal));
      await walk.start();
      expect(walk.state.get()).toMatchObject({ at: 'broken', done: 0, index: 0 });
    }
  });

  test('does not begin with a log that does not fit what was seen before', async () => {
    const { walk } = await walkOf({ trick: 'forged' });
    await walk.start();
    expect(walk.state.get()).toMatchObject({ at: 'broken', fault: 'unsigned' });
  });

  test('stops where it is and goes on from there, without asking for anything twice', async () => {
    const { walk, api, server } = await walkOf({ entries: 1000 });
    const usual = api.bundle.bind(api);
    api.bundle = (number, signal) => {
      if (number === 2) walk.stop();
      return usual(number, signal);
    };
    await walk.start();
    const stopped = walk.state.get();
    expect(stopped).toMatchObject({ at: 'stopped', total: 1000, code: null });
    expect('done' in stopped && stopped.done).toBe(512);
    api.bundle = usual;
    await walk.goOn();
    expect(walk.state.get()).toEqual({ at: 'held', total: 1000 });
    expect(server.asked.filter((one) => one.includes('bundles')).map((one) => Number(one.split('/').at(-1)))).toEqual([0, 1, 2, 2, 3]);
  });

  test('goes on after the server was away', async () => {
    const { walk, api } = await walkOf({ entries: 600 });
    const usual = api.bundle.bind(api);
    api.bundle = (number, signal) => (number === 1 ? Promise.reject(new ApiError('network.unreachable', 0, '')) : usual(number, signal));
    await walk.start();
    expect(walk.state.get()).toMatchObject({ at: 'stopped', done: 256, code: 'network.unreachable' });
    api.bundle = usual;
    await walk.goOn();
    expect(walk.state.get()).toEqual({ at: 'held', total: 600 });
  });

  test('tells how fast it is once that means something', async () => {
    const { walk, api, states, timer } = await walkOf({ entries: 800 });
    const usual = api.bundle.bind(api);
    api.bundle = async (number, signal) => {
      await timer.pass(2000);
      return usual(number, signal);
    };
    await walk.start();
    expect(states.find((state) => state.at === 'going' && state.done === 512)).toMatchObject({ perSecond: 128 });
  });
});

test('A bundle is entries behind their lengths', () => {
  expect(readBundle(new Uint8Array([0, 2, 1, 2, 0, 0, 0, 1, 9]))?.map((entry) => [...entry])).toEqual([[1, 2], [], [9]]);
  expect(readBundle(new Uint8Array([0]))).toBeNull();
  expect(readBundle(new Uint8Array([0, 3, 1, 2]))).toBeNull();
});

import { describe, expect, test } from 'vitest';
import { now } from '../preview/world';
import type { TenantKey } from '../src/api/types';
import { ageDays, daysLeft, spentPercent } from '../src/keys/ages';
import { KeyDesk, keysEveryMs, rewrapEveryMs } from '../src/keys/desk';
import { FakeTimer, serverWith, settled } from './fakes';

async function deskOf(weather: Parameters<typeof serverWith>[0] = {}) {
  const { server, api } = await serverWith({ entries: 1, ...weather });
  const timer = new FakeTimer();
  return { server, timer, desk: new KeyDesk(api, timer) };
}

describe('Keys', () => {
  test('are asked for again now and then, and not after the page was left', async () => {
    const { desk, server, timer } = await deskOf();
    await desk.open();
    await timer.pass(2 * keysEveryMs);
    expect(server.asked.filter((one) => one === 'GET /api/keys')).toHaveLength(3);
    desk.close();
    expect(timer.waiting).toBe(0);
  });

  test('turning makes a version that seals as soon as every server has it', async () => {
    const { desk } = await deskOf();
    await desk.open();
    const before = desk.state.get().keys?.keys.filter((key) => key.tenant === 'default' && key.purpose === 'data').length ?? 0;
    await desk.turn('default');
    const own = desk.state.get().keys?.keys.filter((key) => key.tenant === 'default' && key.purpose === 'data') ?? [];
    expect(own).toHaveLength(before + 1);
    expect(own.filter((key) => key.state === 'coming')).toMatchObject([{ version: before + 1 }]);
    expect(own.filter((key) => key.state === 'writing')).toMatchObject([{ version: before }]);
    expect(desk.state.get()).toMatchObject({ turning: null, turned: { tenant: 'default', version: before + 1 } });
  });

  test('a turn that did not happen is said and changes nothing', async () => {
    const { desk } = await deskOf({ fails: { '/api/keys/default/turn': { status: 503, code: 'vault.key-source-away' } } });
    await desk.open();
    const before = desk.state.get().keys;
    await desk.turn('default');
    expect(desk.state.get()).toMatchObject({ actCode: 'vault.key-source-away', turned: null, turning: null });
    expect(desk.state.get().keys).toBe(before);
  });

  test('re-wrapping shows how far it is, is stopped, goes on, and ends with keys under the newest one', async () => {
    const { desk, timer } = await deskOf({ rewrapPace: 4 });
    await desk.open();
    await desk.startRewrap();
    expect(desk.state.get().keys?.rewrap).toMatchObject({ state: 'running', done: 0 });
    await timer.pass(rewrapEveryMs);
    expect(desk.state.get().keys?.rewrap).toMatchObject({ state: 'running', done: 4 });
    await desk.stopRewrap();
    await timer.pass(10 * rewrapEveryMs);
    expect(desk.state.get().keys?.rewrap).toMatchObject({ state: 'stopped', done: 4 });
    await desk.startRewrap();
    await timer.pass(20 * rewrapEveryMs);
    await settled();
    expect(desk.state.get().keys?.rewrap.state).toBe('done');
    expect(new Set(desk.state.get().keys?.keys.map((key) => key.wrappedUnder))).toEqual(new Set(['pkcs11:token=wardline;object=kek-2026']));
  });
});

test('Ages are counted from when a key was made to when it turns', () => {
  const day = 86_400_000;
  const key = (age: number, left: number | null): TenantKey => ({
    tenant: 't', purpose: 'data', version: 1, state: 'writing', wrappedUnder: 'k', createdAt: new Date(now.getTime() - age * day).toISOString(),
    nextTurnAt: left === null ? null : new Date(now.getTime() + left * day).toISOString(),
  });
  expect(ageDays(key(30, 60), now)).toBe(30);
  expect(daysLeft(key(30, 60), now)).toBe(60);
  expect(daysLeft(key(95, -5), now)).toBe(-5);
  expect([spentPercent(key(30, 60), now), spentPercent(key(95, -5), now), spentPercent(key(5, null), now)]).toEqual([33, 100, null]);
});

import { describe, expect, it } from 'vitest';
import { ReceiveSlots, type Wanted } from '../../src/media/receive-slots';
import { readStats } from '../../src/media/stats';
import { StallWatch, type StallLook } from '../../src/media/stall-watch';
import { ViewRequests, type ViewSlot } from '../../src/media/view-requests';
import { nextQuality, unknownQuality, type QualitySample } from '../../src/quality';
import { RelayCredentials } from '../../src/relay';
import { FakeClock } from '../fake-clock';

describe('receiving sections', () => {
  const want = (...list: string[]): Wanted[] => list.map(w => ({ participant: w.slice(1), source: w[0] === 'a' ? 'microphone' : w[0] === 's' ? 'screen' : 'camera' }));
  const make = (): ReceiveSlots<{ kind: string; gone: boolean }> =>
    new ReceiveSlots<{ kind: string; gone: boolean }>(kind => ({ kind, gone: false }), t => !t.gone);

  it('are made once and then go from one to the next, of the same kind', () => {
    const slots = make();
    slots.assign(want('aben', 'vben', 'acleo'));
    const { freed, taken } = slots.assign(want('acleo', 'vdan', 'sdan', 'adan'));
    expect(freed).toEqual([]);
    expect(taken.map(t => [t.id, t.kind, t.user!.participant])).toEqual([[1, 'video', 'dan'], [3, 'video', 'dan'], [0, 'audio', 'dan']]);
    expect(slots.find('ben', 'camera')).toBeUndefined();
    expect(slots.find('cleo', 'microphone')!.id).toBe(2);
  });

  it('never pile up over 200 comings and goings of twelve people', () => {
    const slots = make();
    let seed = 1;
    for (let round = 0; round < 200; round++) {
      const present = [...Array(11).keys()].filter(() => (seed = (seed * 16_807) % 2_147_483_647) % 2 === 0);
      slots.assign(present.flatMap(p => want(`a${p}`, `v${p}`)));
      expect(slots.all.filter(s => s.user !== null)).toHaveLength(present.length * 2);
    }
    expect(slots.all.length).toBeLessThanOrEqual(22);
  });

  it('that the server has refused are not used again', () => {
    const slots = make();
    slots.assign(want('vben'));
    slots.all[0]!.transceiver.gone = true;
    const { taken } = slots.assign(want('vben'));
    expect(taken.map(t => t.id)).toEqual([1]);
    expect(slots.all).toHaveLength(1);
  });
});

describe('the stall watch', () => {
  const look = (at: Partial<StallLook>): StallLook => ({ now: 0, connected: true, bytesReceived: 0, expectsTraffic: true, socketOpen: true, ...at });

  /** Looks as often as the watch asks for, at what `at` says, and tells what was to be done when. */
  function run(watch: StallWatch, from: number, to: number, at: (now: number) => Partial<StallLook>): string[] {
    const acts: string[] = [];
    for (let now = from; now <= to; now += watch.nextLookMs(now)) {
      const verdict = watch.look(look({ now, ...at(now) }));
      if (verdict !== 'none') acts.push(`${verdict}@${now / 1_000}`);
    }
    return acts;
  }

  it('does nothing while bytes come in, nor when none are to be expected', () => {
    const watch = new StallWatch();
    watch.reset(0);
    expect(run(watch, 1_000, 60_000, now => ({ bytesReceived: now }))).toEqual([]);
    expect(run(watch, 60_500, 120_000, () => ({ bytesReceived: 60_000, expectsTraffic: false }))).toEqual([]);
  });

  it('does nothing about a server that has never sent anything', () => {
    const watch = new StallWatch();
    watch.reset(0);
    expect(run(watch, 1_000, 60_000, () => ({}))).toEqual([]);
  });

  it('probes after 0.4 s, restarts after 0.8, restarts again, and gives the instance up after 15 s', () => {
    const watch = new StallWatch();
    watch.reset(0);
    run(watch, 1_000, 10_000, now => ({ bytesReceived: now }));
    const acts = run(watch, 10_250, 25_850, () => ({ bytesReceived: 10_000 }));
    expect(acts).toEqual(['probe@10.5', 'restart@10.8', 'restart@13.3', 'restart@15.8', 'restart@18.3', 'restart@20.8', 'restart@23.3', 'renew@25.8']);
  });

  it('believes silence sooner when the socket broke as well', () => {
    const watch = new StallWatch();
    watch.reset(0);
    run(watch, 1_000, 10_000, now => ({ bytesReceived: now }));
    watch.alert(10_000);
    expect(watch.isSilent(10_200)).toBe(false);
    expect(watch.nextLookMs(10_000)).toBe(100);
    expect(run(watch, 10_100, 10_600, () => ({ bytesReceived: 10_000 }))).toEqual(['restart@10.3']);
    expect(watch.isSilent(10_300)).toBe(true);
  });

  it('does not repeat at once a restart that was already offered', () => {
    const watch = new StallWatch();
    watch.reset(0);
    run(watch, 1_000, 10_000, now => ({ bytesReceived: now }));
    watch.alert(10_000);
    watch.restarted(10_100);
    expect(run(watch, 10_100, 12_700, () => ({ bytesReceived: 10_000 }))).toEqual(['restart@12.6']);
  });

  it('does not count time without a socket against the path', () => {
    const watch = new StallWatch();
    watch.reset(0);
    run(watch, 1_000, 10_000, now => ({ bytesReceived: now }));
    expect(run(watch, 11_000, 70_000, () => ({ bytesReceived: 10_000, connected: false, socketOpen: false }))).toEqual([]);
    expect(run(watch, 71_000, 73_000, () => ({ bytesReceived: 10_000, connected: false }))).toEqual(['restart@71']);
    expect(run(watch, 74_000, 80_000, now => ({ bytesReceived: now }))).toEqual([]);
    expect(watch.isStalled).toBe(false);
  });

  it('waits longer before it gives up a second and a third instance', () => {
    const watch = new StallWatch();
    watch.renewals = 1;
    watch.reset(0);
    expect(run(watch, 1_000, 31_000, () => ({ connected: false }))).toEqual(['renew@31']);
  });
});

describe('quality', () => {
  const sample = (more: Partial<QualitySample>): QualitySample => ({ connected: true, roundTripMs: 40, downlink: { level: 'good', estimateKbps: 900, lossPercent: 0.2 }, uplinkLossPercent: 0, ...more });

  it('is the worse of both directions', () => {
    expect(nextQuality(unknownQuality, sample({})).level).toBe('good');
    expect(nextQuality(unknownQuality, sample({ uplinkLossPercent: 4 })).level).toBe('fair');
    expect(nextQuality(unknownQuality, sample({ uplinkLossPercent: 30 })).level).toBe('poor');
    expect(nextQuality(unknownQuality, sample({ roundTripMs: 800 })).level).toBe('poor');
    expect(nextQuality(unknownQuality, sample({ downlink: { level: 'poor', estimateKbps: 90, lossPercent: 8 } }))).toMatchObject({ level: 'poor', lossPercent: 8, estimateKbps: 90 });
    expect(nextQuality(unknownQuality, sample({ downlink: null, uplinkLossPercent: null, roundTripMs: null })).level).toBe('unknown');
    expect(nextQuality(unknownQuality, sample({ connected: false })).level).toBe('poor');
  });

  it('remembers one minute', () => {
    let quality = unknownQuality;
    for (let i = 0; i < 70; i++) quality = nextQuality(quality, sample({ connected: i < 65 }));
    expect(quality.history).toHaveLength(60);
    expect(quality.history.slice(-6)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  it('reads the selected pair and the worst reported loss, and nothing that is not a number', () => {
    expect(readStats([
      { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.05, bytesReceived: 7 },
      { type: 'candidate-pair', nominated: false, state: 'succeeded', currentRoundTripTime: 9, bytesReceived: 9 },
      { type: 'remote-inbound-rtp', fractionLost: 0.02 }, { type: 'remote-inbound-rtp', fractionLost: 0.07 }, { type: 'remote-inbound-rtp', fractionLost: 'x' },
    ])).toEqual({ roundTripMs: 50, uplinkLossPercent: expect.closeTo(7), bytesReceived: 7 });
    expect(readStats([])).toEqual({ roundTripMs: null, uplinkLossPercent: null, bytesReceived: 0 });
  });
});

describe('view requests', () => {
  it('send sane pixels, once, only for sections that have a mid', async () => {
    const clock = new FakeClock();
    const sent: ViewSlot[][] = [];
    const views = new ViewRequests(clock, p => (p === 'ben' ? '3' : null), slots => void sent.push(slots));
    views.set('ben', 'camera', 639.6, Number.NaN);
    views.set('cleo', 'camera', 100, 100);
    views.set('ben', 'camera', 1e9, -5);
    await clock.advance(500);
    views.set('ben', 'camera', 1e9, -5);
    await clock.advance(500);
    expect(sent).toEqual([[{ mid: '3', width: 16_384, height: 0 }]]);
  });
});

describe('relay credentials', () => {
  it('are asked for again after a failure, and a call does without them meanwhile', async () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    let works = false;
    const renewed: unknown[] = [];
    const relay = new RelayCredentials({
      turn: async reason => {
        asked.push(reason);
        if (!works) throw new Error('away');
        return { iceServers: [{ urls: 'turns:relay' }], expiresInSeconds: 3600 };
      },
    }, clock, servers => void renewed.push(servers));
    await relay.fetch('join');
    expect(relay.iceServers).toEqual([]);
    works = true;
    await clock.advance(5_000);
    expect(asked).toEqual(['join', 'refresh']);
    expect(renewed).toEqual([[{ urls: 'turns:relay' }]]);
    await clock.advance(2_879_000);
    expect(asked).toHaveLength(2);
    await clock.advance(2_000);
    expect(asked).toHaveLength(3);
    relay.close();
    await clock.advance(10_000_000);
    expect(asked).toHaveLength(3);
  });
});

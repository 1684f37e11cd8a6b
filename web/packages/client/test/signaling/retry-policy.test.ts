import { beforeEach, describe, expect, it } from 'vitest';
import { RetryPolicy } from '../../src/signaling/retry-policy';
import { ApiError } from '../../src/types';
import { FakeClock } from '../fake-clock';

let clock: FakeClock;
let random: number;
let policy: RetryPolicy;

beforeEach(() => {
  clock = new FakeClock();
  random = 0.5;
  policy = new RetryPolicy(clock, () => random);
});

/** Tries that each fail after `tookMs`, for `forMs`; answers when they began. */
async function tries(forMs: number, tookMs: number, cause: unknown = null): Promise<number[]> {
  const began: number[] = [];
  const start = clock.now();
  for (let wait = policy.afterLoss(false); ; wait = policy.afterFailure(cause)) {
    await clock.advance(wait);
    if (clock.now() - start > forMs) return began;
    began.push(clock.now() - start);
    policy.begin();
    await clock.advance(tookMs);
  }
}

describe('tries for a socket', () => {
  it('begin at once, then follow each other every half second', async () => {
    expect(await tries(3_000, 10)).toEqual([0, 110, 320, 820, 1_320, 1_820, 2_320, 2_820]);
  });

  it('that hang are followed by the next at once', async () => {
    expect(await tries(8_000, 1_500)).toEqual([0, 1_600, 3_300, 4_800, 6_300, 7_800]);
  });

  it('never leave more than a second without one for three minutes, then become rare', async () => {
    const began = await tries(900_000, 5);
    const pauses = began.slice(1).map((at, i) => ({ at, ms: at - began[i]! }));
    expect(Math.max(...pauses.filter(p => p.at < 180_000).map(p => p.ms))).toBeLessThan(1_000);
    expect(Math.min(...pauses.filter(p => p.at > 600_000).map(p => p.ms))).toBeGreaterThanOrEqual(9_000);
    expect(began.length).toBeLessThan(600);
  });

  it('are fast again after a hint', async () => {
    await tries(900_000, 5);
    policy.hinted();
    policy.begin();
    expect(policy.afterFailure(null)).toBe(100);
  });

  it('of many people who lost the same network spread over half the interval', () => {
    const waits = [...Array(200).keys()].map(i => {
      const one = new RetryPolicy(clock, () => i / 200);
      for (let n = 0; n < 4; n++) {
        one.begin();
        one.afterFailure(null);
      }
      one.begin();
      return one.afterFailure(null);
    });
    expect(Math.min(...waits)).toBeCloseTo(375, 0);
    expect(Math.max(...waits)).toBeGreaterThan(620);
  });

  it('of everybody whose server goes away spread over a second', () => {
    random = 0.9;
    expect(policy.afterLoss(true)).toBe(900);
  });

  it('that the server refuses double their pause, and wait for the next ticket when there were too many', () => {
    const busy = new ApiError('http.fault', 503, 'busy');
    policy.begin();
    expect([busy, busy, busy, busy, busy, busy, busy].map(cause => policy.afterFailure(cause))).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    policy.hinted();
    expect(policy.afterFailure(new ApiError('http.rate', 429, 'slow down'))).toBe(6_000);
  });

  it('may take 1.5 s, longer on a network that is known to be slow, and every fourth 6 s', async () => {
    expect(policy.begin()).toBe(4_000);
    await clock.advance(50);
    policy.opened();
    policy.heard();
    expect([1, 2, 3, 4, 5].map(() => policy.begin())).toEqual([1_500, 1_500, 1_500, 6_000, 1_500]);
    policy.heard();
    policy.begin();
    await clock.advance(1_150);
    policy.opened();
    policy.heard();
    expect(policy.begin()).toBe(2_400);
  });
});

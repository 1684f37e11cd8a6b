import { describe, expect, it } from 'vitest';
import type { Source } from '../../src/basics';
import { decode } from '../../src/e2ee/messages';
import { HoldBack, holdBackBytes, holdBackFrames, holdBackMs } from '../../src/e2ee/hold-back';
import type { Opened } from '../../src/e2ee/receiver-keys';
import { InOrder } from '../../src/worker/in-order';
import { FakeClock, flush } from '../fake-clock';
import { Relay, vp8, type Member, type Passing } from './relay';

/** Sends 30 pictures and 50 packets of sound a second, and receives them as a worker does: in order, for each track. */
class Stream {
  readonly sent: Record<string, number[]> = { camera: [], microphone: [] };
  readonly got: Record<string, number[]> = { camera: [], microphone: [] };
  private readonly order = { camera: new InOrder<Opened>(), microphone: new InOrder<Opened>() };
  private next = 0;

  constructor(private readonly from: Member, private readonly to: Member) {}

  /** When everything that was sent has been opened, or refused. */
  async settled(): Promise<void> {
    await Promise.all([this.order.camera.settled(), this.order.microphone.settled()]);
  }

  async send(source: Source & ('camera' | 'microphone'), twice = false): Promise<void> {
    const number = this.next++ & 0xff;
    const sealed = (await this.from.session.seal(source, vp8(false, 60, number)))!;
    this.sent[source]!.push(number);
    for (const copy of twice ? [sealed.slice(), sealed.slice()] : [sealed]) {
      void this.order[source].push(this.to.session.tryOpen(this.from.name, source, copy), opened => {
        if ('frame' in opened) this.got[source]!.push((opened.frame[3]! - 3 * 31) & 0xff);
      });
    }
  }
}

async function leaveWithLateKeys(delayMs: number, twice = false): Promise<{ stream: Stream; ben: Member; relay: Relay }> {
  const relay = new Relay();
  const [ana, ben] = await relay.join('ana', 'ben', 'cleo');
  await relay.advance(2_000);
  const late: Passing[] = [];
  relay.tamper = message => {
    if (message.from !== 'ana' || message.to !== 'ben' || decode(message.body)?.type !== 'key') return message;
    // Only the first: what is sent again has the same fate, behind it in the same TCP stream.
    if (late.length === 0) relay.clock.after(delayMs, () => {
      relay.tamper = m => m;
      for (const each of late) ben!.session.receive(each.from, each.body);
    });
    late.push(message);
    return null;
  };
  const stream = new Stream(ana!, ben!);
  const epoch = ana!.state.epoch;
  await stream.send('camera');
  await relay.leave('cleo');
  expect(ana!.state.epoch).toBe(epoch + 1);
  for (let at = 0; at < 600; at += 20) {
    await stream.send('microphone', twice);
    if (at % 40 === 0) await stream.send('camera', twice);
    await relay.advance(20);
  }
  await relay.advance(1_000);
  // WebCrypto answers from threads of its own, in real time: whoever counts has to wait for all of them.
  await stream.settled();
  return { stream, ben: ben!, relay };
}

describe('a leave whose new key comes late', () => {
  it.each([0, 40, 200, 280])('by %d ms loses no frame, opens none twice, and keeps the order', async delay => {
    const { stream, ben } = await leaveWithLateKeys(delay, true);
    expect(stream.got).toEqual(stream.sent);
    expect(ben.session.counters['no-key']).toBe(0);
    expect(ben.session.counters.held).toBeGreaterThan(0);
  });

  it('by longer than frames are held loses only what waited too long', async () => {
    const { stream, ben } = await leaveWithLateKeys(450);
    for (const source of ['camera', 'microphone']) {
      const [sent, got] = [stream.sent[source]!, stream.got[source]!];
      expect(got).toEqual(sent.filter(n => got.includes(n)));
      expect(got.slice(-10)).toEqual(sent.slice(-10));
    }
    expect(stream.sent.microphone!.length - stream.got.microphone!.length).toBeLessThanOrEqual((450 - holdBackMs) / 20 + 1);
    expect(ben.session.counters['no-key']).toBeGreaterThan(0);
  });

  it('holds nothing of somebody who is gone, of an older epoch, or of a member without any key yet', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const old = (await ana!.session.seal('camera', vp8(true)))!;
    ana!.session.setRotation(1);
    for (let times = 0; times < 3; times++) {
      await relay.advance(1_000);
      await ben!.session.open('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!);
    }
    expect(await ben!.session.tryOpen('ana', 'camera', old)).toEqual({ failure: 'no-key' });

    relay.tamper = message => (decode(message.body)?.type === 'key' ? null : message);
    await relay.advance(2_500);
    const waiting = ben!.session.tryOpen('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!);
    await flush();
    ben!.session.setRoster('ben', [ben!.line]);
    await relay.settle();
    expect(await waiting).toEqual({ failure: 'no-key' });
    ben!.session.setRoster('ben', [ana!.line, ben!.line]);
    await relay.settle();
    expect(await ben!.session.tryOpen('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!)).toEqual({ failure: 'no-key' });
  });
});

describe('the frames held back of one sender', () => {
  it('are bounded in number, in bytes and in time', async () => {
    const clock = new FakeClock();
    const many = new HoldBack(clock);
    const waits = Array.from({ length: holdBackFrames }, () => many.wait(100));
    expect(await many.wait(100)).toBe(false);
    await clock.advance(holdBackMs);
    expect(new Set(await Promise.all(waits))).toEqual(new Set([true]));

    const large = new HoldBack(clock);
    const first = large.wait(holdBackBytes);
    expect(await large.wait(1)).toBe(false);
    large.release();
    expect(await first).toBe(true);
    const second = large.wait(holdBackBytes);
    large.release();
    expect(await second).toBe(true);
  });
});

describe('results in order', () => {
  it('are handed on as they were asked for, and one that fails stops nothing', async () => {
    const order = new InOrder<number>();
    const got: number[] = [];
    let finish = (_: number): void => {};
    void order.push(new Promise<number>(done => { finish = done; }), n => got.push(n));
    void order.push(Promise.reject(new Error('none')), n => got.push(n));
    void order.push(Promise.resolve(2), n => got.push(n));
    await flush();
    expect(got).toEqual([]);
    finish(1);
    await order.settled();
    expect(got).toEqual([1, 2]);
  });
});

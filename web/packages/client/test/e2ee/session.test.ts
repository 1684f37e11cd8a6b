import { describe, expect, it } from 'vitest';
import { holdBackMs } from '../../src/e2ee/hold-back';
import { decode, encode } from '../../src/e2ee/messages';
import { decodeHeader } from '../../src/e2ee/sframe';
import { Relay, vp8 } from './relay';

const counterOf = (sealed: Uint8Array): number => Number(decodeHeader(sealed)!.counter);
const kidOf = (sealed: Uint8Array): number => Number(decodeHeader(sealed)!.kid);

describe('two members', () => {
  it('open what the other seals, sound and picture, and see the same six digits', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    expect(ana!.state).toMatchObject({ secure: ['ben'] });
    expect(ben!.state).toMatchObject({ secure: ['ana'] });
    expect(ana!.state.digits).toMatch(/^\d{3} \d{3}$/);
    expect(ben!.state.digits).toBe(ana!.state.digits);

    for (const [source, frame] of [['camera', vp8(true)], ['camera', vp8(false)], ['microphone', vp8(true, 80)]] as const) {
      const sealed = (await ana!.session.seal(source, frame))!;
      expect(await ben!.session.open('ana', source, sealed)).toEqual(frame);
    }
  });

  it('leave exactly the VP8 header bytes readable, and nothing of sound', async () => {
    const relay = new Relay();
    const [ana] = await relay.join('ana', 'ben');
    const key = (await ana!.session.seal('camera', vp8(true)))!;
    expect([...key.subarray(0, 10)]).toEqual([...vp8(true).subarray(0, 10)]);
    expect(Buffer.from(key).includes(Buffer.from(vp8(true).subarray(10, 18)))).toBe(false);
    const delta = (await ana!.session.seal('camera', vp8(false)))!;
    expect([...delta.subarray(0, 3)]).toEqual([...vp8(false).subarray(0, 3)]);
    expect(Buffer.from(delta).includes(Buffer.from(vp8(false).subarray(3, 11)))).toBe(false);
    const sound = (await ana!.session.seal('microphone', vp8(false, 60)))!;
    expect(decodeHeader(sound)).not.toBeNull();
    expect(Buffer.from(sound).includes(Buffer.from(vp8(false, 60).subarray(0, 8)))).toBe(false);
  });

  it('seal empty sound frames too, and refuse to send a picture too short to be one', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const empty = new Uint8Array();
    const sealed = (await ana!.session.seal('microphone', empty))!;
    expect(sealed.length).toBeGreaterThanOrEqual(17);
    expect(await ben!.session.open('ana', 'microphone', sealed)).toEqual(empty);
    expect(await ana!.session.seal('camera', empty)).toBeNull();
    expect(await ana!.session.seal('camera', vp8(true).slice(0, 9))).toBeNull();
    expect(ana!.session.counters.unsealable).toBe(2);
  });

  it('never use a counter twice over all streams of a sender', async () => {
    const relay = new Relay();
    const [ana] = await relay.join('ana', 'ben');
    const sealed = await Promise.all([...Array(60).keys()].map(i => ana!.session.seal('microphone', vp8(false, 20 + i))));
    expect(new Set(sealed.map(s => counterOf(s!))).size).toBe(60);
    expect(new Set(sealed.map(s => kidOf(s!))).size).toBe(1);
  });
});

describe('what a frame is refused for', () => {
  it('being played again', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const sealed = (await ana!.session.seal('camera', vp8(true)))!;
    expect(await ben!.session.open('ana', 'camera', sealed.slice())).not.toBeNull();
    expect(await ben!.session.open('ana', 'camera', sealed.slice())).toBeNull();
    expect(ben!.session.counters.replayed).toBe(1);
  });

  it('coming from somebody else than the participant it is shown as', async () => {
    const relay = new Relay();
    const [ana, ben, cleo] = await relay.join('ana', 'ben', 'cleo');
    await relay.advance(2_000);
    const sealed = (await ana!.session.seal('camera', vp8(true)))!;
    expect(await cleo!.session.open('ben', 'camera', sealed)).toBeNull();
    expect(cleo!.session.counters['wrong-sender']).toBe(1);
    expect(await ben!.session.open('ana', 'camera', sealed)).not.toBeNull();
  });

  it('being another kind of stream than it was sealed as', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const camera = (await ana!.session.seal('camera', vp8(true)))!;
    expect(await ben!.session.open('ana', 'screen', camera)).toBeNull();
    expect(ben!.session.counters.forged).toBe(1);
  });

  it('a changed readable byte', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const sealed = (await ana!.session.seal('camera', vp8(true)))!;
    for (let i = 0; i < 10; i++) {
      const changed = sealed.slice();
      changed[i]! ^= 0x02;
      expect(await ben!.session.open('ana', 'camera', changed)).toBeNull();
    }
    expect(ben!.session.counters.forged).toBe(10);
    expect(await ben!.session.open('ana', 'camera', sealed)).not.toBeNull();
  });

  it('being cut anywhere', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const sealed = (await ana!.session.seal('camera', vp8(true, 40)))!;
    for (let length = 0; length < sealed.length; length++) {
      expect(await ben!.session.open('ana', 'camera', sealed.slice(0, length))).toBeNull();
    }
  });
});

describe('epochs', () => {
  it('turn on each join, and the newcomer opens nothing from before', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const before = (await ana!.session.seal('camera', vp8(true)))!;
    const [cleo] = await relay.join('cleo');
    const after = (await ana!.session.seal('camera', vp8(true)))!;
    expect(kidOf(after.subarray(10))).not.toBe(kidOf(before.subarray(10)));
    expect(await cleo!.session.open('ana', 'camera', before)).toBeNull();
    expect(cleo!.session.counters['no-key']).toBe(1);
    expect(await cleo!.session.open('ana', 'camera', after)).not.toBeNull();
    expect(await ben!.session.open('ana', 'camera', before)).not.toBeNull();
  });

  it('turn at once when somebody leaves, who then opens nothing more', async () => {
    const relay = new Relay();
    const [ana, ben, cleo] = await relay.join('ana', 'ben', 'cleo');
    const epoch = ana!.state.epoch;
    // Nobody acknowledges: a leave does not wait for that.
    relay.tamper = message => (decode(message.body)?.type === 'ack' ? null : message);
    await relay.leave('cleo');
    expect(ana!.state.epoch).toBe(epoch + 1);
    const sealed = (await ana!.session.seal('camera', vp8(true)))!;
    const late = cleo!.session.open('ana', 'camera', sealed.slice());
    await relay.advance(holdBackMs);
    expect(await late).toBeNull();
    expect(cleo!.session.counters['no-key']).toBe(1);
    expect(await ben!.session.open('ana', 'camera', sealed)).not.toBeNull();
    // And the one who left is not heard either.
    expect(await ben!.session.open('cleo', 'camera', (await cleo!.session.seal('camera', vp8(true)))!)).toBeNull();
  });

  it('never send the new key to somebody who has left', async () => {
    const relay = new Relay();
    await relay.join('ana', 'ben', 'cleo');
    relay.passed.length = 0;
    await relay.leave('cleo');
    await relay.advance(30_000);
    expect(relay.passed.length).toBeGreaterThan(0);
    expect(relay.passed.filter(m => m.to === 'cleo')).toEqual([]);
  });

  it('turn at every interval without losing a frame', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    ana!.session.setRotation(10);
    ben!.session.setRotation(10);
    const epochs = new Set<number>();
    for (let second = 0; second < 120; second++) {
      await relay.advance(1_000);
      for (const [from, to] of [[ana!, ben!], [ben!, ana!]] as const) {
        const sealed = (await from.session.seal('camera', vp8(second % 3 === 0)))!;
        epochs.add(kidOf(sealed.subarray(second % 3 === 0 ? 10 : 3)) & 0xff);
        expect(await to.session.open(from.name, 'camera', sealed)).not.toBeNull();
      }
    }
    expect(epochs.size).toBeGreaterThanOrEqual(12);
    expect(ana!.session.counters['no-key'] + ben!.session.counters['no-key']).toBe(0);
  });

  it('keep the last one open for late frames, for 5 s and no longer', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const late = await Promise.all([1, 2].map(() => ana!.session.seal('camera', vp8(false))));
    ana!.session.setRotation(10);
    await relay.advance(10_000);
    expect(await ben!.session.open('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!)).not.toBeNull();
    await relay.advance(4_900);
    expect(await ben!.session.open('ana', 'camera', late[0]!)).not.toBeNull();
    await relay.advance(200);
    expect(await ben!.session.open('ana', 'camera', late[1]!)).toBeNull();
    expect(ben!.session.counters['no-key']).toBe(1);
  });

  it('close the one before the last at the first frame of the newest', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const oldest = (await ana!.session.seal('camera', vp8(false)))!;
    const open = async (): Promise<unknown> => ben!.session.open('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!);
    expect(await open()).not.toBeNull();
    ana!.session.setRotation(1);
    await relay.advance(1_000);
    expect(await open()).not.toBeNull();
    await relay.advance(1_000);
    expect(await open()).not.toBeNull();
    expect(await ben!.session.open('ana', 'camera', oldest)).toBeNull();
  });

  it('wait one second for an acknowledgement that does not come, then switch', async () => {
    const relay = new Relay();
    const [ana] = await relay.join('ana', 'ben');
    const epoch = ana!.state.epoch;
    relay.tamper = message => (decode(message.body)?.type === 'ack' ? null : message);
    ana!.session.setRotation(10);
    await relay.advance(10_900);
    expect(ana!.state.epoch).toBe(epoch);
    await relay.advance(200);
    expect(ana!.state.epoch).toBe(epoch + 1);
    expect(ana!.state.secure).toEqual([]);
  });

  it('do not turn while the socket is down, and make up for it afterwards', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const epoch = ana!.state.epoch;
    ana!.session.setRotation(10);
    ana!.online = false;
    ana!.session.setConnected(false);
    await relay.advance(30_000);
    expect(ana!.state.epoch).toBe(epoch);
    expect(await ben!.session.open('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!)).not.toBeNull();
    ana!.online = true;
    ana!.session.setConnected(true);
    await relay.advance(2_500);
    expect(ana!.state.epoch).toBe(epoch + 1);
    expect(ana!.state.secure).toEqual(['ben']);
  });

  it('reach a member whose key message was lost, by sending it again', async () => {
    const relay = new Relay();
    let lost = 3;
    relay.tamper = message => (decode(message.body)?.type === 'key' && lost-- > 0 ? null : message);
    const [ana, ben] = await relay.join('ana', 'ben');
    expect(ana!.state.secure).toEqual([]);
    await relay.advance(4_000);
    expect(ana!.state.secure).toEqual(['ben']);
    expect(ben!.state.secure).toEqual(['ana']);
  });

  it('are not brought back by playing an old key message again', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const old = relay.passed.filter(m => m.from === 'ana' && decode(m.body)?.type === 'key');
    const late = (await ana!.session.seal('camera', vp8(false)))!;
    ana!.session.setRotation(1);
    await relay.advance(1_000);
    await ben!.session.open('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!);
    await relay.advance(6_000);
    for (const message of old) ben!.session.receive('ana', message.body);
    await relay.settle();
    expect(await ben!.session.open('ana', 'camera', late)).toBeNull();
  });

  it('give a member that joins while keys are going round the key that is not yet in use', async () => {
    const relay = new Relay();
    const [ana] = await relay.join('ana');
    relay.tamper = message => (decode(message.body)?.type === 'ack' ? null : message);
    await relay.join('ben');
    const epoch = ana!.state.epoch;
    const [cleo] = await relay.join('cleo');
    expect(ana!.state.epoch).toBe(epoch);
    await relay.advance(1_000);
    expect(ana!.state.epoch).toBe(epoch + 1);
    expect(await cleo!.session.open('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!)).not.toBeNull();
  });
});

describe('a page that is loaded again', () => {
  it('gets new keys under a new number, and its old self opens nothing more', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const again = await relay.create('ben');
    relay.members.set('ben', again);
    await relay.tellRoster();
    const sealed = (await ana!.session.seal('camera', vp8(true)))!;
    expect(await again.session.open('ana', 'camera', sealed.slice())).not.toBeNull();
    const late = ben!.session.open('ana', 'camera', sealed.slice());
    await relay.advance(holdBackMs);
    expect(await late).toBeNull();
    expect(again.state.digits).toBe(ana!.state.digits);
    expect(again.state.digits).not.toBeNull();
  });
});

describe('a hostile server', () => {
  it('cannot forge, reflect or alter key messages', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const before = { ...ben!.session.counters };
    const key = relay.passed.find(m => m.from === 'ana' && decode(m.body)?.type === 'key')!;
    const message = decode(key.body)!;
    if (message.type !== 'key') throw new Error('not a key message');
    const altered = [
      encode({ ...message, epoch: message.epoch + 1 }),
      encode({ ...message, sealed: message.sealed.map((b, i) => (i === 20 ? b ^ 1 : b)) }),
    ];
    for (const body of altered) ben!.session.receive('ana', body);
    ana!.session.receive('ben', key.body);
    await relay.settle();
    await relay.tellRoster();
    expect(ben!.session.counters.badMessages).toBe(before.badMessages + 2);
    expect(await ben!.session.open('ana', 'camera', (await ana!.session.seal('camera', vp8(true)))!)).not.toBeNull();
  });

  it('gets nowhere with rosters that repeat numbers or keys, reflect our own key, or hold no keys at all', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const mad = [
      { ...ben!.line, participant: 'eve', publicKey: ana!.line.publicKey, member: 9 },
      { ...ben!.line, participant: 'eve' },
      { ...ben!.line, participant: 'eve', member: 300 },
      { ...ben!.line, participant: 'eve', member: 9, publicKey: 'AAAA' },
      { ...ben!.line, participant: 'eve', member: 9, publicKey: ben!.line.publicKey.slice(0, -4) + 'AAAA' },
      { ...ben!.line, participant: 'eve', member: 9, commitment: '!' },
    ];
    for (const line of mad) {
      const counted = ana!.session.counters.badRoster;
      ana!.session.setRoster('ana', [ana!.line, ben!.line, line]);
      await relay.settle();
      expect(ana!.session.counters.badRoster).toBeGreaterThan(counted);
      expect(ana!.state.secure).not.toContain('eve');
    }
  });

  it('is counted and ignored for bodies that are no messages', async () => {
    const relay = new Relay();
    const [ana] = await relay.join('ana', 'ben');
    for (const body of ['', 'A', '!!!!', 'AQ', 'AQE', 'x'.repeat(100_000), 'AQkAAAAAAA', 'AgEAAAAB' + 'A'.repeat(80)]) ana!.session.receive('ben', body);
    await relay.settle();
    expect(ana!.session.counters.badMessages).toBe(8);
    expect(ana!.state.secure).toEqual(['ben']);
  });
});

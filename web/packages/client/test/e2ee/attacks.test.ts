import { describe, expect, it } from 'vitest';
import { concat, type Bytes } from '../../src/bytes';
import { metadataOf } from '../../src/e2ee/frame-layout';
import { decode } from '../../src/e2ee/messages';
import { counterLead, counterLeadPerSecond, keyIdOf, ReceiverKeys } from '../../src/e2ee/receiver-keys';
import { SenderKeys } from '../../src/e2ee/sender-keys';
import { aes256GcmSha512, SFrameKey } from '../../src/e2ee/sframe';
import { FakeClock } from '../fake-clock';
import { Relay, vp8, type Member } from './relay';

const lines = (relay: Relay): Member['line'][] => [...relay.members.values()].map(m => ({ ...m.line }));
const opens = async (to: Member, from: Member): Promise<boolean> =>
  (await to.session.open(from.name, 'camera', (await from.session.seal('camera', vp8(true)))!)) !== null;

describe('a server that pretends that a member left and came back', () => {
  it.each([
    ['under the same number', (line: Member['line']) => line],
    ['under another number', (line: Member['line']) => ({ ...line, member: 77 })],
    ['under another name', (line: Member['line']) => ({ ...line, participant: 'ana2' })],
  ])('makes no recorded frame open again, %s', async (_, shown) => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    await relay.advance(2_000);
    const recorded: Bytes[] = [];
    for (let i = 0; i < 5; i++) recorded.push((await ana!.session.seal('camera', vp8(i === 0, 200, i)))!);
    for (const frame of recorded) expect(await ben!.session.open('ana', 'camera', frame.slice())).not.toBeNull();
    const keys = relay.passed.filter(m => m.from === 'ana' && m.to === 'ben' && decode(m.body)?.type === 'key');
    expect(keys.length).toBeGreaterThan(0);
    const epoch = ana!.state.epoch;

    const again = shown(ana!.line);
    for (let times = 0; times < 3; times++) {
      relay.tamper = message => (message.to === 'ana' ? null : message);
      ben!.session.setRoster('ben', [ben!.line]);
      ben!.session.setRoster('ben', [again, ben!.line]);
      await relay.settle();
      for (const key of keys) ben!.session.receive(again.participant, key.body);
      await relay.settle();
      for (const frame of recorded) expect(await ben!.session.open(again.participant, 'camera', frame.slice())).toBeNull();
      expect(ben!.state.secure).toEqual([]);
      ben!.session.setRoster('ben', [ana!.line, ben!.line]);
      await relay.settle();
    }

    // The genuine ana is heard again as soon as she has turned.
    relay.tamper = message => message;
    await relay.advance(31 * 60_000);
    expect(ana!.state.epoch).toBeGreaterThan(epoch);
    expect(await opens(ben!, ana!)).toBe(true);
    expect(await ben!.session.open('ana', 'camera', recorded[0]!.slice())).toBeNull();
  });
});

describe('somebody held and admitted again', () => {
  it.each([['as the same number', false], ['as a new number', true]])('while a third was away, %s, and all open all afterwards', async (_, isNewNumber) => {
    const relay = new Relay();
    const [doc, pat, fam] = await relay.join('doc', 'pat', 'fam');
    await relay.advance(3_000);
    const before = pat!.state.epoch;
    fam!.online = false;
    fam!.session.setConnected(false);
    await relay.settle();

    pat!.session.setConnected(false);
    pat!.session.setRoster('pat', []);
    doc!.session.setRoster('doc', lines(relay).filter(l => l.participant !== 'pat'));
    await relay.settle();
    if (isNewNumber) pat!.line = { ...pat!.line, member: 40 };
    pat!.session.setConnected(true);
    pat!.session.setRoster('pat', lines(relay));
    doc!.session.setRoster('doc', lines(relay));
    await relay.settle();
    await relay.advance(3_000);
    expect(pat!.state.epoch).toBeGreaterThan(before);
    expect(pat!.state.secure).toEqual(['doc']);

    fam!.online = true;
    fam!.session.setConnected(true);
    fam!.session.setRoster('fam', lines(relay));
    await relay.settle();
    await relay.advance(20_000);
    for (const [to, from] of [[fam!, pat!], [pat!, fam!], [doc!, pat!], [pat!, doc!], [fam!, doc!], [doc!, fam!]] as const) {
      expect(await opens(to, from), `${to.name} opens ${from.name}`).toBe(true);
    }
    for (const member of [doc!, pat!, fam!]) expect(member.state.secure).toHaveLength(2);
    expect(new Set([doc!, pat!, fam!].map(m => m.state.digits)).size).toBe(1);
  });
});

describe('what a receiver acknowledges', () => {
  const base = (seed: number): Bytes => new Uint8Array(32).fill(seed);

  it('is the key that it installed, again when it comes again, and never another one of that epoch', async () => {
    const keys = new ReceiverKeys(3);
    expect(await keys.install(5, base(1), 0)).toBe(true);
    expect(await keys.install(5, base(1), 0)).toBe(true);
    expect(await keys.install(5, base(2), 0)).toBe(false);
    expect(await keys.install(4, base(3), 0)).toBe(false);
    const later = new ReceiverKeys(3, keys.highWater);
    expect(await later.install(5, base(1), 0)).toBe(false);
    expect(later.hasKey).toBe(false);
    expect(await later.install(6, base(1), 0)).toBe(true);
  });

  it('stops the sender even when the first acknowledgement was lost', async () => {
    const relay = new Relay();
    let lost = 2;
    relay.tamper = message => (decode(message.body)?.type === 'ack' && lost-- > 0 ? null : message);
    const [ana, ben] = await relay.join('ana', 'ben');
    await relay.advance(10_000);
    expect(ana!.state.secure).toEqual(['ben']);
    expect(ben!.state.secure).toEqual(['ana']);
    relay.passed.length = 0;
    await relay.advance(60_000);
    expect(relay.passed).toEqual([]);
  });
});

describe('a counter far ahead', () => {
  const base = new Uint8Array(32).fill(9);
  const forge = async (counter: number): Promise<Bytes> => {
    const imported = await crypto.subtle.importKey('raw', base, 'HKDF', false, ['deriveBits']);
    const key = await SFrameKey.derive(aes256GcmSha512, keyIdOf(2, 1), imported, 'encrypt');
    const frame = vp8(true);
    const head = frame.subarray(0, 10);
    return concat(head, await key.seal(BigInt(counter), metadataOf('camera', head), frame.subarray(10)));
  };

  it.each([2 ** 52, 2 ** 32 + 5, counterLead + 10])('(%d) is refused, and blocks nothing', async far => {
    const keys = new ReceiverKeys(2);
    await keys.install(1, base.slice(), 0);
    expect(await keys.open('camera', await forge(0), 0)).toHaveProperty('frame');
    expect(await keys.open('camera', await forge(far), 0)).toEqual({ failure: 'ahead' });
    expect(await keys.open('camera', await forge(1), 0)).toHaveProperty('frame');
  });

  it('is refused from one source after another too, and opens after the time in which it can be genuine', async () => {
    const keys = new ReceiverKeys(2);
    await keys.install(1, base.slice(), 0);
    expect(await keys.open('camera', await forge(counterLead), 0)).toEqual({ failure: 'ahead' });
    expect(await keys.open('camera', await forge(counterLead - 1), 0)).toHaveProperty('frame');
    const hidden = 3_600;
    const far = counterLead - 1 + counterLead + counterLeadPerSecond * hidden;
    expect(await keys.open('camera', await forge(far + 1), hidden * 1_000)).toEqual({ failure: 'ahead' });
    expect(await keys.open('camera', await forge(far), hidden * 1_000)).toHaveProperty('frame');
  });
});

describe('the epochs of one page load', () => {
  it('rise over every entry into the call', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const seen = [ana!.state.epoch];
    for (let times = 0; times < 4; times++) {
      ana!.session.setRoster('ana', []);
      ben!.session.setRoster('ben', [ben!.line]);
      await relay.settle();
      await relay.tellRoster();
      await relay.advance(1_500);
      seen.push(ana!.state.epoch);
      expect(await opens(ben!, ana!)).toBe(true);
      expect(await opens(ana!, ben!)).toBe(true);
    }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  });

  it('are numbered by the page, not by the sender', async () => {
    let last = 41;
    const sender = new SenderKeys(1, new FakeClock(), () => ++last, n => new Uint8Array(n), () => {}, () => {});
    await sender.turn([], true);
    expect(sender.epoch).toBe(42);
  });
});

import { describe, expect, it } from 'vitest';
import { toBase64Url } from '../../src/bytes';
import { decode, encode } from '../../src/e2ee/messages';
import { E2eeSession, type RosterKeys } from '../../src/e2ee/session';
import { freeRounds, roundEveryMs } from '../../src/e2ee/short-code';
import { Relay } from './relay';

const digits = (...members: { state: { digits: string | null } }[]): (string | null)[] => members.map(m => m.state.digits);

describe('the short code', () => {
  it('is the same for three and for six members, and another one for each set', async () => {
    const relay = new Relay();
    const seen = new Set<string | null>();
    for (const name of ['ana', 'ben', 'cleo', 'dan', 'eli', 'fay']) {
      await relay.join(name);
      const codes = new Set(digits(...relay.members.values()));
      expect(codes.size).toBe(1);
      seen.add([...codes][0]!);
    }
    expect(seen.has(null)).toBe(true); // alone, there is nobody to compare with
    expect(seen.size).toBe(6);
  });

  it('comes back when a set of members comes back', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const before = ana!.state.digits;
    await relay.join('cleo');
    expect(ana!.state.digits).not.toBe(before);
    await relay.leave('cleo');
    expect(digits(ana!, ben!)).toEqual([before, before]);
  });

  it('belongs to one visit', async () => {
    const relay = new Relay();
    const ana = await relay.create('ana', 'visit-1');
    const ben = await relay.create('ben', 'visit-2');
    relay.members.set('ana', ana).set('ben', ben);
    await relay.tellRoster();
    expect(digits(ana, ben)).toEqual([null, null]);
    expect(ana.state.secure).toEqual([]);
  });

  it('is not revealed to anybody before they are bound', async () => {
    const relay = new Relay();
    relay.tamper = message => (message.from === 'ben' && decode(message.body)?.type === 'commit' ? null : message);
    await relay.join('ana', 'ben');
    await relay.advance(20_000);
    expect(relay.passed.some(m => m.from === 'ana' && decode(m.body)?.type === 'commit')).toBe(true);
    expect(relay.passed.some(m => m.from === 'ana' && decode(m.body)?.type === 'reveal')).toBe(false);
  });

  it('has fresh commitments of everybody in each set, made before any nonce of that set is out', async () => {
    const relay = new Relay();
    await relay.join('ana', 'ben', 'cleo');
    const values = new Set<string>();
    for (const message of relay.passed) {
      const m = decode(message.body)!;
      if (m.type === 'commit') values.add(`${message.from} ${m.members} ${toBase64Url(m.value)}`);
    }
    // {ana, ben}: 2, {ana, ben, cleo}: 3, no two the same.
    expect(values.size).toBe(5);
    expect(new Set([...values].map(v => v.split(' ')[2])).size).toBe(5);
    const order = relay.passed.map(m => ({ from: m.from, ...decode(m.body)! }));
    order.forEach((m, i) => {
      if (m.type !== 'reveal') return;
      const bound = new Set(order.slice(0, i).filter(c => c.type === 'commit' && String(c.members) === String(m.members)).map(c => c.from));
      expect(bound.size).toBe(m.members.length);
    });
  });

  it('comes about although messages of every kind are lost at first', async () => {
    const relay = new Relay();
    let seed = 42;
    relay.tamper = message => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31 < 0.5 ? null : message;
    };
    const [ana, ben, cleo] = await relay.join('ana', 'ben', 'cleo');
    await relay.advance(120_000);
    expect(ana!.state.digits).not.toBeNull();
    expect(new Set(digits(ana!, ben!, cleo!)).size).toBe(1);
    expect(ana!.state.secure.length + ben!.state.secure.length + cleo!.state.secure.length).toBe(6);
  });

  it('is not talked about again when a roster only repeats itself', async () => {
    const relay = new Relay();
    relay.tamper = message => (message.from === 'ben' ? null : message);
    await relay.join('ana', 'ben');
    relay.passed.length = 0;
    for (let i = 0; i < 10; i++) await relay.tellRoster();
    expect(relay.passed).toEqual([]);
  });

  it('stays away when a nonce does not fit its commitment', async () => {
    const relay = new Relay();
    relay.tamper = message => {
      const m = decode(message.body)!;
      if (message.from !== 'ben' || m.type !== 'reveal') return message;
      return { ...message, body: encode({ ...m, value: m.value.map(b => b ^ 1) }) };
    };
    const [ana] = await relay.join('ana', 'ben');
    await relay.advance(30_000);
    expect(ana!.state.digits).toBeNull();
  });

  it('ignores a second commitment, so nobody changes their mind after seeing a nonce', async () => {
    const relay = new Relay();
    const [ana, ben] = await relay.join('ana', 'ben');
    const code = ana!.state.digits;
    const members = new Uint8Array([0, 1]);
    ana!.session.receive('ben', encode({ type: 'commit', again: false, members, value: new Uint8Array(32).fill(9) }));
    ana!.session.receive('ben', encode({ type: 'reveal', members, value: new Uint8Array(32).fill(8) }));
    await relay.settle();
    expect(digits(ana!, ben!)).toEqual([code, code]);
  });

  it('gives a server that forces change after change only so many tries', async () => {
    const relay = new Relay();
    const [ana] = await relay.join('ana', 'ben');
    let codes = 1;
    for (let i = 0; i < 60; i++) {
      const again = await relay.create('ben');
      again.line = { ...again.line, member: 2 + i };
      relay.members.set('ben', again);
      await relay.tellRoster();
      if (ana!.state.digits !== null) codes++;
    }
    expect(codes).toBe(freeRounds);
    await relay.advance(roundEveryMs + 8_000);
    expect(ana!.state.digits).not.toBeNull();
  });
});

describe('a server that swaps a key', () => {
  it('and only passes things on gets two codes, and no frame through', async () => {
    const relay = new Relay();
    const eve = await relay.create('eve');
    relay.roster = (viewer, lines) => lines.map(l => (l.participant === viewer ? l : { ...l, publicKey: eve.line.publicKey }));
    const [ana, ben] = await relay.join('ana', 'ben');
    const [a, b] = digits(ana!, ben!);
    expect(a).not.toBeNull();
    expect(b).not.toBeNull();
    expect(a).not.toBe(b);
    expect(digits(ana!, ben!)).not.toContain(null);
    expect([...ana!.state.secure, ...ben!.state.secure]).toEqual([]);
  });

  it('and plays the other person to both sides gets two codes', async () => {
    const pairs: [string, string][] = [];
    for (let i = 0; i < 25; i++) {
      // Ana talks to a false Ben, Ben to a false Ana; the server holds the keys of both and could read all.
      const left = new Relay();
      const right = new Relay();
      const [ana, falseBen] = await left.join('ana', 'ben');
      const [falseAna, ben] = await right.join('ana', 'ben');
      expect(ana!.state.secure).toEqual(['ben']);
      expect(ben!.state.secure).toEqual(['ana']);
      expect(falseBen!.state.digits).toBe(ana!.state.digits);
      expect(falseAna!.state.digits).toBe(ben!.state.digits);
      pairs.push([ana!.state.digits!, ben!.state.digits!]);
    }
    for (const [a, b] of pairs) expect(a).not.toBe(b);
  });

  it('and copies the commitments and nonces of one side to the other still gets two codes', async () => {
    // False Ben echoes to Ana what the real Ben says, under a key of the server's own; and the other way round.
    const relay = new Relay();
    const [towardsAna, towardsBen] = [await relay.create('x'), await relay.create('y')];
    relay.roster = (viewer, lines): RosterKeys[] => lines.map(l => {
      if (l.participant === viewer) return l;
      return { ...l, publicKey: (viewer === 'ana' ? towardsAna : towardsBen).line.publicKey };
    });
    const [ana, ben] = await relay.join('ana', 'ben');
    expect(ana!.state.digits).not.toBeNull();
    expect(ana!.state.digits).not.toBe(ben!.state.digits);
  });

  it('in a commitment of the roster gets two codes as well', async () => {
    const relay = new Relay();
    relay.roster = (viewer, lines) => lines.map(l => (viewer === 'ana' && l.participant === 'ben' ? { ...l, commitment: toBase64Url(new Uint8Array(32)) } : l));
    const [ana, ben] = await relay.join('ana', 'ben');
    expect(ana!.state.digits).not.toBe(ben!.state.digits);
    expect(digits(ana!, ben!)).not.toContain(null);
  });
});

it('A session reports nothing and sends nothing after it was closed', async () => {
  const relay = new Relay();
  const sent: string[] = [];
  const session = await E2eeSession.create('visit-1', { clock: relay.clock, send: to => void sent.push(to), changed: () => void sent.push('state') });
  const ben = await relay.create('ben');
  session.setRoster('ana', [{ ...ben.line, participant: 'ana', member: 7 }, ben.line]);
  await session.settled();
  sent.length = 0;
  session.close();
  session.setRoster('ana', []);
  await relay.clock.advance(60_000);
  expect(sent).toEqual([]);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { VisitClient } from '../../src/visit-client';
import { FakeTrack, World, type FakeSocket } from '../fakes';

let world: World;
let client: VisitClient;
let dead: FakeSocket;
const track = (kind: string): MediaStreamTrack => new FakeTrack(kind) as unknown as MediaStreamTrack;

/** In a call whose socket has died without a word; a ticket is another one each time. */
beforeEach(async () => {
  world = new World();
  client = new VisitClient({ visit: 'v', person: 'you' }, world);
  let tickets = 0;
  world.joinAnswer = async () => ({ ticket: `t${++tickets}`, expiresInSeconds: 60, socket: 'wss://server/api/signal' });
  await client.join({ camera: track('video'), microphone: track('audio') });
  await world.settle();
  world.peer.become('connected');
  await world.advance(5_100);
  dead = world.socket;
  world.hear = socket => socket !== dead;
});

function stopMedia(): void {
  const bytesReceived = world.peer.bytes;
  world.peer.getStats = async () => new Map([['pair', { type: 'candidate-pair', nominated: true, state: 'succeeded', bytesReceived }]]);
}

describe('a socket that died without a word', () => {
  it('is replaced, and ICE restarted over its successor, 1.2 s after media stopped, with nothing to announce it', async () => {
    stopMedia();
    await world.advance(1_200);
    expect(world.sockets).toHaveLength(2);
    expect(world.socket.of('hello')).toHaveLength(1);
    expect(world.peer.offers.at(-1)).toEqual({ iceRestart: true });
    expect(world.socket.of('offer').length).toBeGreaterThan(0);
    expect(world.joins).toEqual(['instance-1', 'instance-1']);
    expect(world.e2ees).toHaveLength(1);
    expect(world.peers).toHaveLength(1);
  });

  it('is kept, and the ticket left unused, when it speaks before its rival has been asked for', async () => {
    let give: () => void = () => {};
    world.joinAnswer = () => new Promise(done => {
      give = () => done({ ticket: 'late', expiresInSeconds: 60, socket: 'wss://server/api/signal' });
    });
    world.network('shown');
    await world.advance(400);
    expect(client.getSnapshot().connection).toBe('reconnecting');
    dead.say({ type: 'pong', t: 5_100 });
    give();
    await world.advance(3_000);
    expect(client.getSnapshot().connection).toBe('connected');
    expect(world.sockets).toHaveLength(1);
    expect(dead.closedWith).toBeNull();
  });

  it('is left even when it speaks again, once the server may have put the rival in its place', async () => {
    world.onSocket = () => {};
    world.network('shown');
    await world.advance(400);
    expect(world.sockets).toHaveLength(2);
    dead.say({ type: 'pong', t: 5_100 });
    expect(dead.closedWith).toBeNull();
    world.socket.accept();
    await world.settle();
    expect(dead.closedWith).toBe(1000);
    expect(client.getSnapshot().connection).toBe('connected');
  });

  it('that breaks while its rival is on the way does not begin a third', async () => {
    world.onSocket = () => {};
    world.network('shown');
    await world.advance(400);
    dead.break();
    await world.advance(100);
    expect(world.sockets).toHaveLength(2);
    world.socket.accept();
    await world.settle();
    expect(world.joins).toHaveLength(2);
    expect(client.getSnapshot().connection).toBe('connected');
  });

  it('superseded by a request of its own page that came late comes back once more', async () => {
    world.hear = () => true;
    dead.break(4007);
    await world.advance(0);
    expect(client.getSnapshot()).toMatchObject({ phase: 'in-call', connection: 'connected', ending: null });
    expect(world.joins).toHaveLength(2);
  });

  it('costs one ticket a try, each used for one socket, and hung tries are aborted', async () => {
    const signals: AbortSignal[] = [];
    const join = world.api.join;
    world.api.join = (instance: string, signal?: AbortSignal) => {
      signals.push(signal!);
      return join(instance);
    };
    world.onSocket = () => {};
    dead.break();
    await world.advance(5_000);
    const used = world.sockets.map(s => s.protocols[1]);
    expect(new Set(used).size).toBe(used.length);
    expect(used.length).toBe(world.joins.length);
    expect(signals.slice(0, -1).every(s => s.aborted)).toBe(true);
    expect(world.sockets.slice(1, -1).every(s => s.closedWith === 1000)).toBe(true);
  });
});

describe('a socket that the server is closing', () => {
  it('is sent nothing more: a browser would complain, and keep it from nobody', async () => {
    world.hear = () => true;
    dead.isClosing = true;
    const sent = dead.sent.length;
    await world.advance(10_000);
    expect(dead.sent.length).toBe(sent);
  });
});

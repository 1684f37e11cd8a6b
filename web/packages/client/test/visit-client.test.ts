import { beforeEach, describe, expect, it } from 'vitest';
import { VisitClient } from '../src/visit-client';
import { ApiError } from '../src/types';
import { FakeTrack, other, World, type Json } from './fakes';

let world: World;
let client: VisitClient;
const track = (kind: string): MediaStreamTrack => new FakeTrack(kind) as unknown as MediaStreamTrack;
const snapshot = (): ReturnType<VisitClient['getSnapshot']> => client.getSnapshot();
const lastOffer = (): Json => world.socket.of('offer').at(-1)!;

beforeEach(() => {
  world = new World();
  client = new VisitClient({ visit: 'v', person: 'you' }, world);
});

async function join(): Promise<void> {
  await client.join({ camera: track('video'), microphone: track('audio') });
  await world.settle();
  world.peer.become('connected');
}

describe('joining', () => {
  it('goes from ticket to socket to hello to a first offer with microphone and camera', async () => {
    expect(snapshot().phase).toBe('idle');
    await join();
    expect(world.socket.protocols).toEqual(['wardline.v1', 'ticket.t']);
    expect(world.socket.of('hello')).toEqual([{ type: 'hello', id: 1, e2ee: { publicKey: 'key', commitment: 'commitment' } }]);
    expect(lastOffer()['publish']).toEqual([{ mid: '0', source: 'microphone' }, { mid: '1', source: 'camera' }]);
    expect(snapshot()).toMatchObject({ phase: 'in-call', connection: 'connected', you: { participant: 'p-you', role: 'clinician' } });
    expect(world.socket.of('media').at(-1)).toEqual({ type: 'media', microphone: true, camera: true });
  });

  it('attaches the sealing worker to every sender before anything is offered', async () => {
    let sealedAtOffer: string[] = [];
    world.hear = (_socket, message) => {
      if (message['type'] === 'offer' && sealedAtOffer.length === 0) sealedAtOffer = [...world.e2ee.sealed];
      return true;
    };
    await join();
    expect(sealedAtOffer).toEqual(['microphone', 'camera']);
  });

  it('sends the camera in three layers, as VP8 with RTX only, and sound as Opus and RED only', async () => {
    await join();
    const [microphone, camera] = world.peer.transceivers;
    expect(camera!.init.sendEncodings).toEqual([
      { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
      { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
    ]);
    expect(camera!.codecs).toEqual(['video/VP8', 'video/rtx']);
    expect(microphone!.codecs).toEqual(['audio/opus', 'audio/red']);
  });

  it('waits in the waiting room without a peer connection, and offers once admitted', async () => {
    world.state = 'waiting';
    await client.join({ camera: null, microphone: null });
    await world.settle();
    expect(snapshot().phase).toBe('waiting');
    expect(world.peers).toHaveLength(0);
    world.state = 'in-call';
    world.socket.say({ type: 'state', state: 'in-call' });
    world.socket.say(world.roster());
    await world.settle();
    expect(snapshot().phase).toBe('in-call');
    expect(lastOffer()['publish']).toHaveLength(2);
  });

  it('works without camera and without microphone, and takes them later without a new offer', async () => {
    await client.join({ camera: null, microphone: null });
    await world.settle();
    const offers = world.socket.of('offer').length;
    expect(world.socket.of('media').at(-1)).toEqual({ type: 'media', microphone: false, camera: false });
    const camera = track('video');
    await client.replaceCamera(camera);
    expect(world.peer.transceivers[1]!.sender.track).toBe(camera);
    expect(world.socket.of('media').at(-1)).toEqual({ type: 'media', microphone: false, camera: true });
    expect(world.socket.of('offer')).toHaveLength(offers);
  });

  it('uses the relay credentials it was given, and renews them before they expire', async () => {
    world.turnAnswer = { iceServers: [{ urls: ['turns:relay'], username: 'u1', credential: 'c' }], expiresInSeconds: 600 };
    await join();
    expect(world.peer.configuration.iceServers).toEqual(world.turnAnswer.iceServers);
    expect(world.peer.configuration.bundlePolicy).toBe('max-bundle');
    world.turnAnswer = { iceServers: [{ urls: ['turns:relay'], username: 'u2', credential: 'c' }], expiresInSeconds: 600 };
    await world.advance(481_000);
    expect(world.turns).toEqual(['join', 'refresh']);
    expect(world.peer.configuration.iceServers).toEqual(world.turnAnswer.iceServers);
  });

  it('ends with the code of a refusal', async () => {
    world.joinAnswer = () => Promise.reject(new ApiError('visit.not-invited', 403, 'no'));
    await expect(client.join({ camera: null, microphone: null })).rejects.toMatchObject({ code: 'visit.not-invited' });
    expect(snapshot()).toMatchObject({ phase: 'ended', ending: { reason: 'removed', code: 'visit.not-invited', mayReturn: false } });
  });

  it('keeps trying while the server cannot be reached', async () => {
    const answer = world.joinAnswer;
    world.joinAnswer = null;
    const joined = client.join({ camera: null, microphone: null });
    await world.advance(10_000);
    expect(snapshot().phase).toBe('joining');
    world.joinAnswer = answer;
    await world.advance(1_000);
    await joined;
    expect(snapshot().phase).toBe('in-call');
  });

  it('is refused twice at a time', async () => {
    await join();
    await expect(client.join({ camera: null, microphone: null })).rejects.toMatchObject({ code: 'visit.already-joined' });
  });
});

describe('the others', () => {
  it('are received in one section for each track, with their names and switches', async () => {
    await join();
    world.socket.say(world.roster(other('ben', 1, { tracks: [{ source: 'microphone', on: false }, { source: 'camera', on: true }] })));
    await world.settle();
    expect(lastOffer()['subscribe']).toEqual([
      { mid: '2', participant: 'ben', source: 'microphone' }, { mid: '3', participant: 'ben', source: 'camera' },
    ]);
    const ben = snapshot().participants[1]!;
    expect(ben).toMatchObject({ id: 'ben', isYou: false, microphoneOn: false, cameraOn: true, secure: false });
    expect(ben.cameraStream).not.toBeNull();
    world.e2ee.handlers.state({ secure: ['ben'], digits: '284 913', epoch: 2 });
    expect(snapshot().participants[1]!.secure).toBe(true);
    expect(snapshot().code.digits).toBe('284 913');
  });

  it('reuse the sections of those who have left', async () => {
    await join();
    world.socket.say(world.roster(other('ben', 1)));
    await world.settle();
    world.socket.say(world.roster());
    await world.settle();
    expect(world.peer.transceivers.slice(2).map(t => t.direction)).toEqual(['inactive', 'inactive']);
    expect([...world.e2ee.bindings.values()]).toEqual([null, null]);
    expect(lastOffer()['subscribe']).toEqual([]);
    world.socket.say(world.roster(other('cleo', 2)));
    await world.settle();
    expect(world.peer.transceivers).toHaveLength(4);
    expect(lastOffer()['subscribe']).toEqual([
      { mid: '2', participant: 'cleo', source: 'microphone' }, { mid: '3', participant: 'cleo', source: 'camera' },
    ]);
    expect(world.e2ee.bindings.get(1)).toEqual({ participant: 'cleo', source: 'camera' });
  });

  it('who load their page again keep their sections, and one new offer asks for what they send now', async () => {
    await join();
    world.socket.say(world.roster(other('ben', 1)));
    await world.settle();
    const offers = world.socket.of('offer').length;
    world.socket.say(world.roster(other('ben', 2, { tracks: [] })));
    await world.settle();
    expect(world.socket.of('offer')).toHaveLength(offers);
    expect(snapshot().participants[1]!.cameraStream).not.toBeNull();
    world.socket.say(world.roster(other('ben', 2)));
    world.socket.say({ type: 'renegotiate', reason: 'participant' });
    await world.settle();
    expect(world.socket.of('offer').length).toBeLessThanOrEqual(offers + 2);
    expect(lastOffer()['subscribe']).toEqual([
      { mid: '2', participant: 'ben', source: 'microphone' }, { mid: '3', participant: 'ben', source: 'camera' },
    ]);
    expect(world.peer.transceivers).toHaveLength(4);
  });

  it('who are there already are in the very first offer', async () => {
    world.others = [other('ben', 1)];
    await join();
    expect(world.socket.of('offer')).toHaveLength(1);
    expect(lastOffer()['subscribe']).toHaveLength(2);
  });

  it('get keys only while they are in the call', async () => {
    await join();
    world.socket.say(world.roster(other('ben', 1), other('wes', 2, { state: 'waiting', e2ee: null, tracks: [] }), other('ava', 3, { state: 'away' })));
    await world.settle();
    expect(world.e2ee.rosters.at(-1)!.members.map(m => m.participant)).toEqual(['p-you', 'ben', 'ava']);
  });

  it('stay the same objects in the snapshot while nothing about them changes', async () => {
    await join();
    world.socket.say(world.roster(other('ben', 1)));
    await world.settle();
    const before = snapshot();
    expect(snapshot()).toBe(before);
    await world.advance(1_000);
    expect(snapshot()).not.toBe(before);
    expect(snapshot().participants).toBe(before.participants);
  });

  it('have their size told once it has settled, again after each negotiation, and not when they are gone', async () => {
    await join();
    world.socket.say(world.roster(other('ben', 1)));
    await world.settle();
    for (const width of [100, 200, 640]) client.setView('ben', 'camera', width, width / 2);
    await world.advance(200);
    expect(world.socket.of('view')).toEqual([{ type: 'view', slots: [{ mid: '3', width: 640, height: 320 }] }]);
    world.socket.say({ type: 'renegotiate', reason: 'red' });
    await world.settle();
    await world.advance(200);
    expect(world.socket.of('view')).toHaveLength(2);
    world.socket.say(world.roster());
    await world.settle();
    await world.advance(200);
    expect(world.socket.of('view')).toHaveLength(2);
  });
});

describe('local media', () => {
  it('off means off: a muted microphone is disabled, a stopped camera is detached', async () => {
    await join();
    client.setMicrophoneOn(false);
    client.setCameraOn(false);
    await world.settle();
    const [microphone, camera] = world.peer.transceivers;
    expect(microphone!.sender.track!.enabled).toBe(false);
    expect(camera!.sender.track).toBeNull();
    expect(world.socket.of('media').at(-1)).toEqual({ type: 'media', microphone: false, camera: false });
    expect(snapshot().participants[0]).toMatchObject({ microphoneOn: false, cameraOn: false });
  });

  it('a microphone plugged in while muted stays silent', async () => {
    await join();
    client.setMicrophoneOn(false);
    const next = track('audio');
    await client.replaceMicrophone(next);
    expect(world.peer.transceivers[0]!.sender.track).toBe(next);
    expect(next.enabled).toBe(false);
  });
});

describe('negotiation', () => {
  it('has one offer in flight, and one more for everything that came meanwhile', async () => {
    await join();
    const before = world.socket.of('offer').length;
    world.hear = (_socket, message) => message['type'] !== 'offer';
    world.socket.say({ type: 'renegotiate', reason: 'a' });
    await world.settle();
    for (let i = 0; i < 3; i++) world.socket.say({ type: 'renegotiate', reason: 'b' });
    world.socket.say(world.roster(other('ben', 1)));
    await world.settle();
    expect(world.socket.of('offer')).toHaveLength(before + 1);
    world.hear = () => true;
    world.socket.say({ type: 'answer', re: lastOffer()['id'], sdp: 'answer' });
    await world.settle();
    expect(world.socket.of('offer')).toHaveLength(before + 2);
    expect(lastOffer()['subscribe']).toHaveLength(2);
  });

  it('rolls back what is refused, says so, and tries again later', async () => {
    await join();
    world.hear = (socket, message) => {
      if (message['type'] !== 'offer') return true;
      socket.say({ type: 'error', re: message['id'], code: 'sdp.no-codec', message: 'no' });
      return false;
    };
    world.socket.say({ type: 'renegotiate', reason: 'a' });
    await world.settle();
    expect(world.peer.rollbacks).toBe(1);
    expect(snapshot().error).toMatchObject({ code: 'sdp.no-codec' });
    world.hear = () => true;
    await world.advance(600);
    expect(world.peer.signalingState).toBe('stable');
    expect(world.peer.rollbacks).toBe(1);
  });

  it('survives an answer that is none', async () => {
    await join();
    world.hear = (socket, message) => {
      if (message['type'] === 'offer') socket.say({ type: 'answer', re: message['id'], sdp: 'v=0 nonsense' });
      return message['type'] !== 'offer';
    };
    world.socket.say({ type: 'renegotiate', reason: 'a' });
    await world.settle();
    expect(snapshot().error).toMatchObject({ code: 'media.negotiation' });
    expect(snapshot().phase).toBe('in-call');
  });
});

describe('coming back', () => {
  it('on a new socket with the same instance and keys, at once, and only then offers', async () => {
    await join();
    world.socket.break();
    expect(snapshot()).toMatchObject({ phase: 'in-call', connection: 'reconnecting' });
    await world.advance(0);
    expect(world.joins).toEqual(['instance-1', 'instance-1']);
    expect(snapshot().connection).toBe('connected');
    expect(world.peers).toHaveLength(1);
    expect(world.e2ees).toHaveLength(1);
    expect(world.e2ee.connected.slice(-2)).toEqual([false, true]);
    expect(world.socket.of('offer')).toHaveLength(1);
    expect(world.peer.offers.at(-1)).toEqual({ iceRestart: false });
  });

  it('restarts ICE when media has stopped too', async () => {
    await join();
    world.peer.become('disconnected');
    world.socket.break();
    await world.advance(0);
    expect(world.peer.offers.at(-1)).toEqual({ iceRestart: true });
  });

  it('makes a new peer connection when the server has let go of the old one', async () => {
    await join();
    world.resumed = false;
    const old = world.peer;
    world.socket.break();
    await world.advance(0);
    expect(old.isClosed).toBe(true);
    expect(world.peers).toHaveLength(2);
    expect(world.e2ees).toHaveLength(1);
    expect(lastOffer()['publish']).toHaveLength(2);
  });

  it('asks for nothing that needs the call between the new socket and its hello', async () => {
    await join();
    world.hear = (_socket, message) => message['type'] !== 'hello';
    world.socket.break();
    await world.advance(0);
    client.setMicrophoneOn(false);
    world.e2ee.handlers.send('ben', 'body');
    world.network('changed');
    await world.settle();
    expect(world.socket.sent.map(m => m['type']).filter(t => t !== 'ping')).toEqual(['hello']);
  });

  it('within two seconds of a network that was away for 30 s', async () => {
    await join();
    const answer = world.joinAnswer;
    world.joinAnswer = null;
    world.socket.break();
    await world.advance(30_000);
    expect(snapshot().connection).toBe('reconnecting');
    world.joinAnswer = answer;
    await world.advance(1_500);
    expect(snapshot().connection).toBe('connected');
  });

  it('at once when the browser says that the network is back', async () => {
    await join();
    const answer = world.joinAnswer;
    world.joinAnswer = null;
    world.offline = true;
    world.socket.break();
    world.network('offline');
    await world.advance(30_400);
    expect(snapshot().connection).toBe('offline');
    world.joinAnswer = answer;
    world.offline = false;
    world.network('changed');
    await world.settle();
    expect(snapshot().connection).toBe('connected');
    expect(world.peer.offers.at(-1)).toEqual({ iceRestart: true });
  });

  it('doubts a socket that does not answer after a change of networks, and opens another beside it', async () => {
    await join();
    world.hear = () => false;
    world.onSocket = () => {};
    world.network('changed');
    await world.advance(200);
    expect(world.joins).toHaveLength(1);
    await world.advance(200);
    expect(snapshot().connection).toBe('reconnecting');
    expect(world.joins).toHaveLength(2);
    expect(world.sockets[0]!.closedWith).toBeNull();
    world.hear = () => true;
    world.socket.accept();
    await world.settle();
    expect(snapshot().connection).toBe('connected');
    expect(world.sockets).toHaveLength(2);
    expect(world.sockets[0]!.closedWith).toBe(1000);
    expect(world.peer.offers.at(-1)).toEqual({ iceRestart: true });
    await world.advance(10_000);
    expect(world.sockets).toHaveLength(2);
  });

  it('notices silence, pings every five seconds, and does not wait for the server to give up', async () => {
    await join();
    await world.advance(20_000);
    expect(world.socket.of('ping')).toHaveLength(4);
    world.hear = () => false;
    await world.advance(9_500);
    expect(world.joins).toHaveLength(2);
  });

  it('gives up an attempt that hangs', async () => {
    await join();
    const answer = world.joinAnswer!;
    world.joinAnswer = () => new Promise(() => {});
    world.socket.break();
    await world.advance(1_000);
    world.joinAnswer = answer;
    await world.advance(1_000);
    expect(snapshot().connection).toBe('connected');
  });

  it('waits ten seconds after too many messages', async () => {
    await join();
    world.socket.break(4006);
    await world.advance(9_900);
    expect(world.joins).toHaveLength(1);
    await world.advance(200);
    expect(world.joins).toHaveLength(2);
  });

  it('as a new instance when no path comes up for 15 s, without leaving the call on the screen', async () => {
    await join();
    await world.advance(8_000);
    world.peer.become('failed');
    await world.settle();
    await world.advance(14_000);
    expect(world.e2ees).toHaveLength(1);
    expect(world.peer.offers.at(-1)).toEqual({ iceRestart: true });
    await world.advance(2_500);
    expect(world.joins.at(-1)).toBe('instance-2');
    expect(world.e2ees).toHaveLength(2);
    expect(world.e2ees[0]!.closed).toBe(true);
    expect(snapshot()).toMatchObject({ phase: 'in-call', connection: 'reconnecting' });
    world.peer.become('connected');
    expect(snapshot().connection).toBe('connected');
  });

  it('restarts ICE for a path that has gone silent though the browser calls it connected', async () => {
    await join();
    await world.advance(8_000);
    const offers = world.peer.offers.length;
    world.peer.getStats = async () => new Map([['pair', { type: 'candidate-pair', nominated: true, state: 'succeeded', bytesReceived: 8_000 }]]);
    await world.advance(1_700);
    expect(world.peer.offers.slice(offers)).toEqual([{ iceRestart: true }]);
    expect(snapshot().connection).toBe('reconnecting');
  });
});

describe('the end', () => {
  it.each([
    [4001, 'replaced', true], [4002, 'removed', false], [4003, 'ended', false], [4004, 'idle', true], [4005, 'error', true],
  ])('close code %i means %s', async (code, reason, mayReturn) => {
    await join();
    world.socket.break(code as number);
    await world.advance(60_000);
    expect(snapshot()).toMatchObject({ phase: 'ended', participants: [], ending: { reason, mayReturn } });
    expect(world.joins).toHaveLength(1);
    expect(world.peer.isClosed).toBe(true);
    expect(world.e2ee.closed).toBe(true);
  });

  it('leaving is said, and does not wait for a server that does not answer', async () => {
    await join();
    world.hear = () => false;
    const left = client.leave();
    expect(world.socket.of('leave')).toHaveLength(1);
    await world.advance(1_000);
    await left;
    expect(snapshot().ending).toEqual({ reason: 'left', code: null, mayReturn: true });
  });

  it('one can join again after leaving, as a new instance', async () => {
    await join();
    await client.leave();
    await join();
    expect(world.joins).toEqual(['instance-1', 'instance-2']);
    expect(snapshot()).toMatchObject({ phase: 'in-call', ending: null });
  });

  it('back in the waiting room, the peer connection and all keys of others are gone', async () => {
    await join();
    world.socket.say(world.roster(other('ben', 1)));
    world.state = 'waiting';
    world.socket.say({ type: 'state', state: 'waiting' });
    await world.settle();
    expect(world.peer.isClosed).toBe(true);
    expect(world.e2ee.rosters.at(-1)!.members).toEqual([]);
    expect(snapshot()).toMatchObject({ phase: 'waiting', code: { digits: null } });
  });
});

describe('a clinician’s acts and the idle clock', () => {
  it('are requests that the server can refuse', async () => {
    await join();
    await client.admit('ben');
    expect(world.socket.of('admit')).toMatchObject([{ participant: 'ben' }]);
    world.hear = (socket, message) => {
      socket.say({ type: 'error', re: message['id'], code: 'signal.not-allowed', message: 'no' });
      return false;
    };
    await expect(client.remove('ben')).rejects.toMatchObject({ code: 'signal.not-allowed' });
    world.hear = () => false;
    const refused = expect(client.hold('ben')).rejects.toMatchObject({ code: 'signal.disconnected' });
    world.socket.break();
    await refused;
  });

  it('counts down and stops when somebody is there', async () => {
    await join();
    world.socket.say({ type: 'idle-warning', secondsLeft: 60 });
    await world.advance(3_000);
    expect(snapshot().idleSecondsLeft).toBe(57);
    client.activity();
    expect(world.socket.of('activity')).toHaveLength(1);
    world.socket.say({ type: 'idle-cleared' });
    await world.advance(3_000);
    expect(snapshot().idleSecondsLeft).toBeNull();
  });

  it('tells the server of activity at most every 20 s', async () => {
    await join();
    for (let i = 0; i < 100; i++) {
      client.activity();
      await world.advance(500);
    }
    expect(world.socket.of('activity').length).toBeLessThanOrEqual(3);
  });
});

describe('a hostile server', () => {
  const deep = '['.repeat(100_000);
  const mad: [string, Json | string][] = [
    ['no JSON', '{"type":'], ['no object', '[]'], ['null', 'null'], ['deep', deep], ['huge', `"${'x'.repeat(2_000_000)}"`],
    ['no type', {}], ['an unknown type', { type: 'dance' }], ['a type of another kind', { type: 7 }], ['a prototype', '{"type":"state","__proto__":{"state":"waiting"}}'],
    ['a welcome of another protocol', { type: 'welcome', protocol: 2 }], ['a welcome without anything', { type: 'welcome', protocol: 1 }],
    ['an unknown state', { type: 'state', state: 'dancing' }], ['an answer to nothing', { type: 'answer', re: 999, sdp: 'answer' }],
    ['an ok to nothing', { type: 'ok', re: -1 }], ['an error to nothing', { type: 'error', re: 12_345, code: 'x', message: 'y' }],
    ['a roster that is no list', { type: 'roster', version: 1, participants: {} }], ['a roster of nulls', { type: 'roster', version: 1, participants: [null] }],
    ['a roster of thousands', { type: 'roster', version: 1, participants: Array.from({ length: 5_000 }, (_, i) => other(`p${i}`, i)) }],
    ['a roster with a mad role', { type: 'roster', version: 1, participants: [other('x', 1, { role: 'admin' })] }],
    ['keys that are numbers', { type: 'roster', version: 1, participants: [other('x', 1, { e2ee: { member: 'a', publicKey: 1, commitment: [] } })] }],
    ['an e2ee body that is too long', { type: 'e2ee', from: 'x', body: 'A'.repeat(9_000) }], ['a pong from the future', { type: 'pong', t: 1e300 }],
    ['quality of nothing', { type: 'quality', level: 'superb' }], ['an endless warning', { type: 'idle-warning', secondsLeft: 'many' }],
  ];

  it.each(mad)('that sends %s changes nothing and throws nothing', async (_what, message) => {
    await join();
    const before = snapshot();
    expect(() => world.socket.say(message)).not.toThrow();
    await world.settle();
    expect(snapshot()).toMatchObject({ phase: 'in-call', participants: before.participants, ending: null });
  });

  it('is reported with a code', async () => {
    await join();
    world.socket.say('{');
    expect(snapshot().error).toMatchObject({ code: 'server.malformed' });
  });

  it('that speaks only nonsense is left for another socket', async () => {
    await join();
    for (let i = 0; i < 20; i++) world.socket.say('{');
    await world.advance(0);
    expect(world.joins).toHaveLength(2);
  });

  it('that sends a state, a roster, keys and an answer before its welcome is not followed', async () => {
    world.onSocket = () => {};
    void client.join({ camera: null, microphone: null });
    await world.settle();
    world.socket.isOpen = true;
    world.socket.onopen!();
    const say = world.socket.onmessage!;
    for (const message of [{ type: 'state', state: 'in-call' }, world.roster(other('ben', 1)), { type: 'e2ee', from: 'ben', body: 'AA' }, { type: 'answer', re: 1, sdp: 'answer' }, { type: 'renegotiate', reason: '' }]) {
      expect(() => say({ data: JSON.stringify(message) })).not.toThrow();
    }
    await world.settle();
    expect(world.peers).toHaveLength(0);
    expect(snapshot()).toMatchObject({ phase: 'joining', participants: [] });
    expect(world.e2ee.rosters).toEqual([]);
  });

  it('that says encryption is not required is not believed', async () => {
    const welcome = world.welcome.bind(world);
    world.welcome = () => ({ ...welcome(), e2ee: { required: false, rotateSeconds: 1800 }, profile: 'test-no-e2ee' });
    await join();
    expect(world.socket.of('hello')[0]!['e2ee']).toEqual({ publicKey: 'key', commitment: 'commitment' });
    expect(world.e2ee.sealed).toEqual(['microphone', 'camera']);
  });
});

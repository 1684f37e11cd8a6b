import type { JoinTicket, TurnAnswer } from '../src/api';
import type { Source } from '../src/basics';
import type { E2eeHandlers, E2eeHost } from '../src/e2ee-host';
import type { RosterKeys } from '../src/e2ee/session';
import type { Environment, NetworkHint } from '../src/environment';
import type { Socket } from '../src/signaling/connection';
import { ApiError } from '../src/types';
import { FakeClock, flush } from './fake-clock';

export type Json = Record<string, unknown>;

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: Json[] = [];
  isOpen = false;
  /** The server has begun to close, and `onclose` has not come yet. */
  isClosing = false;
  closedWith: number | null = null;

  get readyState(): number {
    return this.isClosing ? 2 : this.isOpen ? 1 : 3;
  }

  constructor(readonly url: string, readonly protocols: string[], private readonly heard: (socket: FakeSocket, message: Json) => void) {}

  send(data: string): void {
    const message = JSON.parse(data) as Json;
    this.sent.push(message);
    this.heard(this, message);
  }

  close(code = 1000): void {
    this.isOpen = false;
    this.closedWith ??= code;
  }

  accept(): void {
    this.isOpen = true;
    this.onopen?.();
  }

  /** From the server. */
  say(message: Json | string): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }

  /** The server closes, or the network does (1006). */
  break(code = 1006): void {
    this.isOpen = false;
    this.onclose?.({ code });
  }

  of(type: string): Json[] {
    return this.sent.filter(m => m['type'] === type);
  }
}

export class FakeTransceiver {
  mid: string | null = null;
  direction: string;
  codecs: string[] = [];
  readonly sender = {
    track: null as MediaStreamTrack | null,
    replaceTrack: async (track: MediaStreamTrack | null): Promise<void> => {
      this.sender.track = track;
    },
  };
  readonly receiver: { track: MediaStreamTrack };

  constructor(readonly kind: string, track: MediaStreamTrack | null, readonly init: RTCRtpTransceiverInit) {
    this.direction = init.direction ?? 'sendrecv';
    this.sender.track = track;
    this.receiver = { track: new FakeTrack(kind) as unknown as MediaStreamTrack };
  }

  setCodecPreferences(codecs: RTCRtpCodec[]): void {
    this.codecs = codecs.map(c => c.mimeType);
  }
}

export class FakeTrack {
  enabled = true;
  readyState = 'live';
  constructor(readonly kind: string) {}
}

export class FakePeer {
  readonly transceivers: FakeTransceiver[] = [];
  signalingState = 'stable';
  connectionState = 'new';
  localDescription: { sdp: string } | null = null;
  onconnectionstatechange: (() => void) | null = null;
  offers: { iceRestart: boolean }[] = [];
  rollbacks = 0;
  isClosed = false;
  bytes = 0;
  configuration: RTCConfiguration;
  private nextMid = 0;

  constructor(configuration: RTCConfiguration) {
    this.configuration = configuration;
  }

  addTransceiver(trackOrKind: MediaStreamTrack | string, init: RTCRtpTransceiverInit): FakeTransceiver {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const transceiver = new FakeTransceiver(track === null ? String(trackOrKind) : track.kind, track, init);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async createOffer(options: { iceRestart: boolean }): Promise<{ type: string; sdp: string }> {
    this.offers.push({ iceRestart: options.iceRestart });
    return { type: 'offer', sdp: `offer ${this.offers.length}` };
  }

  async setLocalDescription(description: { type: string; sdp?: string }): Promise<void> {
    if (description.type === 'rollback') {
      this.rollbacks++;
      this.signalingState = 'stable';
      return;
    }
    for (const transceiver of this.transceivers) transceiver.mid ??= String(this.nextMid++);
    this.signalingState = 'have-local-offer';
    this.localDescription = { sdp: description.sdp! };
  }

  async setRemoteDescription(description: { sdp: string }): Promise<void> {
    if (!description.sdp.startsWith('answer')) throw new Error('unreadable answer');
    this.signalingState = 'stable';
  }

  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  async getStats(): Promise<Map<string, Json>> {
    if (this.connectionState === 'connected') this.bytes += 1_000;
    return new Map([['pair', { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.04, bytesReceived: this.bytes }]]);
  }

  close(): void {
    this.isClosed = true;
    this.connectionState = 'closed';
  }
}

export class FakeE2ee implements E2eeHost {
  readonly ready = Promise.resolve({ publicKey: 'key', commitment: 'commitment' });
  readonly log: string[] = [];
  rosters: { you: string; members: readonly RosterKeys[] }[] = [];
  received: { from: string; body: string }[] = [];
  connected: boolean[] = [];
  bindings = new Map<number, { participant: string; source: Source } | null>();
  sealed: string[] = [];
  opened: number[] = [];
  closed = false;

  constructor(readonly handlers: E2eeHandlers) {}

  setRotation(): void {}
  setConnected(connected: boolean): void {
    this.connected.push(connected);
  }
  setRoster(you: string, members: readonly RosterKeys[]): void {
    this.rosters.push({ you, members });
  }
  receive(from: string, body: string): void {
    this.received.push({ from, body });
  }
  sealSender(_sender: RTCRtpSender, source: Source): void {
    this.sealed.push(source);
  }
  openReceiver(_receiver: RTCRtpReceiver, slot: number): void {
    this.opened.push(slot);
  }
  bind(slot: number, to: { participant: string; source: Source } | null): void {
    this.bindings.set(slot, to);
  }
  counters(): Promise<never> {
    return Promise.reject(new Error('not counted'));
  }
  close(): void {
    this.closed = true;
  }
}

/** A world with a server in it that follows docs/protocol.md unless a test says otherwise. */
export class World implements Environment {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly peers: FakePeer[] = [];
  readonly e2ees: FakeE2ee[] = [];
  readonly joins: string[] = [];
  readonly turns: string[] = [];
  /** Null: the server cannot be reached. */
  joinAnswer: (() => Promise<JoinTicket>) | null = async () => ({ ticket: 't', expiresInSeconds: 60, socket: 'wss://server/api/signal' });
  turnAnswer: TurnAnswer = { iceServers: [], expiresInSeconds: 3600 };
  state: 'waiting' | 'in-call' = 'in-call';
  resumed = true;
  others: Json[] = [];
  /** What a socket does when it is made. */
  onSocket: (socket: FakeSocket) => void = socket => void Promise.resolve().then(() => socket.accept());
  /** Return false to keep the server from answering. */
  hear: (socket: FakeSocket, message: Json) => boolean = () => true;
  offline = false;
  random = (): number => 0.5;
  private hint: ((hint: NetworkHint) => void) | null = null;
  private instances = 0;
  private known = new Set<string>();

  readonly api = {
    join: (instance: string, _signal?: AbortSignal): Promise<JoinTicket> => {
      this.joins.push(instance);
      return this.joinAnswer === null ? Promise.reject(new ApiError('network.unreachable', 0, 'no network')) : this.joinAnswer();
    },
    turn: async (reason: string): Promise<TurnAnswer> => {
      this.turns.push(reason);
      return this.turnAnswer;
    },
  };

  createInstance(): string {
    return `instance-${++this.instances}`;
  }

  openSocket(url: string, protocols: string[]): Socket {
    const socket = new FakeSocket(url, protocols, (s, m) => this.serve(s, m));
    this.sockets.push(socket);
    const accept = socket.accept.bind(socket);
    socket.accept = () => {
      accept();
      socket.say(this.welcome());
    };
    this.onSocket(socket);
    return socket;
  }

  createPeer(configuration: RTCConfiguration): RTCPeerConnection {
    const peer = new FakePeer(configuration);
    this.peers.push(peer);
    return peer as unknown as RTCPeerConnection;
  }

  createStream(track: MediaStreamTrack): MediaStream {
    return { track } as unknown as MediaStream;
  }

  codecs(kind: 'audio' | 'video'): readonly RTCRtpCodec[] {
    const names = kind === 'video' ? ['video/VP9', 'video/VP8', 'video/rtx', 'video/H264'] : ['audio/PCMU', 'audio/opus', 'audio/red'];
    return names.map(mimeType => ({ mimeType, clockRate: 90_000 }));
  }

  startE2ee(handlers: E2eeHandlers): E2eeHost {
    const host = new FakeE2ee(handlers);
    this.e2ees.push(host);
    return host;
  }

  isOffline(): boolean {
    return this.offline;
  }

  onNetworkHint(listener: (hint: NetworkHint) => void): () => void {
    this.hint = listener;
    return () => {
      this.hint = null;
    };
  }

  network(hint: NetworkHint): void {
    this.hint?.(hint);
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }

  get peer(): FakePeer {
    return this.peers.at(-1)!;
  }

  get e2ee(): FakeE2ee {
    return this.e2ees.at(-1)!;
  }

  welcome(): Json {
    const instance = this.joins.at(-1)!;
    const resumed = this.resumed && this.known.has(instance);
    this.known.add(instance);
    return {
      type: 'welcome', protocol: 1, visit: { id: 'v', type: 'consult' }, you: { participant: 'p-you', name: 'You', role: 'clinician' },
      resumed, e2ee: { required: true, rotateSeconds: 1800 }, idle: { endSeconds: 300, warnSeconds: 60 }, profile: 'default',
    };
  }

  roster(...others: Json[]): Json {
    this.others = others;
    const you = { participant: 'p-you', name: 'You', role: 'clinician', state: this.state, joinedSeq: 1, e2ee: keys(0), tracks: [] };
    return { type: 'roster', version: 1, participants: [you, ...others] };
  }

  settle(): Promise<void> {
    return flush();
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  private serve(socket: FakeSocket, message: Json): void {
    if (!this.hear(socket, message)) return;
    const re = message['id'];
    const answer = (reply: Json): void => void Promise.resolve().then(() => socket.say(reply));
    switch (message['type']) {
      case 'hello':
        answer({ type: 'ok', re });
        answer({ type: 'state', state: this.state });
        answer(this.roster(...this.others));
        break;
      case 'offer':
        answer({ type: 'answer', re, sdp: 'answer' });
        break;
      case 'ping':
        answer({ type: 'pong', t: message['t'] });
        break;
      case 'leave':
        void Promise.resolve().then(() => socket.break(1000));
        break;
      case 'admit':
      case 'hold':
      case 'remove':
      case 'end':
        answer({ type: 'ok', re });
        break;
    }
  }
}

export function keys(member: number): Json {
  return { member, publicKey: `key-${member}`, commitment: `commitment-${member}` };
}

export function other(participant: string, member: number, more: Json = {}): Json {
  return {
    participant, name: participant, role: 'patient', state: 'in-call', joinedSeq: member, e2ee: keys(member),
    tracks: [{ source: 'microphone', on: true }, { source: 'camera', on: true }], ...more,
  };
}

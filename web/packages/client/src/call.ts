import type { Role, Source } from './basics';
import type { E2eeHost } from './e2ee-host';
import type { E2eeState, RosterKeys } from './e2ee/session';
import type { Environment, NetworkHint } from './environment';
import type { LocalMedia } from './local-media';
import { MediaPeer } from './media/peer';
import type { Wanted } from './media/receive-slots';
import { readStats, type MediaStats } from './media/stats';
import { StallWatch } from './media/stall-watch';
import { ViewRequests } from './media/view-requests';
import { nextQuality, unknownQuality, type QualitySample } from './quality';
import { RelayCredentials } from './relay';
import { RequestError, SignalingConnection } from './signaling/connection';
import type { RosterEntry, ServerMessage } from './signaling/messages';
import type { Ending, Quality, VisitSnapshot } from './types';

export interface CallPorts {
  changed(): void;
  /** Nothing helps this instance any more; another one may. */
  renew(): void;
}

const qualityEveryMs = 1_000;
const relayWithinMs = 2_000;
/** The roster follows the state at once; an offer that knows it needs no second one. */
const rosterWithinMs = 250;
const activityEveryMs = 20_000;
const leaveWithinMs = 1_000;
/** About messages to somebody who has just left: normal, and nothing that a person could act on. */
const quietErrors = new Set(['signal.unknown-participant', 'signal.out-of-place']);

/**
 * One instance's part in a visit: one socket (with its successors), one set of keys, one peer connection at a time.
 *
 *   joining -> [state waiting] -> waiting -> [state in-call] -> in-call -> [state waiting] -> waiting
 *   any     -> [closed for good, refused, left] -> ended
 *
 * A lost socket or path changes `socketOpen` and `mediaUp`, not the phase: the person is still in the visit.
 */
export class Call {
  phase: VisitSnapshot['phase'] = 'joining';
  you: { participant: string; name: string; role: Role } | null = null;
  roster: readonly RosterEntry[] = [];
  keys: E2eeState = { secure: [], digits: null, epoch: 0 };
  quality: Quality = unknownQuality;
  idleSecondsLeft: number | null = null;
  ending: Ending | null = null;
  error: { code: string; message: string } | null = null;

  private readonly connection: SignalingConnection;
  private readonly e2ee: E2eeHost;
  private readonly relay: RelayCredentials;
  private readonly relayReady: Promise<void>;
  private readonly views: ViewRequests;
  private readonly stalls = new StallWatch();
  private readonly stopListening: () => void;
  private peer: MediaPeer | null = null;
  private welcome = false;
  /** The server has said on this socket that we are in the call. */
  private isIn = false;
  private announced = '';
  private rosterCame: () => void = () => {};
  /** The instance (its member number) behind what is received from a participant. */
  private readonly receivedFrom = new Map<string, number | undefined>();
  private entering = false;
  private socketOpen = false;
  private wasConnected = false;
  private pathChanged = false;
  private isLooking = false;
  private qualityAt = -Infinity;
  private downlink: { at: number; value: QualitySample['downlink'] } | null = null;
  private socketRoundTripMs: number | null = null;
  private activityAt = -Infinity;
  private cancelStats: () => void = () => {};
  private cancelIdle: () => void = () => {};
  private cancelLeave: () => void = () => {};
  private joined: { done: () => void; failed: (e: Error) => void } | null = null;

  private readonly isSuccessor: boolean;

  /** `before`: the instance that this one takes over from, in the middle of a call. */
  constructor(private readonly env: Environment, private readonly local: LocalMedia, private readonly ports: CallPorts, before?: Call) {
    this.isSuccessor = before !== undefined;
    if (before !== undefined) {
      this.phase = before.phase;
      this.you = before.you;
      this.roster = before.roster;
      this.quality = before.quality;
      this.wasConnected = true;
      this.stalls.renewals = before.stalls.renewals + 1;
    }
    this.connection = new SignalingConnection(env.createInstance(), {
      api: env.api, clock: env.clock,
      random: () => env.random(),
      openSocket: (url, protocols) => env.openSocket(url, protocols),
      message: message => this.received(message),
      changed: open => this.socketChanged(open),
      doubted: () => this.ports.changed(),
      ended: ending => this.end(ending),
      malformed: () => this.report('server.malformed', 'The server sent something that is not part of the protocol.'),
      roundTrip: ms => {
        this.socketRoundTripMs = ms;
      },
    });
    this.e2ee = env.startE2ee({
      send: (to, body) => this.tell({ type: 'e2ee', to, body }),
      state: state => {
        this.keys = state;
        this.ports.changed();
      },
    });
    this.relay = new RelayCredentials(env.api, env.clock, servers => this.peer?.setIceServers(servers));
    this.relayReady = this.relay.fetch('join');
    this.views = new ViewRequests(
      env.clock, (participant, source) => this.peer?.midOf(participant, source) ?? null,
      slots => this.tell({ type: 'view', slots }),
    );
    this.stopListening = env.onNetworkHint(hint => this.networkHint(hint));
  }

  get connectionState(): VisitSnapshot['connection'] {
    if (this.phase === 'ended') return 'connected';
    if (this.env.isOffline()) return 'offline';
    if (!this.socketOpen || this.connection.isDoubtful) return this.wasConnected ? 'reconnecting' : 'connected';
    const mediaLost = this.peer !== null && this.stalls.everUp && (this.stalls.isStalled || !this.peer.isConnected);
    return mediaLost || this.isSuccessor && this.peer?.isConnected !== true ? 'reconnecting' : 'connected';
  }

  /** Settles when the server has taken us in (to the call or its waiting room); rejects with a coded error. */
  join(): Promise<void> {
    return new Promise((done, failed) => {
      this.joined = { done, failed };
      this.e2ee.ready.then(() => this.connection.open(), (cause: unknown) => {
        this.report('e2ee.unavailable', String(cause));
        this.end({ reason: 'error', code: 'e2ee.unavailable', mayReturn: true });
      });
    });
  }

  request(message: Record<string, unknown>): Promise<unknown> {
    return this.connection.request(message);
  }

  leave(): void {
    if (this.phase === 'ended') return;
    const ending: Ending = { reason: 'left', code: null, mayReturn: true };
    // The server closes the socket; when it cannot, nobody waits for it.
    if (!this.connection.send({ type: 'leave' })) this.end(ending);
    else this.cancelLeave = this.env.clock.after(leaveWithinMs, () => this.end(ending));
  }

  activity(): void {
    const now = this.env.clock.now();
    if (this.idleSecondsLeft === null && now - this.activityAt < activityEveryMs) return;
    if (this.connection.send({ type: 'activity' })) this.activityAt = now;
  }

  /** The local tracks or switches have changed. */
  async localChanged(): Promise<void> {
    const { microphone, camera } = this.local.sending;
    this.announce();
    this.ports.changed();
    await this.peer?.send('microphone', microphone);
    await this.peer?.send('camera', camera);
  }

  setView(participant: string, source: Source, width: number, height: number): void {
    this.views.set(participant, source, width, height);
  }

  streamOf(participant: string, source: Source): MediaStream | null {
    return this.peer?.streamOf(participant, source) ?? null;
  }

  /** Lets go of everything without a word; `end` or a successor does the talking. */
  close(): void {
    this.stopListening();
    for (const cancel of [this.cancelStats, this.cancelIdle, this.cancelLeave]) cancel();
    this.relay.close();
    this.views.close();
    this.closePeer();
    this.connection.close();
    this.e2ee.close();
  }

  private received(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        return void this.welcomed(message);
      case 'state':
        return this.stateChanged(message.state);
      case 'roster':
        return this.rosterChanged(message.participants);
      case 'renegotiate':
        return this.peer?.renegotiate();
      case 'e2ee':
        return this.e2ee.receive(message.from, message.body);
      case 'quality':
        this.downlink = { at: this.env.clock.now(), value: message };
        return;
      case 'idle-warning':
        return this.countDown(message.secondsLeft);
      case 'idle-cleared':
        return this.countDown(null);
      case 'error':
        return this.report(message.code, message.message);
    }
  }

  private async welcomed(welcome: ServerMessage & { type: 'welcome' }): Promise<void> {
    this.welcome = true;
    this.you = welcome.you;
    this.e2ee.setRotation(welcome.rotateSeconds);
    // The server has let go of our media: only a new peer connection can be answered.
    if (!welcome.resumed) this.closePeer();
    try {
      // Always with keys: a server that says they are not required is not believed.
      await this.connection.request({ type: 'hello', e2ee: await this.e2ee.ready });
    } catch (cause) {
      const error = cause instanceof RequestError ? cause : new RequestError('signal.hello', String(cause));
      if (error.code === 'signal.disconnected') return;
      if (error.code === 'signal.timeout') return this.connection.restart();
      this.report(error.code, error.message);
      return this.end({ reason: 'error', code: error.code, mayReturn: true });
    }
    this.ports.changed();
    this.joined?.done();
    this.joined = null;
  }

  private stateChanged(state: 'waiting' | 'in-call'): void {
    if (!this.welcome) return this.report('server.out-of-place', 'The server spoke of a state before its welcome.');
    this.phase = state;
    this.isIn = state === 'in-call';
    this.announced = '';
    this.e2ee.setConnected(this.isIn);
    if (state === 'waiting') {
      this.closePeer();
      this.quality = unknownQuality;
      this.syncKeys();
    } else if (this.peer !== null) {
      // Back on a new socket: the server may have missed an offer, or its answer was lost.
      // What breaks a socket mostly breaks the media path too: no bytes since then is proof enough.
      this.renegotiate(this.pathChanged || !this.peer.isConnected || this.stalls.isSilent(this.env.clock.now()));
      this.pathChanged = false;
      this.announce();
      this.views.schedule();
    } else {
      void this.enter();
    }
    this.ports.changed();
  }

  private async enter(): Promise<void> {
    if (this.entering) return;
    this.entering = true;
    const roster = new Promise<void>(done => {
      this.rosterCame = done;
    });
    await Promise.all([this.atMost(relayWithinMs, this.relayReady), this.atMost(rosterWithinMs, roster)]);
    this.entering = false;
    if (this.phase !== 'in-call' || this.peer !== null) return;
    this.stalls.reset(this.env.clock.now());
    this.peer = new MediaPeer(this.relay.iceServers, this.local.sending, {
      clock: this.env.clock, e2ee: this.e2ee,
      createPeer: configuration => this.env.createPeer(configuration),
      createStream: track => this.env.createStream(track),
      codecs: kind => this.env.codecs(kind),
      offer: async (sdp, sections) => {
        if (!this.isIn) throw new RequestError('signal.disconnected', 'There is no connection to the server just now.');
        const answer = await this.connection.request({ type: 'offer', sdp, ...sections });
        if (answer.type !== 'answer') throw new RequestError('server.out-of-place', 'An offer was not answered with an answer.');
        return answer.sdp;
      },
      negotiationFailed: error => this.report(error.code, error.message),
      changed: () => {
        void this.look();
        this.ports.changed();
      },
      negotiated: () => {
        this.views.schedule();
        this.ports.changed();
      },
    });
    this.syncKeys();
    this.syncTracks();
    this.announce();
    this.watch();
    this.ports.changed();
  }

  private atMost(ms: number, awaited: Promise<void>): Promise<void> {
    return Promise.race([awaited, new Promise<void>(done => this.env.clock.after(ms, done))]);
  }

  private rosterChanged(participants: readonly RosterEntry[]): void {
    this.roster = participants;
    this.rosterCame();
    this.views.keep(new Set(participants.map(p => p.participant)));
    this.syncKeys();
    this.syncTracks();
    this.ports.changed();
  }

  /** Who may have keys: exactly those in the call; somebody who is away for a moment still is. */
  private syncKeys(): void {
    if (this.you === null) return;
    const members: RosterKeys[] = [];
    if (this.phase === 'in-call') {
      for (const { participant, state, e2ee } of this.roster) {
        if (state !== 'waiting' && e2ee !== null) members.push({ participant, ...e2ee });
      }
    }
    this.e2ee.setRoster(this.you.participant, members);
  }

  private syncTracks(): void {
    const peer = this.peer;
    if (peer === null) return;
    const wanted: Wanted[] = [];
    let replaced = false;
    for (const { participant, state, tracks, e2ee } of this.roster) {
      if (participant === this.you?.participant || state === 'waiting') continue;
      // A page that is loading again has no tracks for a moment; its m-sections wait for them.
      const sources = tracks.length > 0 ? tracks.map(t => t.source) : peer.sourcesOf(participant);
      wanted.push(...sources.map(source => ({ participant, source })));
      if (tracks.length === 0) continue;
      const before = this.receivedFrom.get(participant);
      this.receivedFrom.set(participant, e2ee?.member);
      replaced ||= before !== undefined && before !== e2ee?.member;
    }
    peer.receive(wanted);
    // The same sections, but another instance behind them.
    if (replaced) peer.renegotiate();
  }

  /** What has a place only in the call: between a new socket and its hello, the server would take it for a fault. */
  private tell(message: Record<string, unknown>): void {
    if (this.isIn) this.connection.send(message);
  }

  private announce(): void {
    const message = { type: 'media', ...this.local.announced };
    const said = JSON.stringify(message);
    if (!this.isIn || said === this.announced) return;
    this.announced = said;
    this.tell(message);
  }

  private socketChanged(open: boolean): void {
    this.socketOpen = open;
    this.wasConnected ||= open;
    if (!open) {
      this.isIn = false;
      this.e2ee.setConnected(false);
      this.countDown(null);
      this.lookClosely();
    }
    this.ports.changed();
  }

  private networkHint(hint: NetworkHint): void {
    if (hint === 'changed') {
      if (this.isIn) this.renegotiate(true);
      else this.pathChanged = true;
    }
    if (hint !== 'offline') this.connection.retryNow();
    this.lookClosely();
    this.ports.changed();
  }

  private renegotiate(iceRestart: boolean): void {
    if (iceRestart) this.stalls.restarted(this.env.clock.now());
    if (iceRestart) this.relay.restart();
    this.peer?.renegotiate(iceRestart);
  }

  private lookClosely(): void {
    this.stalls.alert(this.env.clock.now());
    if (this.peer !== null && !this.isLooking) this.watch();
  }

  private watch(): void {
    this.cancelStats();
    this.cancelStats = this.env.clock.after(this.stalls.nextLookMs(this.env.clock.now()), () => void this.look());
  }

  private async look(): Promise<void> {
    const peer = this.peer;
    if (peer === null || this.isLooking) return;
    this.cancelStats();
    this.isLooking = true;
    const report = await peer.connection.getStats().catch(() => null);
    this.isLooking = false;
    // A timer of the peer that came meanwhile may have run out on this look.
    if (this.peer !== peer) return this.peer === null ? undefined : this.watch();
    const stats = readStats(report === null ? [] : [...(report as unknown as Map<string, Record<string, unknown>>).values()]);
    const now = this.env.clock.now();
    const verdict = this.stalls.look({
      now, connected: peer.isConnected, bytesReceived: stats.bytesReceived,
      expectsTraffic: this.local.isSendingSound, socketOpen: this.isIn,
    });
    if (verdict === 'renew') return this.ports.renew();
    if (verdict !== 'none') this.connection.check();
    if (verdict === 'restart') {
      this.relay.restart();
      peer.renegotiate(true);
    }
    this.judge(stats, peer, now);
    this.ports.changed();
    this.watch();
  }

  private judge(stats: MediaStats, peer: MediaPeer, now: number): void {
    if (now - this.qualityAt < qualityEveryMs) return;
    this.qualityAt = now;
    this.quality = nextQuality(this.quality, {
      connected: this.socketOpen && peer.isConnected && !this.stalls.isStalled,
      roundTripMs: stats.roundTripMs ?? this.socketRoundTripMs,
      downlink: this.downlink !== null && now - this.downlink.at < 5_000 ? this.downlink.value : null,
      uplinkLossPercent: stats.uplinkLossPercent,
    });
  }

  private countDown(seconds: number | null): void {
    this.cancelIdle();
    if (this.idleSecondsLeft !== seconds) {
      this.idleSecondsLeft = seconds;
      this.ports.changed();
    }
    if (seconds !== null && seconds > 0) this.cancelIdle = this.env.clock.after(1_000, () => this.countDown(seconds - 1));
  }

  private closePeer(): void {
    this.cancelStats();
    this.receivedFrom.clear();
    this.peer?.close();
    this.peer = null;
  }

  private report(code: string, message: string): void {
    if (quietErrors.has(code)) return;
    this.error = { code, message };
    this.ports.changed();
  }

  private end(ending: Ending): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.ending = ending;
    this.idleSecondsLeft = null;
    this.close();
    this.joined?.failed(new RequestError(ending.code ?? `visit.${ending.reason}`, this.error?.message ?? 'The visit is over.'));
    this.joined = null;
    this.ports.changed();
  }
}

import type { Clock, Source } from '../basics';
import { equal, fromBase64Url, text, type Bytes } from '../bytes';
import { HoldBack } from './hold-back';
import { createOwnKeys, PairKeys, publicKeyBytes, type OwnKeys } from './key-schedule';
import { decode, encode, maxMembers } from './messages';
import { ReceiverKeys, type Opened, type OpenFailure } from './receiver-keys';
import { SenderKeys } from './sender-keys';
import { commitmentOf, ShortCode, type CodeMember } from './short-code';

/** One line of the roster: somebody in the call (or away from it for a moment) with keys. */
export interface RosterKeys {
  readonly participant: string;
  readonly member: number;
  /** base64url */
  readonly publicKey: string;
  readonly commitment: string;
}

export interface E2eeState {
  /** Participants with keys in place in both directions. */
  readonly secure: readonly string[];
  readonly digits: string | null;
  /** The epoch that this member seals with. */
  readonly epoch: number;
}

export interface E2eePorts {
  readonly clock: Clock;
  send(to: string, body: string): void;
  changed(state: E2eeState): void;
  random?(length: number): Bytes;
}

export type E2eeCounters = Record<'sealed' | 'unsealable' | 'opened' | 'held' | 'badMessages' | 'badRoster' | OpenFailure, number>;

interface Peer {
  readonly participant: string;
  readonly member: number;
  readonly publicKey: Bytes;
  readonly commitment: Bytes;
  readonly pair: PairKeys;
  readonly receiver: ReceiverKeys;
  readonly held: HoldBack;
}

const resendAfterMs = [500, 1_000, 2_000, 4_000, 8_000];
const maxEarly = 64;
/** Instances whose keys one page load takes in; a visit sees a few dozen at most. */
const maxInstances = 1_024;

/**
 * The end-to-end encryption of one instance: knows who is in the call, hands out and takes in sender keys, seals and
 * opens frames, agrees on the short code. Runs in the worker; keys never leave it. All that changes its state happens
 * one after the other in `steps`, so no two operations ever see each other half done.
 */
export class E2eeSession {
  readonly counters: E2eeCounters = {
    sealed: 0, unsealable: 0, opened: 0, held: 0, badMessages: 0, badRoster: 0,
    'short': 0, 'wrong-sender': 0, 'no-key': 0, 'replayed': 0, 'ahead': 0, 'forged': 0,
  };

  private peers = new Map<string, Peer>();
  private sender: SenderKeys | null = null;
  private senderMember = -1;
  private lastEpoch = 0;
  /** By public key: the newest epoch ever known of instances that are gone. Kept as long as this page. */
  private readonly highWater = new Map<string, number>();
  private hasMissed = false;
  private steps: Promise<void> = Promise.resolve();
  private early: { from: string; body: string }[] = [];
  private rotateMs = 30 * 60_000;
  private connected = true;
  private cancelRotation: () => void = () => {};
  private cancelResend: () => void = () => {};
  private resendStep = 0;
  private reported = '';
  private closed = false;

  private constructor(
    private readonly visit: string, private readonly own: OwnKeys, readonly commitment: Bytes,
    private readonly code: ShortCode, private readonly ports: E2eePorts, private readonly random: (length: number) => Bytes,
  ) {}

  static async create(visit: string, ports: E2eePorts): Promise<E2eeSession> {
    const random = ports.random ?? (length => crypto.getRandomValues(new Uint8Array(length)));
    const own = await createOwnKeys();
    const nonce = random(32);
    const code = new ShortCode(visit, nonce, () => ports.clock.now(), random, ports.send);
    return new E2eeSession(visit, own, await commitmentOf(visit, nonce), code, ports, random);
  }

  get publicKey(): Bytes {
    return this.own.publicKey;
  }

  /** Settles when everything asked for so far is done. */
  settled(): Promise<void> {
    return this.steps;
  }

  setRotation(seconds: number): void {
    this.rotateMs = Math.max(1, seconds) * 1_000;
    this.scheduleRotation();
  }

  /** While the socket is down, no new epoch begins; when it is back, what may have been lost is sent again. */
  setConnected(connected: boolean): void {
    this.step(async () => {
      if (this.connected === connected) return;
      this.connected = connected;
      if (!connected) {
        this.hasMissed = true;
        return this.sender?.hold();
      }
      this.sender?.resend();
      this.sender?.resume();
      this.code.repeat();
      this.scheduleResend(true);
    });
  }

  /** Everybody with keys in the call, `you` included; somebody who is not in the call passes an empty list. */
  setRoster(you: string, roster: readonly RosterKeys[]): void {
    this.step(() => this.applyRoster(you, roster));
  }

  receive(from: string, body: string): void {
    this.step(() => this.handle(from, body, true));
  }

  async seal(source: Source, frame: Bytes): Promise<Bytes | null> {
    const sealed = (await this.sender?.seal(source, frame)) ?? null;
    this.counters[sealed === null ? 'unsealable' : 'sealed']++;
    return sealed;
  }

  /** The frame, or why it must not be used; counted by reason. */
  async tryOpen(participant: string, source: Source, sealed: Bytes): Promise<Opened> {
    const peer = this.peers.get(participant);
    let result: Opened = { failure: 'no-key' };
    if (peer !== undefined) {
      // Once: what waited and still has no key is late.
      if (peer.receiver.awaits(source, sealed) && (await peer.held.wait(sealed.length))) this.counters.held++;
      const opened = await peer.receiver.open(source, sealed, this.ports.clock.now());
      // Not when its sender was removed while it was being opened.
      if (this.peers.get(participant) === peer) result = opened;
    }
    this.counters['failure' in result ? result.failure : 'opened']++;
    return result;
  }

  /** The frame, or null when it must not be used. */
  async open(participant: string, source: Source, sealed: Bytes): Promise<Bytes | null> {
    const result = await this.tryOpen(participant, source, sealed);
    return 'frame' in result ? result.frame : null;
  }

  close(): void {
    this.closed = true;
    this.cancelRotation();
    this.cancelResend();
    this.sender?.close();
    for (const peer of this.peers.values()) peer.held.release();
    this.peers.clear();
  }

  private async applyRoster(you: string, roster: readonly RosterKeys[]): Promise<void> {
    const members = this.readRoster(you, roster);
    const own = members.find(m => m.isYou);

    // 1. Who is gone? Their keys go first; what was opened with them stays known for good, also when the same
    //    instance is shown again at once, under another number or name.
    const before = this.peers;
    for (const known of before.values()) {
      const line = members.find(m => m.participant === known.participant);
      if (line === undefined || line.member !== known.member || !equal(line.publicKey, known.publicKey)) this.forget(known);
    }
    const peers = new Map<string, Peer>();
    let joined: Peer[] = [];
    for (const member of members) {
      if (member.isYou) continue;
      const known = before.get(member.participant);
      if (known !== undefined && known.member === member.member && equal(known.publicKey, member.publicKey)) {
        peers.set(member.participant, known);
        continue;
      }
      const instance = String(member.publicKey);
      const hasRoom = this.highWater.has(instance) || this.highWater.size < maxInstances;
      const pair = hasRoom ? await PairKeys.agree(this.visit, this.own, member.publicKey) : null;
      if (pair === null) {
        this.counters.badRoster++;
        continue;
      }
      const receiver = new ReceiverKeys(member.member, this.highWater.get(instance) ?? -1);
      const peer: Peer = { ...member, pair, receiver, held: new HoldBack(this.ports.clock) };
      peers.set(peer.participant, peer);
      joined.push(peer);
    }
    const gone = [...before.values()].filter(p => peers.get(p.participant) !== p);
    const left = gone.length > 0;
    this.peers = peers;
    for (const peer of gone) {
      this.forget(peer);
      peer.held.release();
    }

    // 2. A number of our own is needed to seal; a new one means new keys.
    if (own === undefined) {
      this.sender?.close();
      this.sender = null;
      this.senderMember = -1;
    } else {
      const all = [...peers.values()];
      if (this.sender === null || this.senderMember !== own.member) {
        this.sender?.close();
        this.senderMember = own.member;
        this.sender = new SenderKeys(own.member, this.ports.clock, () => ++this.lastEpoch, this.random, this.ports.send, () => this.report());
        await this.turn(all, true);
        joined = [];
      } else if (left) {
        await this.turn(all, true);
      } else if (this.hasMissed && this.connected) {
        // Somebody may have gone and come back unseen, and then has forgotten our key: everybody gets a new one.
        await this.turn(all, false);
      } else {
        for (const peer of joined) await this.sender.include(peer, all);
        if (joined.length > 0) this.scheduleRotation();
      }
    }

    if (this.connected) this.hasMissed = false;

    // 3. The code belongs to exactly these members.
    await this.code.setMembers(own === undefined ? [] : members);
    this.scheduleResend(true);
    this.report();

    // 4. What came before its sender was known.
    const early = this.early;
    this.early = [];
    for (const message of early) await this.handle(message.from, message.body, false);
  }

  private async handle(from: string, body: string, mayWait: boolean): Promise<void> {
    const message = decode(body);
    if (message === null) {
      this.counters.badMessages++;
      return;
    }
    const peer = this.peers.get(from);
    if (peer === undefined) return this.wait(from, body, mayWait);

    if (message.type === 'commit' || message.type === 'reveal') {
      await this.code.receive(from, message);
    } else if (message.type === 'key') {
      const base = await peer.pair.open(1, message.epoch, message.sealed);
      if (base === null) return this.wait(from, body, mayWait);
      const installed = await peer.receiver.install(message.epoch, base, this.ports.clock.now());
      base.fill(0);
      if (!installed) return;
      peer.held.release();
      const sealed = await peer.pair.seal(2, message.epoch, text(''));
      this.ports.send(from, encode({ type: 'ack', epoch: message.epoch, sealed }));
    } else {
      if ((await peer.pair.open(2, message.epoch, message.sealed)) === null) return this.wait(from, body, mayWait);
      this.sender?.acknowledged(from, message.epoch);
    }
    this.report();
  }

  /** What may never be opened again of an instance that is gone: everything up to the newest epoch it ever had. */
  private forget(peer: Peer): void {
    const instance = String(peer.publicKey);
    const newest = Math.max(peer.receiver.highWater, this.highWater.get(instance) ?? -1);
    if (newest >= 0) this.highWater.set(instance, newest);
  }

  /** A message can overtake the roster that names its sender: it gets one more try after the next roster. */
  private wait(from: string, body: string, mayWait: boolean): void {
    if (mayWait && this.early.length < maxEarly) this.early.push({ from, body });
    else this.counters.badMessages++;
  }

  private readRoster(you: string, roster: readonly RosterKeys[]): CodeMember[] {
    const members: CodeMember[] = [];
    for (const line of roster.slice(0, maxMembers)) {
      const isYou = line.participant === you;
      const publicKey = isYou ? this.own.publicKey : fromBase64Url(line.publicKey);
      const commitment = isYou ? this.commitment : fromBase64Url(line.commitment);
      const usable = publicKey?.length === publicKeyBytes && commitment?.length === 32
        && Number.isInteger(line.member) && line.member >= 0 && line.member <= 255
        && !members.some(m => m.member === line.member || m.participant === line.participant || equal(m.publicKey, publicKey));
      if (usable) members.push({ participant: line.participant, member: line.member, publicKey, commitment, isYou });
      else this.counters.badRoster++;
    }
    return members;
  }

  private async turn(recipients: readonly Peer[], atOnce: boolean): Promise<void> {
    await this.sender?.turn(recipients, atOnce);
    this.scheduleRotation();
  }

  private scheduleRotation(): void {
    this.cancelRotation();
    if (this.closed) return;
    this.cancelRotation = this.ports.clock.after(this.rotateMs, () => this.step(() => this.rotate()));
  }

  private async rotate(): Promise<void> {
    if (this.connected) {
      await this.turn([...this.peers.values()], false);
      this.scheduleResend(true);
    } else {
      // Without a socket nobody would get the key: made up for soon after.
      this.cancelRotation = this.ports.clock.after(1_000, () => this.step(() => this.rotate()));
    }
  }

  private scheduleResend(fromStart: boolean): void {
    if (fromStart) this.resendStep = 0;
    this.cancelResend();
    if (this.closed) return;
    const delay = resendAfterMs[Math.min(this.resendStep++, resendAfterMs.length - 1)]!;
    this.cancelResend = this.ports.clock.after(delay, () => this.step(async () => {
      for (const peer of this.peers.values()) peer.receiver.prune(this.ports.clock.now());
      if (this.connected) {
        this.sender?.resend();
        await this.code.advance();
        this.code.repeat();
      }
      this.report();
      this.scheduleResend(false);
    }));
  }

  private step(action: () => Promise<void> | void | undefined): void {
    this.steps = this.steps.then(async () => {
      if (!this.closed) await action();
    }).catch(() => {
      this.counters.badMessages++;
    });
  }

  private report(): void {
    const secure = [...this.peers.values()]
      .filter(p => p.receiver.hasKey && this.sender?.reaches(p.participant) === true)
      .map(p => p.participant);
    const state: E2eeState = { secure, digits: this.code.digits, epoch: this.sender?.epoch ?? 0 };
    const next = JSON.stringify(state);
    if (next === this.reported) return;
    this.reported = next;
    this.ports.changed(state);
  }
}

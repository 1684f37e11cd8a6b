import type { Clock, Source } from '../basics';
import { concat, type Bytes } from '../bytes';
import { clearBytes, metadataOf } from './frame-layout';
import type { PairKeys } from './key-schedule';
import { encode } from './messages';
import { keyIdOf } from './receiver-keys';
import { aes256GcmSha512, SFrameKey } from './sframe';

/** A new epoch is used when everybody has acknowledged it, or after this time. */
export const switchAfterMs = 1_000;
/** One key seals at most this many frames (a day of them): far below the bound of AES-GCM. */
const maxFrames = 2 ** 32;

export interface Recipient {
  readonly participant: string;
  readonly pair: PairKeys;
}

interface Epoch {
  readonly number: number;
  readonly key: SFrameKey;
  nextCounter: number;
  /** Who has not acknowledged yet, with the message to send again. */
  readonly unacknowledged: Map<string, string>;
}

//  steady(n)       -> [join, interval]     -> distributing(n+1)
//  distributing    -> [join]               -> distributing(n+1), the newcomer gets the same, still unused key
//  distributing    -> [all acked, 1 s]     -> steady(n+1)
//  any             -> [leave]              -> steady(n+1) as soon as the keys are sent

/** This member's own sender key: makes epochs, hands them out, seals frames. One counter a key, for all streams. */
export class SenderKeys {
  private active: Epoch | null = null;
  private pending: { readonly epoch: Epoch; readonly base: Bytes } | null = null;
  private cancelDeadline: () => void = () => {};

  constructor(
    private readonly member: number, private readonly clock: Clock,
    /** Never the same twice in a page load, over all senders of it: receivers refuse what is not newer. */
    private readonly nextEpoch: () => number,
    private readonly random: (length: number) => Bytes,
    private readonly send: (to: string, body: string) => void,
    private readonly switched: () => void,
  ) {}

  /** The epoch in use; 0 before the first. */
  get epoch(): number {
    return this.active?.number ?? 0;
  }

  /** Begins a new epoch for exactly these recipients. */
  async turn(recipients: readonly Recipient[], atOnce: boolean): Promise<void> {
    const number = this.nextEpoch();
    const base = this.random(32);
    const imported = await crypto.subtle.importKey('raw', base, 'HKDF', false, ['deriveBits']);
    const key = await SFrameKey.derive(aes256GcmSha512, keyIdOf(this.member, number), imported, 'encrypt');
    this.discardPending();
    this.pending = { epoch: { number, key, nextCounter: 0, unacknowledged: new Map() }, base };
    for (const recipient of recipients) await this.wrap(recipient);
    if (atOnce || recipients.length === 0) this.activate();
    else this.startDeadline();
  }

  /** Lets a newcomer in. The key it gets has sealed nothing yet. */
  async include(recipient: Recipient, all: readonly Recipient[]): Promise<void> {
    if (this.pending === null) await this.turn(all, false);
    else await this.wrap(recipient);
  }

  /** True when this completes what was expected of `participant` for the newest epoch. */
  acknowledged(participant: string, epoch: number): void {
    for (const known of [this.active, this.pending?.epoch]) {
      if (known?.number === epoch) known.unacknowledged.delete(participant);
    }
    if (this.pending !== null && this.pending.epoch.unacknowledged.size === 0) this.activate();
  }

  /** Whether `participant` can open what is sealed now. */
  reaches(participant: string): boolean {
    return this.active !== null && !this.active.unacknowledged.has(participant);
  }

  /** Sends every unacknowledged key again; true when there was one. */
  resend(): boolean {
    const newest = this.pending?.epoch ?? this.active;
    for (const [participant, body] of newest?.unacknowledged ?? []) this.send(participant, body);
    return (newest?.unacknowledged.size ?? 0) > 0;
  }

  /** While the socket is down nobody can get a key: the old epoch stays in use. */
  hold(): void {
    this.cancelDeadline();
  }

  resume(): void {
    if (this.pending !== null) this.startDeadline();
  }

  /** The sealed frame; null for one that cannot be sealed, which then is not sent. */
  async seal(source: Source, frame: Bytes): Promise<Bytes | null> {
    const epoch = this.active;
    const clear = clearBytes(source, frame);
    if (epoch === null || clear === null || epoch.nextCounter >= maxFrames) return null;
    const counter = BigInt(epoch.nextCounter++);
    const head = frame.subarray(0, clear);
    const sealed = await epoch.key.seal(counter, metadataOf(source, head), frame.subarray(clear));
    return clear === 0 ? sealed : concat(head, sealed);
  }

  close(): void {
    this.discardPending();
    this.active = null;
  }

  private async wrap(recipient: Recipient): Promise<void> {
    if (this.pending === null) return;
    const { epoch, base } = this.pending;
    const body = encode({ type: 'key', epoch: epoch.number, sealed: await recipient.pair.seal(1, epoch.number, base) });
    epoch.unacknowledged.set(recipient.participant, body);
    this.send(recipient.participant, body);
  }

  private startDeadline(): void {
    this.cancelDeadline();
    this.cancelDeadline = this.clock.after(switchAfterMs, () => this.activate());
  }

  private activate(): void {
    if (this.pending === null) return;
    this.active = this.pending.epoch;
    this.discardPending();
    this.switched();
  }

  private discardPending(): void {
    this.cancelDeadline();
    this.pending?.base.fill(0);
    this.pending = null;
  }
}

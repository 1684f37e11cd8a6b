import type { Source } from '../basics';
import { concat, equal, type Bytes } from '../bytes';
import { clearBytes, metadataOf } from './frame-layout';
import { ReplayWindow } from './replay-window';
import { aes256GcmSha512, decodeHeader, SFrameKey } from './sframe';

/** How long the previous epoch still opens after the first frame of a newer one. */
export const overlapMs = 5_000;
/** … and at the latest after a newer key has come: as long as the server keeps a broken connection's media. */
export const longestOverlapMs = 60_000;
const maxKeys = 8;
/**
 * How far a counter may run ahead of the newest one opened: a minute without media (as long as a transport is kept) at
 * the 170 frames a second of three camera layers, sound and screen is 10,200; this is six times that, and …
 */
export const counterLead = 2 ** 16;
/** … this many more for each second since, so that a camera nobody had looked at for an hour opens as well. */
export const counterLeadPerSecond = 500;

export type OpenFailure = 'short' | 'wrong-sender' | 'no-key' | 'replayed' | 'ahead' | 'forged';
export type Opened = { readonly frame: Bytes } | { readonly failure: OpenFailure };

interface EpochKey {
  readonly epoch: number;
  readonly key: SFrameKey;
  /** SHA-256 of the base key: tells the same key sent again from another one for the same epoch. */
  readonly fingerprint: Bytes;
  readonly windows: Map<Source, ReplayWindow>;
  expiresAt: number;
  /** The newest counter opened over all sources, and when. */
  newestCounter: number;
  newestAt: number;
}

/** KID: member number and the low byte of the epoch. 16 bits, so at most two bytes in the header. */
export function keyIdOf(member: number, epoch: number): bigint {
  return BigInt((member << 8) | (epoch & 0xff));
}

/**
 * The sender keys of one other member, and the frames opened with them. Replay windows belong to key and source, not
 * to a track object, so a new track for the same camera does not open old frames again.
 */
export class ReceiverKeys {
  private keys: EpochKey[] = [];
  private current = -1;
  private newest: number;

  /** `floor`: the newest epoch that this instance had when its keys were last forgotten; -1 for a new instance. */
  constructor(private readonly member: number, floor = -1) {
    this.newest = floor;
  }

  /** The newest epoch ever known. No key for it or one before it is taken again once these keys are forgotten. */
  get highWater(): number {
    return this.newest;
  }

  get hasKey(): boolean {
    return this.keys.length > 0;
  }

  /**
   * Whether exactly this key is in place now. False for an epoch that was superseded or forgotten: an old key message,
   * played again, brings no old key back.
   */
  async install(epoch: number, base: Bytes, now: number): Promise<boolean> {
    const fingerprint = new Uint8Array(await crypto.subtle.digest('SHA-256', base));
    const known = this.keys.find(k => k.epoch === epoch);
    if (known !== undefined) return equal(known.fingerprint, fingerprint);
    if (epoch <= this.newest) return false;
    this.newest = epoch;
    const imported = await crypto.subtle.importKey('raw', base, 'HKDF', false, ['deriveBits']);
    const key = await SFrameKey.derive(aes256GcmSha512, keyIdOf(this.member, epoch), imported, 'decrypt');
    for (const older of this.keys) older.expiresAt = Math.min(older.expiresAt, now + longestOverlapMs);
    this.keys = this.keys.filter(k => (k.epoch & 0xff) !== (epoch & 0xff)).slice(1 - maxKeys);
    this.keys.push({ epoch, key, fingerprint, windows: new Map(), expiresAt: Infinity, newestCounter: -1, newestAt: now });
    return true;
  }

  /** Whether the key of this frame may still be on its way: an epoch newer than the newest one in place. */
  awaits(source: Source, sealed: Bytes): boolean {
    const clear = clearBytes(source, sealed);
    const header = clear === null ? null : decodeHeader(sealed.subarray(clear));
    const inPlace = this.keys.at(-1);
    if (header === null || inPlace === undefined || header.kid > 0xffffn || Number(header.kid >> 8n) !== this.member) return false;
    // The low byte only is in the header: the half of the circle above the newest is newer.
    const ahead = (Number(header.kid & 0xffn) - inPlace.epoch) & 0xff;
    return ahead > 0 && ahead < 128;
  }

  async open(source: Source, sealed: Bytes, now: number): Promise<Opened> {
    // 1. The clear bytes, as the sender must have cut them.
    const clear = clearBytes(source, sealed);
    if (clear === null) return { failure: 'short' };
    const body = sealed.subarray(clear);
    const header = decodeHeader(body);
    if (header === null) return { failure: 'short' };

    // 2. Only this member's key may open what is shown as this member's.
    if (header.kid > 0xffffn || Number(header.kid >> 8n) !== this.member) return { failure: 'wrong-sender' };
    this.prune(now);
    const entry = this.keys.find(k => (k.epoch & 0xff) === Number(header.kid & 0xffn));
    if (entry === undefined) return { failure: 'no-key' };

    // 3. Replay before decrypting.
    const counter = Number(header.counter);
    const window = entry.windows.get(source) ?? new ReplayWindow();
    if (!window.isFresh(counter)) return { failure: 'replayed' };
    const lead = counterLead + (counterLeadPerSecond * Math.max(0, now - entry.newestAt)) / 1_000;
    if (counter - entry.newestCounter > lead) return { failure: 'ahead' };

    // 4. Tag, header and metadata.
    const plain = await entry.key.open(header, body, metadataOf(source, sealed.subarray(0, clear)));
    if (plain === null) return { failure: 'forged' };
    entry.windows.set(source, entry.windows.get(source) ?? window);
    if (!entry.windows.get(source)!.take(counter)) return { failure: 'replayed' };

    if (counter > entry.newestCounter) {
      entry.newestCounter = counter;
      entry.newestAt = now;
    }
    this.advance(entry.epoch, now);
    return { frame: clear === 0 ? plain : concat(sealed.subarray(0, clear), plain) };
  }

  /** Forgets what has expired. */
  prune(now: number): void {
    if (this.keys.some(k => k.expiresAt <= now)) this.keys = this.keys.filter(k => k.expiresAt > now);
  }

  /** The first frame of a newer epoch: the epoch before it gets its overlap, everything older goes at once. */
  private advance(epoch: number, now: number): void {
    if (epoch <= this.current) return;
    // Nothing opened yet: the newest key before it may still have frames on the way.
    const previous = this.current >= 0 ? this.current : Math.max(...this.keys.map(k => (k.epoch < epoch ? k.epoch : -1)));
    this.current = epoch;
    this.keys = this.keys.filter(k => k.epoch >= epoch || k.epoch === previous);
    for (const key of this.keys) if (key.epoch < epoch) key.expiresAt = Math.min(key.expiresAt, now + overlapMs);
  }
}

/** What to do about media that does not move. */
export type StallVerdict = 'none' | 'probe' | 'restart' | 'renew';

export interface StallLook {
  now: number;
  /** The peer connection says that it is connected. */
  connected: boolean;
  /** All bytes that came in on the path so far. */
  bytesReceived: number;
  /** We send, so the server's feedback must come in many times a second. */
  expectsTraffic: boolean;
  socketOpen: boolean;
}

const stalledAfterMs = 2_500;
const firstRestartMs = 1_000;
const restartEveryMs = 5_000;
const renewAfterMs = [15_000, 30_000, 60_000];
/** Only a path on which bytes came in this many looks in a row can be missed. */
const steadyLooks = 5;

/**
 * Notices that a path has died before the browser does (its own consent check takes many seconds), from the bytes that
 * come in: the server sends feedback for whatever we send, even when everybody is muted.
 *
 *   up   -> [not connected, or 2.5 s without bytes] -> down: probe the socket (is it the network?)
 *   down -> [the socket answers]                    -> ICE restart after 1 s, then every 5 s
 *   down -> [15 s (then 30, 60) with a socket]      -> a new instance
 *   down -> [bytes]                                 -> up
 */
export class StallWatch {
  /** Whether media has ever come up on this peer connection. */
  everUp = false;
  /** How many instances have been given up in a row. */
  renewals = 0;
  private bytes = 0;
  private steady = 0;
  private movedAt = 0;
  private downAt: number | null = null;
  private actedAt = 0;
  private probed = false;
  private restarted = false;

  get isStalled(): boolean {
    return this.everUp && this.downAt !== null;
  }

  reset(now: number): void {
    this.everUp = this.probed = this.restarted = false;
    this.bytes = this.steady = 0;
    this.movedAt = this.actedAt = now;
    this.downAt = null;
  }

  look(look: StallLook): StallVerdict {
    const { now } = look;
    this.everUp ||= look.connected;
    const moved = look.bytesReceived !== this.bytes;
    this.bytes = look.bytesReceived;
    if (moved) {
      this.movedAt = now;
      this.steady++;
    }
    const silent = now - this.movedAt >= stalledAfterMs;
    const missed = look.expectsTraffic && this.steady >= steadyLooks && silent;
    if (look.connected && !missed) {
      if (silent) this.steady = 0;
      if (moved && this.steady >= steadyLooks) this.renewals = 0;
      this.downAt = null;
      this.probed = this.restarted = false;
      return 'none';
    }

    // While the network itself is away, the path's clock does not run.
    if (this.downAt === null || !look.socketOpen) this.downAt = this.actedAt = now;
    if (!look.socketOpen) return 'none';
    if (now - this.downAt >= renewAfterMs[Math.min(this.renewals, renewAfterMs.length - 1)]!) return 'renew';
    if (!this.everUp) return 'none';
    if (!this.probed) {
      this.probed = true;
      this.actedAt = now;
      return 'probe';
    }
    if (now - this.actedAt < (this.restarted ? restartEveryMs : firstRestartMs)) return 'none';
    this.restarted = true;
    this.actedAt = now;
    return 'restart';
  }
}

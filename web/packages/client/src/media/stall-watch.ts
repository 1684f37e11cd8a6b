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

const lookEveryMs = 250;
const lookCloselyEveryMs = 100;
/** Feedback comes every 50 … 100 ms: this long without is rare even on a bad path, but a ping is cheap. */
const suspectAfterMs = 400;
/** An ICE restart that was not needed costs a few hundred bytes, and media goes on over the old path meanwhile. */
const stalledAfterMs = 800;
/** The same when something else has said that the network changes. */
const alertStalledAfterMs = 300;
const alertForMs = 5_000;
/** Longer than gathering and a few checks take, or a restart would only ever interrupt the last one. */
const restartEveryMs = 2_500;
const renewAfterMs = [15_000, 30_000, 60_000];
/** Only a path on which bytes have come in for this long can be missed. */
const steadyAfterMs = 2_000;

/**
 * Notices that a path has died before the browser does (its own consent check takes many seconds), from the bytes that
 * come in: the server sends feedback for whatever we send, even when everybody is muted.
 *
 *   up      -> [400 ms without bytes]                     -> suspect: probe the socket, so that it is there when needed
 *   suspect -> [800 ms without bytes, 300 when alert]     -> down: ICE restart at once, again every 2.5 s
 *   up      -> [not connected]                            -> down: the same
 *   down    -> [15 s (then 30, 60) with a socket]         -> a new instance
 *   any     -> [bytes]                                    -> up
 */
export class StallWatch {
  /** Whether media has ever come up on this peer connection. */
  everUp = false;
  /** How many instances have been given up in a row. */
  renewals = 0;
  private bytes = 0;
  private movedAt = 0;
  private steadySince: number | null = null;
  private downAt: number | null = null;
  private restartedAt: number | null = null;
  private alertUntil = -Infinity;
  private probed = false;

  get isStalled(): boolean {
    return this.everUp && this.downAt !== null;
  }

  /** Milliseconds until the next look is worth its price. */
  nextLookMs(now: number): number {
    return this.probed || this.downAt !== null || now < this.alertUntil ? lookCloselyEveryMs : lookEveryMs;
  }

  reset(now: number): void {
    this.everUp = this.probed = false;
    this.bytes = 0;
    this.movedAt = now;
    this.steadySince = this.downAt = this.restartedAt = null;
  }

  /** The socket broke or the network is said to change: silence means more than usual. */
  alert(now: number): void {
    this.alertUntil = now + alertForMs;
  }

  /** An ICE restart is on its way for another reason. */
  restarted(now: number): void {
    this.restartedAt = now;
  }

  /** Whether media was up and nothing has come in lately; for whoever has to offer anyway. */
  isSilent(now: number): boolean {
    return this.everUp && now - this.movedAt >= alertStalledAfterMs;
  }

  look(look: StallLook): StallVerdict {
    const { now } = look;
    this.everUp ||= look.connected;
    const moved = look.bytesReceived !== this.bytes;
    this.bytes = look.bytesReceived;
    if (moved) {
      this.movedAt = now;
      this.steadySince ??= now;
    }
    const silentMs = now - this.movedAt;
    const isSteady = this.steadySince !== null && this.movedAt - this.steadySince >= steadyAfterMs;
    const canMiss = look.expectsTraffic && isSteady;
    const missed = canMiss && silentMs >= (now < this.alertUntil ? alertStalledAfterMs : stalledAfterMs);
    if (look.connected && !missed) {
      if (silentMs >= stalledAfterMs) this.steadySince = null;
      if (moved && isSteady) this.renewals = 0;
      if (moved) this.restartedAt = null;
      this.downAt = null;
      const suspect = canMiss && silentMs >= suspectAfterMs;
      const verdict = suspect && !this.probed ? 'probe' : 'none';
      this.probed = suspect;
      return verdict;
    }

    // While the network itself is away, the path's clock does not run.
    if (this.downAt === null || !look.socketOpen) this.downAt = now;
    if (!look.socketOpen) return 'none';
    if (now - this.downAt >= renewAfterMs[Math.min(this.renewals, renewAfterMs.length - 1)]!) return 'renew';
    if (!this.everUp || this.restartedAt !== null && now - this.restartedAt < restartEveryMs) return 'none';
    this.restartedAt = now;
    return 'restart';
  }
}

import type { TurnAnswer } from './api';
import type { Clock } from './basics';

const refreshAt = 0.8;
const retryAfterMs = 5_000;
const defaultLifeMs = 600_000;
/** Restarts come in rows while a network is bad; the server grants few requests. */
const restartEveryMs = 30_000;

type Reason = 'join' | 'restart' | 'refresh';

/** The relay's credentials, asked for before they are needed and renewed before they expire. */
export class RelayCredentials {
  private servers: RTCIceServer[] = [];
  private cancel: () => void = () => {};
  private closed = false;
  private askedAt = -Infinity;

  constructor(
    private readonly api: { turn(reason: Reason): Promise<TurnAnswer> }, private readonly clock: Clock,
    private readonly renewed: (servers: readonly RTCIceServer[]) => void,
  ) {}

  get iceServers(): readonly RTCIceServer[] {
    return this.servers;
  }

  /** Settles in any case: a call without a relay is better than none. */
  async fetch(reason: Reason): Promise<void> {
    this.cancel();
    this.askedAt = this.clock.now();
    let nextMs = retryAfterMs;
    try {
      const answer = await this.api.turn(reason);
      const seconds = Number(answer.expiresInSeconds);
      if (Array.isArray(answer.iceServers)) {
        this.servers = answer.iceServers;
        const lifeMs = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, 86_400_000) : defaultLifeMs;
        nextMs = Math.max(retryAfterMs, lifeMs * refreshAt);
      }
    } catch {
      // Tried again below; a connection that needs no relay does not notice.
    }
    if (this.closed) return;
    this.cancel();
    this.cancel = this.clock.after(nextMs, () => void this.fetch('refresh'));
    if (this.servers.length > 0) this.renewed(this.servers);
  }

  /** A path is looked for anew, perhaps over the relay: with credentials that are fresh, but without waiting for them. */
  restart(): void {
    if (!this.closed && this.clock.now() - this.askedAt >= restartEveryMs) void this.fetch('restart');
  }

  close(): void {
    this.closed = true;
    this.cancel();
  }
}

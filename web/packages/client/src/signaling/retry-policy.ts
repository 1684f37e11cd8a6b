import type { Clock } from '../basics';
import { ApiError } from '../types';

/** After the first tries that follow a loss or a hint: fast, since a network that has just come up refuses for some 100 ms. */
const firstRetriesMs = [100, 200];
/** From the start of one try to the start of the next, while nobody answers. */
const pollEveryMs = 500;
const pollForMs = 180_000;
const longestPollMs = 10_000;
/** When the server does answer, but not with a ticket. */
const refusedMs = 500;
const longestRefusedMs = 15_000;
/** The server gives a person one ticket each 6 s once it has given many. */
const tooManyMs = 6_000;
/** The server has said that it goes away, to everybody at the same moment. */
const awaySpreadMs = 1_000;
const jitter = 0.25;

const quickLimitMs = 1_500;
const patientLimitMs = 6_000;
const firstLimitMs = 4_000;
/** Every fourth try waits longer: perhaps the network is not gone but has become slow. */
const patientEvery = 4;

/**
 * When to try again for a socket, and how long to wait for it.
 *
 * Two things pull here. A person whose network comes back is to be in the call again within 2 s, and not every browser
 * says that it is back: so tries follow each other every 500 ms, and one that hangs is given up after 1.5 s, where TCP
 * itself would wait 3, 7, 15 s before it sends again. But a hospital that loses its Wi-Fi loses it for hundreds of
 * people at once. While the network is gone their tries reach nobody and cost nothing; once it is there, jitter spreads
 * them over half a second, and each is one ticket and one socket. It is different when the server answers and refuses:
 * then trying is the load, so the time doubles. After three minutes somebody has probably walked away, and the tries
 * become rare; a hint (the network is said to be back, the page is looked at again) makes them fast again.
 */
export class RetryPolicy {
  private tries = 0;
  private refusals = 0;
  private lostAt: number | null = null;
  private startedAt = 0;
  private usualMs: number | null = null;

  constructor(private readonly clock: Clock, private readonly random: () => number) {}

  /** The socket was lost, or there was none yet. */
  lost(): void {
    this.lostAt ??= this.clock.now();
  }

  /** The network is said to be back. */
  hinted(): void {
    this.tries = this.refusals = 0;
    if (this.lostAt !== null) this.lostAt = this.clock.now();
  }

  /** A try begins. Answers how long it may take, ms. */
  begin(): number {
    this.startedAt = this.clock.now();
    this.tries++;
    // Before anything ever worked here, nothing is known of how slow this network is.
    const usual = this.usualMs === null ? firstLimitMs : Math.max(quickLimitMs, 4 * this.usualMs);
    return Math.min(patientLimitMs, this.tries % patientEvery === 0 ? Math.max(usual, patientLimitMs) : usual);
  }

  /** The try got a socket. What it proves about the server is only known when the server has spoken on it. */
  opened(): void {
    const took = this.clock.now() - this.startedAt;
    this.usualMs = this.usualMs === null ? took : (this.usualMs + took) / 2;
  }

  /** The server has spoken: the next loss is a first one again. */
  heard(): void {
    this.tries = this.refusals = 0;
    this.lostAt = null;
  }

  /** Milliseconds from now to the next try. `cause`: what the ticket call threw, or null. */
  afterFailure(cause: unknown): number {
    const status = cause instanceof ApiError ? cause.status : 0;
    if (status > 0) {
      const doubled = Math.min(longestRefusedMs, refusedMs * 2 ** Math.min(this.refusals++, 10));
      return this.spread(Math.max(doubled, status === 429 ? tooManyMs : 0));
    }
    const first = firstRetriesMs[this.tries - 1];
    if (first !== undefined) return this.spread(first);
    const over = this.clock.now() - (this.lostAt ?? this.clock.now()) - pollForMs;
    const every = over <= 0 ? pollEveryMs : Math.min(longestPollMs, pollEveryMs * 2 ** Math.ceil(over / 60_000));
    return Math.max(0, this.spread(every) - (this.clock.now() - this.startedAt));
  }

  /** The same after a socket that was open. `goingAway`: the server has closed everybody's. */
  afterLoss(goingAway: boolean): number {
    this.lost();
    if (goingAway) return this.random() * awaySpreadMs;
    return this.tries === 0 ? 0 : this.afterFailure(null);
  }

  private spread(ms: number): number {
    return ms * (1 - jitter + 2 * jitter * this.random());
  }
}

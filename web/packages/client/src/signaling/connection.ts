import type { VisitApi } from '../api';
import type { Clock } from '../basics';
import { ApiError, type Ending } from '../types';
import { Attempt } from './attempt';
import { afterClose, endingOfRefusal, isGoingAway } from './close-codes';
import { parseServerMessage, type ServerMessage } from './messages';
import { PendingRequests, RequestError, type Answer } from './requests';
import { RetryPolicy } from './retry-policy';

export { RequestError } from './requests';

/** As much of a WebSocket as is used here. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  /** As of the WebSocket of the browser: 1 while it can carry something. */
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
}

export interface ConnectionPorts {
  readonly api: Pick<VisitApi, 'join'>;
  readonly clock: Clock;
  /** 0 … 1, for spreading tries. */
  random(): number;
  openSocket(url: string, protocols: string[]): Socket;
  /** Every valid message apart from `pong` and the answers to requests. */
  message(message: ServerMessage): void;
  /** Open (and `welcome` comes next), or lost. */
  changed(connected: boolean): void;
  /** `isDoubtful` has changed. */
  doubted(): void;
  ended(ending: Ending): void;
  /** A message that is not one, or out of place. */
  malformed(): void;
  /** The socket's round trip, from ping to pong. */
  roundTrip(ms: number): void;
}

const pingEveryMs = 5_000;
const pongWithinMs = 4_000;
/** A ping that is out of turn asks whether the socket is still alive; without an answer in time a rival is started. */
const suspectAfterMs = 300;
const longestSuspectMs = 1_500;
const maxMalformed = 20;
const openState = 1;

//  closed     -> [open()]                          -> connecting
//  connecting -> [ticket, then socket open]        -> open
//  connecting -> [refused for good]                -> ended
//  connecting -> [failed, too slow]                -> pausing
//  open       -> [close code that ends]            -> ended
//  open       -> [closed, no pong, malformed]      -> pausing (0 ms the first time), or connecting when a rival is under way
//  open       -> [check(), and no word in time]    -> open, with a rival: a second attempt beside the socket
//  open       -> [a word, rival not committed]     -> open, without the rival
//  open       -> [the rival opens]                 -> open, on the rival's socket: lost and open in one go
//  pausing    -> [time, retryNow()]                -> connecting
//  any        -> [close()]                         -> closed
type State = 'closed' | 'connecting' | 'open' | 'pausing' | 'ended';

/**
 * The socket of one instance: gets a ticket, opens, notices silence, comes back by itself. A TCP connection whose route
 * has gone never says so, and a wrong suspicion must not cost a good socket: so a suspected one is not given up but
 * raced, as RFC 8305 races addresses, and whichever speaks first is kept.
 */
export class SignalingConnection {
  private state: State = 'closed';
  private socket: Socket | null = null;
  /** The one attempt under way: in place of a socket, or as its rival. */
  private attempt: Attempt | null = null;
  private malformedCount = 0;
  private roundTripMs = 0;
  /** Asked whether the socket lives, and it has not said a word since. */
  private isChecking = false;
  private readonly requests: PendingRequests;
  private readonly retries: RetryPolicy;
  private cancelRetry: () => void = () => {};
  private cancelPing: () => void = () => {};
  private cancelPong: () => void = () => {};
  private cancelCheck: () => void = () => {};

  constructor(private readonly instance: string, private readonly ports: ConnectionPorts) {
    this.requests = new PendingRequests(ports.clock);
    this.retries = new RetryPolicy(ports.clock, () => ports.random());
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Open, but it does not answer: another one is being opened. */
  get isDoubtful(): boolean {
    return this.state === 'open' && this.attempt !== null;
  }

  open(): void {
    if (this.state !== 'closed') return;
    this.retries.lost();
    this.connect();
  }

  /** The network is said to be back or to have changed. */
  retryNow(): void {
    this.retries.hinted();
    if (this.state === 'open') return this.check();
    // What was begun on another network hangs there.
    if (this.state === 'pausing' || this.state === 'connecting') this.connect();
  }

  /** Something says that the path is dead: is the socket? */
  check(): void {
    if (this.state !== 'open' || this.isChecking) return;
    this.isChecking = true;
    this.cancelCheck = this.ports.clock.after(this.answerWithinMs, () => this.race());
    this.ping();
  }

  /** The socket is open but of no use. */
  restart(): void {
    if (this.state === 'open') this.lost();
  }

  /** False when there is no socket to send on. */
  send(message: Record<string, unknown>): boolean {
    // A browser tells of a close by the server only after its handshake: until then it is closing and takes nothing more.
    if (this.state !== 'open' || this.socket?.readyState !== openState) return false;
    try {
      this.socket.send(JSON.stringify(message));
      return true;
    } catch {
      return false;
    }
  }

  /** Sends with an `id` and waits for its answer. Rejects with a coded `RequestError`. */
  request(message: Record<string, unknown>): Promise<Answer> {
    return this.requests.send(id => this.send({ ...message, id }));
  }

  close(code = 1000): void {
    this.state = 'closed';
    this.dropAttempt();
    this.dropSocket(code);
  }

  private connect(): void {
    this.dropAttempt();
    this.state = 'connecting';
    this.begin();
  }

  /** Beside a socket that does not answer. */
  private race(): void {
    if (this.state !== 'open' || this.attempt !== null) return;
    this.begin();
    this.ports.doubted();
  }

  private begin(): void {
    this.attempt = new Attempt({
      clock: this.ports.clock,
      join: signal => this.ports.api.join(this.instance, signal),
      openSocket: (url, protocols) => this.ports.openSocket(url, protocols),
      opened: socket => this.opened(socket),
      failed: cause => this.failed(cause),
    }, this.retries.begin());
  }

  private opened(socket: Socket): void {
    const swaps = this.state === 'open';
    this.dropAttempt();
    this.dropSocket(1000);
    this.retries.opened();
    if (swaps) this.ports.changed(false);
    this.socket = socket;
    socket.onmessage = event => {
      if (this.socket === socket) this.received(event.data);
    };
    socket.onclose = event => {
      if (this.socket === socket) this.closed(event.code);
    };
    this.state = 'open';
    this.malformedCount = 0;
    this.schedulePing();
    this.ports.changed(true);
  }

  private failed(cause: unknown): void {
    this.attempt = null;
    const ending = cause instanceof ApiError ? endingOfRefusal(cause.code, cause.status) : null;
    if (ending !== null) return this.end(ending);
    const afterMs = this.retries.afterFailure(cause);
    if (this.state === 'open') this.cancelRetry = this.ports.clock.after(afterMs, () => this.race());
    else this.pause(afterMs);
  }

  private received(data: unknown): void {
    const message = parseServerMessage(data);
    if (message === null) {
      this.ports.malformed();
      if (++this.malformedCount >= maxMalformed) this.lost();
      return;
    }
    this.heard();
    if (message.type === 'pong') {
      const now = this.ports.clock.now();
      if (message.t > now || now - message.t > 60_000) return;
      this.roundTripMs = now - message.t;
      this.ports.roundTrip(this.roundTripMs);
    } else if (message.type === 'ok' || message.type === 'answer') {
      if (!this.requests.settle(message.re, message)) this.ports.malformed();
    } else if (message.type === 'error' && message.re !== null) {
      if (!this.requests.settle(message.re, new RequestError(message.code, message.message))) this.ports.malformed();
    } else {
      this.ports.message(message);
    }
  }

  /** Whatever the server says proves the socket. */
  private heard(): void {
    this.isChecking = false;
    this.cancelPong();
    this.cancelCheck();
    this.cancelRetry();
    this.retries.heard();
    if (this.attempt?.isCommitted !== false) return;
    this.dropAttempt();
    this.ports.doubted();
  }

  private closed(code: number): void {
    const then = afterClose(code);
    if (then.do === 'end') this.end(then.ending);
    else this.lost(then.afterMs, isGoingAway(code));
  }

  private lost(atLeastMs = 0, goingAway = false): void {
    const afterMs = Math.max(atLeastMs, this.retries.afterLoss(goingAway));
    this.dropSocket(1000);
    // A rival that is under way takes over; nothing is begun twice.
    if (this.attempt === null) this.pause(afterMs);
    else this.state = 'connecting';
    this.ports.changed(false);
  }

  private pause(afterMs: number): void {
    this.dropAttempt();
    this.state = 'pausing';
    this.cancelRetry = this.ports.clock.after(afterMs, () => this.connect());
  }

  private end(ending: Ending): void {
    this.state = 'ended';
    this.dropAttempt();
    this.dropSocket(1000);
    this.ports.ended(ending);
  }

  /** On a slow path three round trips, or it would always be suspected. */
  private get answerWithinMs(): number {
    return Math.min(longestSuspectMs, Math.max(suspectAfterMs, 3 * this.roundTripMs));
  }

  private schedulePing(): void {
    this.cancelPing = this.ports.clock.after(pingEveryMs, () => {
      this.ping();
      this.schedulePing();
    });
  }

  private ping(): void {
    this.cancelPong();
    this.cancelPong = this.ports.clock.after(pongWithinMs, () => this.lost());
    this.send({ type: 'ping', t: Math.floor(this.ports.clock.now()) });
  }

  private dropAttempt(): void {
    this.cancelRetry();
    this.attempt?.cancel();
    this.attempt = null;
  }

  /** Lets go of the socket, its timers and everybody who waits for an answer. */
  private dropSocket(code: number): void {
    this.cancelPing();
    this.cancelPong();
    this.cancelCheck();
    this.isChecking = false;
    const socket = this.socket;
    this.socket = null;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      try {
        socket.close(code);
      } catch {
        // Already gone.
      }
    }
    this.requests.rejectAll();
  }
}

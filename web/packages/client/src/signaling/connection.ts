import type { VisitApi } from '../api';
import type { Clock } from '../basics';
import { ApiError, type Ending } from '../types';
import { afterClose, endingOfRefusal } from './close-codes';
import { parseServerMessage, type ServerMessage } from './messages';

/** As much of a WebSocket as is used here. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

export interface ConnectionPorts {
  readonly api: Pick<VisitApi, 'join'>;
  readonly clock: Clock;
  openSocket(url: string, protocols: string[]): Socket;
  /** Every valid message apart from `pong` and the answers to requests. */
  message(message: ServerMessage): void;
  /** Open (and `welcome` comes next), or lost. */
  changed(connected: boolean): void;
  ended(ending: Ending): void;
  /** A message that is not one, or out of place. */
  malformed(): void;
  /** The socket's round trip, from ping to pong. */
  roundTrip(ms: number): void;
}

export class RequestError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
    this.name = 'RequestError';
  }
}

type Answer = Extract<ServerMessage, { type: 'ok' | 'answer' }>;

const pingEveryMs = 5_000;
const pongWithinMs = 4_000;
/** After a hint that the network has changed. */
const probeWithinMs = 1_000;
const requestWithinMs = 8_000;
const attemptWithinMs = [2_500, 2_500, 4_000, 6_000];
const retryAfterMs = [0, 250, 500, 1_000];
const maxMalformed = 20;

//  closed     -> [open()]                     -> connecting
//  connecting -> [ticket, then socket open]   -> open
//  connecting -> [refused for good]           -> ended
//  connecting -> [failed, too slow]           -> pausing
//  open       -> [close code that ends]       -> ended
//  open       -> [closed, no pong, malformed] -> pausing (0 ms the first time)
//  pausing    -> [time, retryNow()]           -> connecting
//  any        -> [close()]                    -> closed
type State = 'closed' | 'connecting' | 'open' | 'pausing' | 'ended';

/** The socket of one instance: gets a ticket, opens, notices silence, comes back by itself. */
export class SignalingConnection {
  private state: State = 'closed';
  private socket: Socket | null = null;
  private attempt = 0;
  private failures = 0;
  private nextId = 1;
  private malformedCount = 0;
  private readonly waiting = new Map<number, { done: (a: Answer) => void; failed: (e: RequestError) => void; cancel: () => void }>();
  private cancelTimer: () => void = () => {};
  private cancelPing: () => void = () => {};
  private cancelPong: () => void = () => {};

  constructor(private readonly instance: string, private readonly ports: ConnectionPorts) {}

  get isOpen(): boolean {
    return this.state === 'open';
  }

  open(): void {
    if (this.state === 'closed') this.connect();
  }

  /** The network is said to be back or to have changed. */
  retryNow(): void {
    if (this.state === 'pausing' || this.state === 'connecting') {
      this.failures = 0;
      this.connect();
    } else if (this.state === 'open') {
      this.ping(probeWithinMs);
    }
  }

  /** The socket is open but of no use. */
  restart(): void {
    if (this.state === 'open') this.lost(0);
  }

  /** False when there is no socket to send on. */
  send(message: Record<string, unknown>): boolean {
    if (this.state !== 'open' || this.socket === null) return false;
    try {
      this.socket.send(JSON.stringify(message));
      return true;
    } catch {
      return false;
    }
  }

  /** Sends with an `id` and waits for its answer. Rejects with a coded `RequestError`. */
  request(message: Record<string, unknown>): Promise<Answer> {
    return new Promise((done, failed) => {
      const id = this.nextId;
      this.nextId = id >= 0x7fffffff ? 1 : id + 1;
      const cancel = this.ports.clock.after(requestWithinMs, () => this.settle(id, null, new RequestError('signal.timeout', 'The server did not answer.')));
      this.waiting.set(id, { done, failed, cancel });
      if (!this.send({ ...message, id })) {
        this.settle(id, null, new RequestError('signal.disconnected', 'There is no connection to the server just now.'));
      }
    });
  }

  close(code = 1000): void {
    this.state = 'closed';
    this.drop(code);
  }

  private connect(): void {
    this.drop(1000);
    this.state = 'connecting';
    const attempt = ++this.attempt;
    const limit = attemptWithinMs[Math.min(this.failures, attemptWithinMs.length - 1)]!;
    this.cancelTimer = this.ports.clock.after(limit, () => this.retry(0));
    this.ports.api.join(this.instance).then(
      ticket => {
        if (attempt === this.attempt && this.state === 'connecting') this.openSocket(ticket.socket, ticket.ticket);
      },
      (cause: unknown) => {
        if (attempt === this.attempt && this.state === 'connecting') this.refused(cause);
      },
    );
  }

  private openSocket(url: string, ticket: string): void {
    let socket: Socket;
    try {
      socket = this.ports.openSocket(url, ['wardline.v1', `ticket.${ticket}`]);
    } catch {
      this.retry(0);
      return;
    }
    this.socket = socket;
    const mine = (action: () => void) => (): void => {
      if (this.socket === socket) action();
    };
    socket.onopen = mine(() => this.opened());
    socket.onmessage = event => {
      if (this.socket === socket) this.received(event.data);
    };
    socket.onclose = event => {
      if (this.socket === socket) this.closed(event.code);
    };
  }

  private opened(): void {
    this.cancelTimer();
    this.state = 'open';
    this.malformedCount = 0;
    this.schedulePing();
    this.ports.changed(true);
  }

  private received(data: unknown): void {
    const message = parseServerMessage(data);
    if (message === null) {
      this.ports.malformed();
      if (++this.malformedCount >= maxMalformed) this.lost(0);
      return;
    }
    // The first thing heard after `open` proves the path; only then is the next failure a first one again.
    this.failures = 0;
    if (message.type === 'pong') {
      this.cancelPong();
      const now = this.ports.clock.now();
      if (message.t <= now && now - message.t < 60_000) this.ports.roundTrip(now - message.t);
    } else if (message.type === 'ok' || message.type === 'answer') {
      if (!this.settle(message.re, message, null)) this.ports.malformed();
    } else if (message.type === 'error' && message.re !== null) {
      if (!this.settle(message.re, null, new RequestError(message.code, message.message))) this.ports.malformed();
    } else {
      this.ports.message(message);
    }
  }

  private closed(code: number): void {
    const then = afterClose(code);
    if (this.state === 'open' && then.do === 'end') this.end(then.ending);
    else this.lost(then.do === 'reconnect' ? then.afterMs : 0);
  }

  private refused(cause: unknown): void {
    const ending = cause instanceof ApiError ? endingOfRefusal(cause.code, cause.status) : null;
    if (ending !== null) this.end(ending);
    else this.retry(0);
  }

  private lost(afterMs: number): void {
    const wasOpen = this.state === 'open';
    this.retry(afterMs);
    if (wasOpen) this.ports.changed(false);
  }

  private retry(afterMs: number): void {
    this.drop(1000);
    this.state = 'pausing';
    const delay = Math.max(afterMs, retryAfterMs[Math.min(this.failures, retryAfterMs.length - 1)]!);
    this.failures++;
    this.cancelTimer = this.ports.clock.after(delay, () => this.connect());
  }

  private end(ending: Ending): void {
    this.state = 'ended';
    this.drop(1000);
    this.ports.ended(ending);
  }

  private schedulePing(): void {
    this.cancelPing = this.ports.clock.after(pingEveryMs, () => {
      this.ping(pongWithinMs);
      if (this.state === 'open') this.schedulePing();
    });
  }

  private ping(withinMs: number): void {
    this.cancelPong();
    this.cancelPong = this.ports.clock.after(withinMs, () => this.lost(0));
    this.send({ type: 'ping', t: Math.floor(this.ports.clock.now()) });
  }

  private settle(id: number, answer: Answer | null, error: RequestError | null): boolean {
    const request = this.waiting.get(id);
    if (request === undefined) return false;
    this.waiting.delete(id);
    request.cancel();
    if (answer !== null) request.done(answer);
    else if (error !== null) request.failed(error);
    return true;
  }

  /** Lets go of the socket, the timers and everybody who waits for an answer. */
  private drop(code: number): void {
    this.cancelTimer();
    this.cancelPing();
    this.cancelPong();
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
    for (const id of [...this.waiting.keys()]) {
      this.settle(id, null, new RequestError('signal.disconnected', 'The connection was lost.'));
    }
  }
}

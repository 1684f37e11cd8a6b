import type { JoinTicket } from '../api';
import type { Clock } from '../basics';
import type { Socket } from './connection';

export interface AttemptPorts {
  readonly clock: Clock;
  join(signal: AbortSignal): Promise<JoinTicket>;
  openSocket(url: string, protocols: string[]): Socket;
  opened(socket: Socket): void;
  /** `cause`: what the ticket call threw, or null: too slow, or the socket did not open. */
  failed(cause: unknown): void;
}

//  asking  -> [ticket]                     -> opening
//  asking  -> [refused]                    -> over: failed(cause)
//  opening -> [open]                       -> over: opened(socket)
//  opening -> [closed]                     -> over: failed(null)
//  any     -> [limit]                      -> over: failed(null)
//  any     -> [cancel()]                   -> over, without a word
type State = 'asking' | 'opening' | 'over';

/**
 * One try to get a socket: a ticket of its own, and the one socket that it opens. Says its outcome once. A try that
 * is over leaves nothing behind: its ticket call is aborted, for a call that hangs on a dead connection would hold the
 * next one up, and a socket that is half open is closed.
 */
export class Attempt {
  private state: State = 'asking';
  private socket: Socket | null = null;
  private readonly abort = new AbortController();
  private readonly cancelLimit: () => void;

  constructor(private readonly ports: AttemptPorts, limitMs: number) {
    this.cancelLimit = ports.clock.after(limitMs, () => this.fail(null));
    ports.join(this.abort.signal).then(ticket => this.open(ticket), (cause: unknown) => this.fail(cause));
  }

  /**
   * The socket has been asked for: the server may have put it in the old one's place already, so that there is no way
   * back to the old one.
   */
  get isCommitted(): boolean {
    return this.state === 'opening';
  }

  cancel(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.cancelLimit();
    this.abort.abort();
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    try {
      socket.close(1000);
    } catch {
      // Already gone.
    }
  }

  private open(ticket: JoinTicket): void {
    if (this.state !== 'asking') return;
    this.state = 'opening';
    try {
      const socket = this.ports.openSocket(ticket.socket, ['wardline.v1', `ticket.${ticket.ticket}`]);
      this.socket = socket;
      socket.onopen = () => this.succeed(socket);
      socket.onclose = () => this.fail(null);
    } catch {
      this.fail(null);
    }
  }

  private succeed(socket: Socket): void {
    if (this.state !== 'opening') return;
    this.state = 'over';
    this.cancelLimit();
    socket.onopen = socket.onclose = null;
    this.ports.opened(socket);
  }

  private fail(cause: unknown): void {
    if (this.state === 'over') return;
    this.cancel();
    this.ports.failed(cause);
  }
}

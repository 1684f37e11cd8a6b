import type { Clock } from '../basics';
import type { ServerMessage } from './messages';

export class RequestError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
    this.name = 'RequestError';
  }
}

export type Answer = Extract<ServerMessage, { type: 'ok' | 'answer' }>;

const withinMs = 8_000;

/** Requests that wait for their answer (docs/protocol.md §2: `id` and `re`). */
export class PendingRequests {
  private nextId = 1;
  private readonly waiting = new Map<number, { done: (a: Answer) => void; failed: (e: RequestError) => void; cancel: () => void }>();

  constructor(private readonly clock: Clock) {}

  /** `send`: puts it on the socket, false when there is none. Rejects with a coded `RequestError`. */
  send(send: (id: number) => boolean): Promise<Answer> {
    return new Promise((done, failed) => {
      const id = this.nextId;
      this.nextId = id >= 0x7fffffff ? 1 : id + 1;
      const cancel = this.clock.after(withinMs, () => this.settle(id, new RequestError('signal.timeout', 'The server did not answer.')));
      this.waiting.set(id, { done, failed, cancel });
      if (!send(id)) this.settle(id, new RequestError('signal.disconnected', 'There is no connection to the server just now.'));
    });
  }

  /** False when nobody waits for it. */
  settle(id: number, outcome: Answer | RequestError): boolean {
    const request = this.waiting.get(id);
    if (request === undefined) return false;
    this.waiting.delete(id);
    request.cancel();
    if (outcome instanceof RequestError) request.failed(outcome);
    else request.done(outcome);
    return true;
  }

  rejectAll(): void {
    for (const id of [...this.waiting.keys()]) this.settle(id, new RequestError('signal.disconnected', 'The connection was lost.'));
  }
}

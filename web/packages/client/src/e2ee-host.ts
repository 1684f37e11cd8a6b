import type { Source } from './basics';
import type { E2eeCounters, E2eeState, RosterKeys } from './e2ee/session';
import type { FromWorker, TransformOptions, ToWorker } from './worker/protocol';

/** The page's side of the worker that holds the keys. */
export interface E2eeHost {
  /** Rejects when the worker cannot start. */
  readonly ready: Promise<{ publicKey: string; commitment: string }>;
  setRotation(seconds: number): void;
  setConnected(connected: boolean): void;
  setRoster(you: string, members: readonly RosterKeys[]): void;
  receive(from: string, body: string): void;
  sealSender(sender: RTCRtpSender, source: Source): void;
  openReceiver(receiver: RTCRtpReceiver, slot: number): void;
  bind(slot: number, to: { participant: string; source: Source } | null): void;
  /** What was sealed, opened and dropped so far. */
  counters(): Promise<E2eeCounters>;
  close(): void;
}

export interface E2eeHandlers {
  send(to: string, body: string): void;
  state(state: E2eeState): void;
}

export function startE2eeWorker(visit: string, handlers: E2eeHandlers): E2eeHost {
  const worker = new Worker(new URL('./worker/worker.ts', import.meta.url), { type: 'module', name: 'wardline-e2ee' });
  const post = (message: ToWorker): void => worker.postMessage(message);
  const countersWanted: ((counters: E2eeCounters) => void)[] = [];

  const ready = new Promise<{ publicKey: string; commitment: string }>((resolve, reject) => {
    worker.onerror = event => reject(new Error(event.message || 'The encryption worker could not start.'));
    worker.onmessage = (event: MessageEvent<FromWorker>) => {
      const message = event.data;
      switch (message.type) {
        case 'ready':
          resolve({ publicKey: message.publicKey, commitment: message.commitment });
          break;
        case 'send':
          handlers.send(message.to, message.body);
          break;
        case 'state':
          handlers.state(message.state);
          break;
        case 'counters':
          countersWanted.shift()?.(message.counters);
          break;
        case 'failed':
          reject(new Error(message.message));
          break;
      }
    };
  });
  post({ type: 'start', visit });

  const transform = (options: TransformOptions): RTCRtpScriptTransform => new RTCRtpScriptTransform(worker, options);
  return {
    ready,
    setRotation: seconds => post({ type: 'rotation', seconds }),
    setConnected: connected => post({ type: 'connected', connected }),
    setRoster: (you, members) => post({ type: 'roster', you, members }),
    receive: (from, body) => post({ type: 'message', from, body }),
    sealSender: (sender, source) => {
      sender.transform = transform({ side: 'seal', source });
    },
    openReceiver: (receiver, slot) => {
      receiver.transform = transform({ side: 'open', slot });
    },
    bind: (slot, to) => post({ type: 'bind', slot, to }),
    counters: () => new Promise(resolve => {
      countersWanted.push(resolve);
      post({ type: 'counters' });
    }),
    close: () => worker.terminate(),
  };
}

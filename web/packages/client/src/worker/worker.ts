/// <reference lib="webworker" />
import { toBase64Url, type Bytes } from '../bytes';
import { systemClock } from '../clock';
import type { Opened } from '../e2ee/receiver-keys';
import { E2eeSession } from '../e2ee/session';
import type { Source } from '../basics';
import { InOrder } from './in-order';
import type { FromWorker, ToWorker, TransformOptions } from './protocol';

// The dedicated worker of one instance: the only place where keys exist. The page tells it who is in the call and
// passes sealed messages along; the browser hands it every frame before the packetiser and after the depacketiser.

declare const self: DedicatedWorkerGlobalScope;
type Frame = RTCEncodedVideoFrame | RTCEncodedAudioFrame;
type Binding = { readonly participant: string; readonly source: Source };

const keyFrameEveryMs = 500;
const bindings = new Map<number, Binding>();
let session: E2eeSession | null = null;

function post(message: FromWorker): void {
  self.postMessage(message);
}

async function start(visit: string): Promise<void> {
  session = await E2eeSession.create(visit, {
    clock: systemClock,
    send: (to, body) => post({ type: 'send', to, body }),
    changed: state => post({ type: 'state', state }),
  });
  post({ type: 'ready', publicKey: toBase64Url(session.publicKey), commitment: toBase64Url(session.commitment) });
}

self.onmessage = (event: MessageEvent<ToWorker>): void => {
  const message = event.data;
  switch (message.type) {
    case 'start':
      start(message.visit).catch((cause: unknown) => post({ type: 'failed', message: String(cause) }));
      break;
    case 'rotation':
      session?.setRotation(message.seconds);
      break;
    case 'connected':
      session?.setConnected(message.connected);
      break;
    case 'roster':
      session?.setRoster(message.you, message.members);
      break;
    case 'message':
      session?.receive(message.from, message.body);
      break;
    case 'bind':
      if (message.to === null) bindings.delete(message.slot);
      else bindings.set(message.slot, message.to);
      break;
    case 'counters':
      if (session !== null) post({ type: 'counters', counters: { ...session.counters } });
      break;
  }
};

self.onrtctransform = (event: RTCTransformEvent): void => {
  const { transformer } = event;
  const options = transformer.options as TransformOptions;
  const steps = options.side === 'seal' ? { transform: sealing(options.source) } : opening(options.slot, transformer);
  // The pipe ends with its transceiver; there is nobody to tell.
  transformer.readable.pipeThrough(new TransformStream(steps)).pipeTo(transformer.writable).catch(() => {});
};

type Step = (frame: Frame, controller: TransformStreamDefaultController<Frame>) => Promise<void>;

function sealing(source: Source): Step {
  return async (frame, controller) => {
    const sealed = await session?.seal(source, bytesOf(frame));
    // A frame that cannot be sealed is not sent: there is no path on which it would go out readable.
    if (sealed === null || sealed === undefined) return;
    frame.data = sealed.buffer;
    controller.enqueue(frame);
  };
}

function opening(slot: number, transformer: RTCRtpScriptTransformer): { transform: Step; flush: () => Promise<void> } {
  // Not awaited one by one: a frame whose key is on its way waits, and those behind it are held back with it.
  const order = new InOrder<Opened | undefined>();
  let asked = -Infinity;
  let gap = false;
  const deliver = (frame: Frame, binding: Binding | undefined, result: Opened | undefined, controller: TransformStreamDefaultController<Frame>): void => {
    const bound = bindings.get(slot);
    const isSame = bound !== undefined && bound.participant === binding?.participant && bound.source === binding.source;
    if (!isSame || result === undefined || 'failure' in result) {
      // A frame that came twice (Firefox probes with old packets) leaves no hole.
      gap ||= result === undefined || !('failure' in result) || result.failure !== 'replayed';
      return;
    }
    const opened = result.frame;
    const isVideo = binding.source !== 'microphone';
    // After dropped frames the decoder has nothing to build on until the next key frame.
    if (isVideo && gap && (opened[0]! & 1) === 0) gap = false;
    if (isVideo && gap && systemClock.now() - asked >= keyFrameEveryMs) {
      asked = systemClock.now();
      transformer.sendKeyFrameRequest().catch(() => {});
    }
    frame.data = opened.buffer;
    controller.enqueue(frame);
  };
  return {
    transform: (frame, controller) => {
      const binding = bindings.get(slot);
      const opened = binding === undefined ? undefined : session?.tryOpen(binding.participant, binding.source, bytesOf(frame));
      return order.push(Promise.resolve(opened), result => deliver(frame, binding, result, controller));
    },
    flush: () => order.settled(),
  };
}

function bytesOf(frame: Frame): Bytes {
  return new Uint8Array(frame.data);
}

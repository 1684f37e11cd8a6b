import { VisitApi } from './api';
import type { Clock } from './basics';
import { toBase64Url } from './bytes';
import { systemClock } from './clock';
import { startE2eeWorker, type E2eeHandlers, type E2eeHost } from './e2ee-host';
import type { Socket } from './signaling/connection';

/** `changed`: maybe another path; `shown`: the page is looked at again, perhaps after a sleep. */
export type NetworkHint = 'changed' | 'offline' | 'shown';

/** Everything that a visit touches outside itself. Tests replace it; a page uses `browserEnvironment`. */
export interface Environment {
  readonly clock: Clock;
  readonly api: Pick<VisitApi, 'join' | 'turn'>;
  /** 16 random bytes, base64url: one running copy of a client. */
  createInstance(): string;
  /** 0 … 1, for spreading tries in time; nothing secret is made of it. */
  random(): number;
  openSocket(url: string, protocols: string[]): Socket;
  createPeer(configuration: RTCConfiguration): RTCPeerConnection;
  createStream(track: MediaStreamTrack): MediaStream;
  codecs(kind: 'audio' | 'video'): readonly RTCRtpCodec[];
  startE2ee(handlers: E2eeHandlers): E2eeHost;
  isOffline(): boolean;
  onNetworkHint(listener: (hint: NetworkHint) => void): () => void;
}

export function browserEnvironment(options: { visit: string; person: string; baseUrl?: string; clock?: Clock }): Environment {
  const network = (navigator as Navigator & { connection?: EventTarget & { type?: string } }).connection;
  return {
    clock: options.clock ?? systemClock,
    api: new VisitApi(options.visit, options.person, options.baseUrl),
    createInstance: () => toBase64Url(crypto.getRandomValues(new Uint8Array(16))),
    random: () => Math.random(),
    openSocket: (url, protocols) => new WebSocket(url, protocols) as Socket,
    createPeer: configuration => new RTCPeerConnection(configuration),
    createStream: track => new MediaStream([track]),
    codecs: kind => RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [],
    startE2ee: handlers => startE2eeWorker(options.visit, handlers),
    isOffline: () => !navigator.onLine,
    onNetworkHint(listener) {
      let type = network?.type;
      const stop = new AbortController();
      const listen = (target: EventTarget, name: string, action: () => void): void =>
        target.addEventListener(name, action, { signal: stop.signal });
      listen(globalThis, 'online', () => listener('changed'));
      listen(globalThis, 'offline', () => listener('offline'));
      listen(globalThis, 'pageshow', () => listener('shown'));
      listen(document, 'visibilitychange', () => {
        if (document.visibilityState === 'visible') listener('shown');
      });
      // The event also comes for every new bandwidth guess; only another kind of network is another path.
      if (network !== undefined) {
        listen(network, 'change', () => {
          if (network.type !== type) listener('changed');
          type = network.type;
        });
      }
      return () => stop.abort();
    },
  };
}

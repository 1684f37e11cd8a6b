import type { Clock, Source } from '../basics';
import { RequestError } from '../signaling/connection';

/** The m-sections of an offer, as the server wants them named. */
export interface OfferSections {
  publish: { mid: string; source: Source }[];
  subscribe: { mid: string; participant: string; source: Source }[];
}

export interface NegotiationPorts {
  readonly clock: Clock;
  /** Sends the offer, settles with the answer's SDP or rejects with a `RequestError`. */
  offer(sdp: string, sections: OfferSections): Promise<string>;
  /** Read after the offer is set, when every section has its mid. */
  sections(): OfferSections;
  answered(): void;
  failed(error: RequestError): void;
}

export type NegotiatingPeer = Pick<
  RTCPeerConnection, 'createOffer' | 'setLocalDescription' | 'setRemoteDescription' | 'localDescription' | 'signalingState'
>;

const retryAfterMs = [500, 1_000, 2_000, 4_000, 8_000];

//  idle     -> [want]                    -> offering
//  offering -> [want]                    -> offering, once more afterwards
//  offering -> [answer]                  -> idle, or offering again when wanted meanwhile
//  offering -> [connection lost]         -> idle; the next connection wants again
//  offering -> [refused, bad answer]     -> pausing -> [time] -> offering

/** The client always offers and has at most one offer in flight, so there is no glare to resolve. */
export class Negotiation {
  private wanted = false;
  private restart = false;
  private running = false;
  private failures = 0;
  private closed = false;
  private cancelRetry: () => void = () => {};

  constructor(private readonly peer: NegotiatingPeer, private readonly ports: NegotiationPorts) {}

  /** Something changed that needs an offer; `iceRestart`: also a new path. */
  want(iceRestart = false): void {
    this.wanted = true;
    this.restart ||= iceRestart;
    this.cancelRetry();
    // What changes in one go is offered in one go.
    void Promise.resolve().then(() => this.run());
  }

  close(): void {
    this.closed = true;
    this.cancelRetry();
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      while (this.wanted && !this.closed) await this.once();
    } finally {
      this.running = false;
    }
  }

  private async once(): Promise<void> {
    const restart = this.restart;
    this.wanted = this.restart = false;
    try {
      const description = await this.peer.createOffer({ iceRestart: restart });
      await this.peer.setLocalDescription(description);
      const sdp = this.peer.localDescription?.sdp ?? description.sdp ?? '';
      const answer = await this.ports.offer(sdp, this.ports.sections());
      if (this.closed) return;
      await this.peer.setRemoteDescription({ type: 'answer', sdp: answer });
      this.failures = 0;
      this.ports.answered();
    } catch (cause) {
      await this.failed(cause, restart);
    }
  }

  private async failed(cause: unknown, restart: boolean): Promise<void> {
    if (this.closed) return;
    this.restart ||= restart;
    if (this.peer.signalingState === 'have-local-offer') {
      await this.peer.setLocalDescription({ type: 'rollback' }).catch(() => {});
    }
    const error = cause instanceof RequestError ? cause : new RequestError('media.negotiation', String(cause));
    if (error.code === 'signal.disconnected') return;
    this.ports.failed(error);
    const delay = retryAfterMs[Math.min(this.failures++, retryAfterMs.length - 1)]!;
    this.cancelRetry = this.ports.clock.after(delay, () => this.want());
  }
}

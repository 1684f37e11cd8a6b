import type { Clock, Source } from '../basics';
import type { E2eeHost } from '../e2ee-host';
import type { RequestError } from '../signaling/connection';
import { Negotiation, type OfferSections } from './negotiation';
import { kindOf, ReceiveSlots, type Wanted } from './receive-slots';

export interface PeerPorts {
  readonly clock: Clock;
  readonly e2ee: Pick<E2eeHost, 'sealSender' | 'openReceiver' | 'bind'>;
  createPeer(configuration: RTCConfiguration): RTCPeerConnection;
  createStream(track: MediaStreamTrack): MediaStream;
  /** Codecs that this browser can do, for the order of preference. */
  codecs(kind: 'audio' | 'video'): readonly RTCRtpCodec[];
  offer(sdp: string, sections: OfferSections): Promise<string>;
  negotiationFailed(error: RequestError): void;
  /** Media flows, or does not. */
  changed(): void;
  /** The server has taken an offer: mids are known. */
  negotiated(): void;
}

/** Quarter, half, full: the server forwards one of them to each receiver. */
export const cameraEncodings: readonly RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

/** The one peer connection of an instance: what is sent, what is received, and its negotiation. */
export class MediaPeer {
  readonly connection: RTCPeerConnection;
  private readonly negotiation: Negotiation;
  private readonly slots: ReceiveSlots<RTCRtpTransceiver>;
  private readonly sending: readonly { source: Source; transceiver: RTCRtpTransceiver }[];
  private readonly streams = new Map<number, MediaStream>();

  constructor(iceServers: readonly RTCIceServer[], local: { camera: MediaStreamTrack | null; microphone: MediaStreamTrack | null }, private readonly ports: PeerPorts) {
    const configuration: RTCConfiguration = { bundlePolicy: 'max-bundle', iceServers: [...iceServers] };
    this.connection = ports.createPeer(configuration);
    this.sending = [
      { source: 'microphone', transceiver: this.addSender('microphone', local.microphone) },
      { source: 'camera', transceiver: this.addSender('camera', local.camera) },
    ];
    this.slots = new ReceiveSlots((kind, id) => this.addReceiver(kind, id), transceiver => transceiver.direction !== 'stopped');
    this.negotiation = new Negotiation(this.connection, {
      clock: ports.clock,
      offer: (sdp, sections) => ports.offer(sdp, sections),
      sections: () => this.sections(),
      answered: () => ports.negotiated(),
      failed: error => ports.negotiationFailed(error),
    });
    // What to do about a path that is gone is the stall watch's to say.
    this.connection.onconnectionstatechange = () => ports.changed();
    this.negotiation.want();
  }

  get isConnected(): boolean {
    return this.connection.connectionState === 'connected';
  }

  /** Something was to be offered when the connection broke, or may have been. */
  renegotiate(iceRestart = false): void {
    this.negotiation.want(iceRestart);
  }

  /** Receives exactly these tracks. */
  receive(wanted: readonly Wanted[]): void {
    const { freed, taken } = this.slots.assign(wanted);
    for (const slot of freed) {
      slot.transceiver.direction = 'inactive';
      this.ports.e2ee.bind(slot.id, null);
    }
    for (const slot of taken) {
      slot.transceiver.direction = 'recvonly';
      this.ports.e2ee.bind(slot.id, slot.user);
    }
    if (freed.length + taken.length > 0) this.negotiation.want();
  }

  streamOf(participant: string, source: Source): MediaStream | null {
    const slot = this.slots.find(participant, source);
    if (slot === undefined) return null;
    let stream = this.streams.get(slot.id);
    if (stream === undefined) {
      stream = this.ports.createStream(slot.transceiver.receiver.track);
      this.streams.set(slot.id, stream);
    }
    return stream;
  }

  /** What is received from somebody now. */
  sourcesOf(participant: string): Source[] {
    return this.slots.all.flatMap(s => (s.user?.participant === participant ? [s.user.source] : []));
  }

  midOf(participant: string, source: Source): string | null {
    return this.slots.find(participant, source)?.transceiver.mid ?? null;
  }

  async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const sender = this.sending.find(s => s.source === source)?.transceiver.sender;
    if (sender !== undefined && sender.track !== track) await sender.replaceTrack(track);
  }

  setIceServers(iceServers: readonly RTCIceServer[]): void {
    this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers: [...iceServers] });
  }

  close(): void {
    this.negotiation.close();
    this.connection.onconnectionstatechange = null;
    for (const slot of this.slots.all) this.ports.e2ee.bind(slot.id, null);
    this.connection.close();
  }

  private addSender(source: Source, track: MediaStreamTrack | null): RTCRtpTransceiver {
    const kind = kindOf(source);
    const init: RTCRtpTransceiverInit = { direction: 'sendonly' };
    if (source === 'camera') init.sendEncodings = cameraEncodings.map(e => ({ ...e }));
    const transceiver = this.connection.addTransceiver(track ?? kind, init);
    // Before anything is offered: there is no moment in which a frame could leave unsealed.
    this.ports.e2ee.sealSender(transceiver.sender, source);
    this.preferCodecs(transceiver, kind);
    return transceiver;
  }

  private addReceiver(kind: 'audio' | 'video', slot: number): RTCRtpTransceiver {
    const transceiver = this.connection.addTransceiver(kind, { direction: 'recvonly' });
    this.ports.e2ee.openReceiver(transceiver.receiver, slot);
    this.preferCodecs(transceiver, kind);
    return transceiver;
  }

  /** Only what the server speaks, which also keeps offers small: VP8 with RTX, Opus with RED. */
  private preferCodecs(transceiver: RTCRtpTransceiver, kind: 'audio' | 'video'): void {
    const names = kind === 'video' ? ['video/vp8', 'video/rtx'] : ['audio/opus', 'audio/red'];
    const codecs = names.flatMap(name => this.ports.codecs(kind).filter(c => c.mimeType.toLowerCase() === name));
    if (codecs.length > 0) transceiver.setCodecPreferences([...codecs]);
  }

  private sections(): OfferSections {
    const sections: OfferSections = { publish: [], subscribe: [] };
    for (const { source, transceiver } of this.sending) {
      if (transceiver.mid !== null) sections.publish.push({ mid: transceiver.mid, source });
    }
    for (const { user, transceiver } of this.slots.all) {
      if (user !== null && transceiver.mid !== null) sections.subscribe.push({ mid: transceiver.mid, ...user });
    }
    return sections;
  }
}

import { startE2eeWorker, type E2eeHost } from '../src/e2ee-host';
import type { E2eeState } from '../src/e2ee/session';

// Two members in one page, each with a worker of its own, and two peer connections back to back: what one seals must
// pass the packetiser, the depacketiser and the decoder of the other, and must not decode without keys.

interface Side {
  host: E2eeHost;
  state: E2eeState;
  connection: RTCPeerConnection;
}

export interface Result {
  digits: (string | null)[];
  framesDecoded: number;
  keyFramesDecoded: number;
  /** Seconds. */
  frozen: number;
  audioEnergy: number;
  /** Statistics call RED `audio/opus`; its packets are twice as large. */
  bytesPerSoundPacket: number;
  packetsReceived: number;
  videoWidth: number;
  counters: Awaited<ReturnType<E2eeHost['counters']>>;
  epoch: number;
}

const visit = 'loopback';

async function side(name: string, deliver: (from: string, to: string, body: string) => void): Promise<Side> {
  const made: Partial<Side> & { state: E2eeState } = { state: { secure: [], digits: null, epoch: 0 } };
  made.host = startE2eeWorker(visit, {
    send: (to, body) => deliver(name, to, body),
    state: state => {
      made.state = state;
    },
  });
  made.connection = new RTCPeerConnection();
  await made.host.ready;
  return made as Side;
}

async function run(options: { seconds: number; red: boolean; keys: boolean; rotateSeconds: number }): Promise<Result> {
  const sides = new Map<string, Side>();
  const deliver = (from: string, to: string, body: string): void => sides.get(to)?.host.receive(from, body);
  const ana = await side('ana', deliver);
  const ben = await side('ben', deliver);
  sides.set('ana', ana).set('ben', ben);

  const lines = await Promise.all([...sides].map(async ([participant, s], member) => ({ participant, member, ...(await s.host.ready) })));
  if (options.keys) {
    for (const [name, s] of sides) {
      s.host.setRotation(options.rotateSeconds);
      s.host.setRoster(name, lines);
    }
  } else {
    // Ana seals for herself alone; Ben has no key of hers.
    ana.host.setRoster('ana', lines.slice(0, 1));
  }

  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  for (const track of media.getTracks()) {
    const transceiver = ana.connection.addTransceiver(track, { direction: 'sendonly' });
    ana.host.sealSender(transceiver.sender, track.kind === 'audio' ? 'microphone' : 'camera');
    const names = track.kind === 'video' ? ['video/vp8', 'video/rtx'] : options.red ? ['audio/red', 'audio/opus'] : ['audio/opus'];
    const known = RTCRtpReceiver.getCapabilities(track.kind)!.codecs;
    transceiver.setCodecPreferences(names.flatMap(n => known.filter(c => c.mimeType.toLowerCase() === n)));
  }
  const stream = new MediaStream();
  ben.connection.ontrack = event => {
    const slot = event.track.kind === 'audio' ? 0 : 1;
    ben.host.openReceiver(event.receiver, slot);
    ben.host.bind(slot, { participant: 'ana', source: slot === 0 ? 'microphone' : 'camera' });
    stream.addTrack(event.track);
  };
  ana.connection.onicecandidate = event => void (event.candidate && ben.connection.addIceCandidate(event.candidate));
  ben.connection.onicecandidate = event => void (event.candidate && ana.connection.addIceCandidate(event.candidate));
  await ana.connection.setLocalDescription(await ana.connection.createOffer());
  await ben.connection.setRemoteDescription(ana.connection.localDescription!);
  await ben.connection.setLocalDescription(await ben.connection.createAnswer());
  await ana.connection.setRemoteDescription(ben.connection.localDescription!);
  const video = document.querySelector('video')!;
  video.srcObject = stream;
  video.play().catch(() => {});
  // An element that is not muted is what pulls sound through the decoder.
  const sound = new Audio();
  sound.srcObject = stream;
  sound.play().catch(() => {});

  await new Promise(done => setTimeout(done, options.seconds * 1_000));
  const result: Result = {
    digits: [ana.state.digits, ben.state.digits], framesDecoded: 0, keyFramesDecoded: 0, frozen: 0, audioEnergy: 0,
    bytesPerSoundPacket: 0, packetsReceived: 0, videoWidth: video.videoWidth, counters: await ben.host.counters(), epoch: ana.state.epoch,
  };
  const report = [...(await ben.connection.getStats()).values()] as Record<string, unknown>[];
  for (const stat of report) {
    if (stat['type'] !== 'inbound-rtp') continue;
    result.packetsReceived += Number(stat['packetsReceived'] ?? 0);
    if (stat['kind'] === 'video') {
      result.framesDecoded = Number(stat['framesDecoded'] ?? 0);
      result.keyFramesDecoded = Number(stat['keyFramesDecoded'] ?? 0);
      result.frozen = Number(stat['totalFreezesDuration'] ?? 0);
    } else {
      result.audioEnergy = Number(stat['totalAudioEnergy'] ?? 0);
    }
  }
  for (const stat of (await ana.connection.getStats()).values() as Iterable<Record<string, unknown>>) {
    if (stat['type'] === 'outbound-rtp' && stat['kind'] === 'audio') result.bytesPerSoundPacket = Number(stat['bytesSent']) / Number(stat['packetsSent']);
  }
  for (const { host, connection } of sides.values()) {
    connection.close();
    host.close();
  }
  for (const track of media.getTracks()) track.stop();
  return result;
}

Object.assign(globalThis, { runLoopback: run });

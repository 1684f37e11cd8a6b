// A client written from docs/protocol.md alone: signaling by hand, media by node-datachannel (libdatachannel), a WebRTC
// stack that nobody here wrote. It answers what it hears and sees by sending it back (an echo), so that a browser on
// the other side gets real, decodable media.
import { randomBytes } from 'node:crypto';
import https from 'node:https';
import datachannel from 'node-datachannel';
import WebSocket from 'ws';

const trustAnyone = new https.Agent({ rejectUnauthorized: false });

export function call(method, url, { body, headers = {} } = {}) {
  return new Promise((done, fail) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = https.request(url, {
      method, agent: trustAnyone,
      headers: { ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}), ...headers },
    }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const raw = Buffer.concat(parts).toString();
        let json = null;
        try { json = raw ? JSON.parse(raw) : null; } catch { /* not JSON */ }
        done({ status: response.statusCode, headers: response.headers, json, raw });
      });
    });
    request.on('error', fail);
    request.end(text);
  });
}

/** Link → cookie → ticket → open socket with its welcome read. */
export async function enter(link, { instance = randomBytes(16).toString('base64url') } = {}) {
  const url = new URL(link);
  const visit = url.pathname.split('/').pop();
  const secret = url.hash.replace(/^#(k=)?/, '');
  const exchange = await call('POST', `${url.origin}/api/identity/link`, { body: { visit, secret } });
  if (exchange.status !== 200) throw new Error(`link: ${exchange.status} ${exchange.raw}`);
  const person = exchange.json.person.id;
  const cookie = exchange.headers['set-cookie'].map((c) => c.split(';')[0]).join('; ');
  const headers = { cookie, 'wardline-person': person };
  const join = await call('POST', `${url.origin}/api/visits/${visit}/join`, { body: { instance }, headers });
  if (join.status !== 200) throw new Error(`join: ${join.status} ${join.raw}`);

  const socket = new WebSocket(join.json.socket, ['wardline.v1', `ticket.${join.json.ticket}`], { rejectUnauthorized: false });
  const session = new Signaling(socket, { origin: url.origin, visit, person, headers, instance, ticket: join.json.ticket, url: join.json.socket });
  await new Promise((done, fail) => {
    socket.once('open', done);
    socket.once('error', fail);
    socket.once('unexpected-response', (_, response) => fail(new Error(`socket: ${response.statusCode}`)));
  });
  session.welcome = await session.next('welcome');
  return session;
}

export class Signaling {
  #waiting = [];
  #nextId = 1;
  messages = [];
  closed = null;

  constructor(socket, facts) {
    Object.assign(this, facts, { socket });
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString());
      this.messages.push(message);
      this.#waiting = this.#waiting.filter(({ wants, done }) => !(wants(message) && (done(message), true)));
    });
    socket.on('close', (code) => { this.closed = code; });
    this.pings = setInterval(() => this.send({ type: 'ping', t: Date.now() }), 5000);
    socket.once('close', () => clearInterval(this.pings));
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  next(wanted, { within = 15_000 } = {}) {
    const wants = typeof wanted === 'function' ? wanted : (message) => message.type === wanted;
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no ${wanted} within ${within} ms; got ${this.messages.map((m) => m.type)}`)), within);
      this.#waiting.push({ wants, done: (message) => { clearTimeout(timer); done(message); } });
    });
  }

  /** Sends a request and resolves with its `ok`, `answer` or `error`. */
  request(message) {
    const id = this.#nextId++;
    const answer = this.next((m) => m.re === id);
    this.send({ ...message, id });
    return answer;
  }

  latest(type) { return this.messages.findLast((message) => message.type === type); }

  close() { clearInterval(this.pings); this.socket.close(); }
}

const videoType = 96;
const audioType = 111;

/** Publishes one microphone and one camera, receives one of each from `from`, and sends back what it gets. */
export class EchoPeer {
  received = { video: 0, audio: 0 };

  constructor(signaling) {
    this.signaling = signaling;
    this.connection = new datachannel.PeerConnection('echo', { iceServers: [], disableAutoNegotiation: true });
    this.states = [];
    this.connection.onStateChange((state) => this.states.push(state));
    const video = (mid, direction) => { const v = new datachannel.Video(mid, direction); v.addVP8Codec(videoType); return v; };
    const audio = (mid, direction) => { const a = new datachannel.Audio(mid, direction); a.addOpusCodec(audioType); return a; };
    const sending = [audio('0', 'SendOnly'), video('1', 'SendOnly')];
    sending[0].addSSRC(0x0a0a0a0a, 'echo');
    sending[1].addSSRC(0x0b0b0b0b, 'echo');
    [this.audioOut, this.videoOut] = sending.map((media) => this.connection.addTrack(media));
    [this.audioIn, this.videoIn] = [audio('2', 'RecvOnly'), video('3', 'RecvOnly')].map((media) => this.connection.addTrack(media));
    this.audioIn.onMessage((packet) => this.#echo('audio', packet, this.audioOut, audioType, 0x0a0a0a0a));
    this.videoIn.onMessage((packet) => this.#echo('video', packet, this.videoOut, videoType, 0x0b0b0b0b));
  }

  async connect(from) {
    const offered = new Promise((done) => this.connection.onLocalDescription((sdp) => done(sdp)));
    this.connection.setLocalDescription('offer');
    const sdp = await offered;
    const answer = await this.signaling.request({
      type: 'offer', sdp,
      publish: [{ mid: '0', source: 'microphone' }, { mid: '1', source: 'camera' }],
      subscribe: [{ mid: '2', participant: from, source: 'microphone' }, { mid: '3', participant: from, source: 'camera' }],
    });
    if (answer.type !== 'answer') throw new Error(JSON.stringify(answer));
    this.connection.setRemoteDescription(answer.sdp, 'answer');
  }

  #echo(kind, packet, track, payloadType, ssrc) {
    const type = packet[1] & 0x7f;
    if (type >= 64 && type < 96) return; // RTCP on the same port (RFC 5761 §4)
    if (type !== payloadType) return;
    this.received[kind]++;
    // The extensions belong to the path that the packet came on; they are left out on the way back.
    const csrcs = (packet[0] & 0x0f) * 4;
    let start = 12 + csrcs;
    if (packet[0] & 0x10) start += 4 + packet.readUInt16BE(start + 2) * 4;
    const copy = Buffer.concat([packet.subarray(0, 12), packet.subarray(start)]);
    copy[0] = 0x80 | (packet[0] & 0x20);
    copy[1] = (packet[1] & 0x80) | payloadType;
    copy.writeUInt32BE(ssrc, 8);
    if (track.isOpen()) track.sendMessageBinary(copy);
  }

  close() { this.connection.close(); datachannel.cleanup(); }
}

// Captures: what crossed the wire and what the SFU saw, and the VP8 frames in it.
import { readFileSync } from 'node:fs';

/** UDP payloads of a little-endian pcap of LINKTYPE_RAW, EN10MB or LINUX_SLL2. */
export function udpPayloads(file) {
  const data = readFileSync(file);
  if (data.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`${file} is not a pcap of this machine's byte order`);
  const skip = { 101: 0, 1: 14, 276: 20 }[data.readUInt32LE(20)];
  if (skip === undefined) throw new Error(`link type ${data.readUInt32LE(20)}`);
  const payloads = [];
  for (let at = 24; at + 16 <= data.length;) {
    const length = data.readUInt32LE(at + 8);
    const packet = data.subarray(at + 16 + skip, at + 16 + length);
    at += 16 + length;
    if (packet.length < 28 || packet[0] >> 4 !== 4 || packet[9] !== 17) continue;
    payloads.push(packet.subarray((packet[0] & 15) * 4 + 8));
  }
  return payloads;
}

export function rtp(packet) {
  if (packet.length < 12 || packet[0] >> 6 !== 2 || (packet[1] >= 192 && packet[1] <= 223)) return null;
  let start = 12 + (packet[0] & 15) * 4;
  if (packet[0] & 0x10) start += 4 + packet.readUInt16BE(start + 2) * 4;
  const end = packet.length - (packet[0] & 0x20 ? packet[packet.length - 1] : 0);
  return {
    type: packet[1] & 0x7f, marker: packet[1] >> 7, sequence: packet.readUInt16BE(2), timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8), payload: packet.subarray(start, Math.max(start, end)),
  };
}

/** Whole VP8 frames (RFC 7741) of one stream, in order; frames with a missing packet are left out. */
export function vp8Frames(packets) {
  const frames = [];
  let current = null;
  for (const packet of [...packets].sort((a, b) => ((a.sequence - packets[0].sequence + 0x18000) & 0xffff) - ((b.sequence - packets[0].sequence + 0x18000) & 0xffff))) {
    const { payload } = packet;
    if (payload.length < 2) continue;
    let at = 1;
    if (payload[0] & 0x80) {
      const extension = payload[at++];
      if (extension & 0x80) at += payload[at] & 0x80 ? 2 : 1;
      if (extension & 0x40) at++;
      if (extension & 0x30) at++;
    }
    const starts = (payload[0] & 0x17) === 0x10;
    if (starts) current = { timestamp: packet.timestamp, next: packet.sequence, parts: [] };
    if (!current || current.timestamp !== packet.timestamp || current.next !== packet.sequence) { current = null; continue; }
    current.parts.push(payload.subarray(at));
    current.next = (packet.sequence + 1) & 0xffff;
    if (packet.marker) {
      const data = Buffer.concat(current.parts);
      frames.push({ data, key: (data[0] & 1) === 0, timestamp: current.timestamp });
      current = null;
    }
  }
  return frames;
}

/** Bits of information a byte, 0 … 8. */
export function entropy(buffers) {
  const counts = new Float64Array(256);
  let total = 0;
  for (const buffer of buffers) for (const byte of buffer) { counts[byte]++; total++; }
  return -counts.reduce((sum, n) => n ? sum + (n / total) * Math.log2(n / total) : sum, 0);
}

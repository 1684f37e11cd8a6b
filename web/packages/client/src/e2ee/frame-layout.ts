import type { Source } from '../basics';
import { concat, type Bytes } from '../bytes';

// A sealed frame, as it goes into the packetiser:
//
//   video   clear (10 bytes of a key frame, 3 of any other) ‖ SFrame header ‖ ciphertext ‖ tag
//   audio   SFrame header ‖ ciphertext ‖ tag
//
// The clear bytes are the VP8 frame tag and, in a key frame, start code and size (RFC 6386 §9.1): the SFU and the
// receiver's depacketiser read them. They and the source are the SFrame metadata, so nobody can change them, and a
// camera's frame does not open as a screen's.

const sourceCodes: Record<Source, number> = { microphone: 1, camera: 2, screen: 3 };

/** How many bytes of this frame stay readable; null when it is too short to be a frame of its kind. */
export function clearBytes(source: Source, frame: Uint8Array): number | null {
  if (source === 'microphone') return 0;
  const first = frame[0];
  if (first === undefined) return null;
  // RFC 6386 §9.1: the lowest bit is 0 in a key frame.
  const clear = (first & 1) === 0 ? 10 : 3;
  return frame.length < clear ? null : clear;
}

export function metadataOf(source: Source, clear: Uint8Array): Bytes {
  return concat(new Uint8Array([sourceCodes[source]]), clear);
}

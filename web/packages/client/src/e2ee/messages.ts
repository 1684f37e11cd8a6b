import { concat, fromBase64Url, toBase64Url, uint32, type Bytes } from '../bytes';

// The body of an `e2ee` message is base64url of:
//
//   byte 0     version, 1
//   byte 1     type
//   key    1   epoch (4) ‖ nonce (12) ‖ sealed base key (32) ‖ tag (16)
//   ack    2   epoch (4) ‖ nonce (12) ‖ tag (16)
//   commit 3   flags (1; bit 0: send yours again) ‖ n (1) ‖ n member numbers, ascending ‖ commitment (32)
//   reveal 4   n (1) ‖ n member numbers, ascending ‖ nonce (32)

const version = 1;
export const maxMembers = 32;

export type E2eeMessage =
  | { readonly type: 'key' | 'ack'; readonly epoch: number; readonly sealed: Bytes }
  | { readonly type: 'commit'; readonly again: boolean; readonly members: Bytes; readonly value: Bytes }
  | { readonly type: 'reveal'; readonly members: Bytes; readonly value: Bytes };

export function encode(message: E2eeMessage): string {
  switch (message.type) {
    case 'key':
    case 'ack':
      return body(message.type === 'key' ? 1 : 2, uint32(message.epoch), message.sealed);
    case 'commit':
      return body(3, byte(message.again ? 1 : 0), byte(message.members.length), message.members, message.value);
    case 'reveal':
      return body(4, byte(message.members.length), message.members, message.value);
  }
}

/** Null for anything that is not exactly such a message. Never throws. */
export function decode(bodyText: string): E2eeMessage | null {
  if (bodyText.length > 8192) return null;
  const bytes = fromBase64Url(bodyText);
  if (bytes === null || bytes[0] !== version) return null;
  switch (bytes[1]) {
    case 1:
      return bytes.length === 66 ? { type: 'key', epoch: epochOf(bytes), sealed: bytes.slice(6) } : null;
    case 2:
      return bytes.length === 34 ? { type: 'ack', epoch: epochOf(bytes), sealed: bytes.slice(6) } : null;
    case 3: {
      const rest = round(bytes, 3);
      return rest === null ? null : { type: 'commit', again: (bytes[2]! & 1) === 1, ...rest };
    }
    case 4: {
      const rest = round(bytes, 2);
      return rest === null ? null : { type: 'reveal', ...rest };
    }
    default:
      return null;
  }
}

function round(bytes: Bytes, at: number): { members: Bytes; value: Bytes } | null {
  const count = bytes[at];
  if (count === undefined || count < 2 || count > maxMembers || bytes.length !== at + 1 + count + 32) return null;
  const members = bytes.slice(at + 1, at + 1 + count);
  for (let i = 1; i < count; i++) if (members[i]! <= members[i - 1]!) return null;
  return { members, value: bytes.slice(at + 1 + count) };
}

function epochOf(bytes: Bytes): number {
  return new DataView(bytes.buffer).getUint32(2);
}

function body(type: number, ...parts: Bytes[]): string {
  return toBase64Url(concat(byte(version), byte(type), ...parts));
}

function byte(value: number): Bytes {
  return new Uint8Array([value]);
}

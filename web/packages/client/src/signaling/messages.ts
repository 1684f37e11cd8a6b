import type { Role, Source } from '../basics';

/** What the server says (docs/protocol.md §2), checked: nothing else of it is ever looked at. */
export type ServerMessage =
  | { type: 'welcome'; you: { participant: string; name: string; role: Role }; visitType: string; resumed: boolean; rotateSeconds: number; profile: string }
  | { type: 'state'; state: 'waiting' | 'in-call' }
  | { type: 'roster'; version: number; participants: RosterEntry[] }
  | { type: 'answer'; re: number; sdp: string }
  | { type: 'ok'; re: number }
  | { type: 'renegotiate'; reason: string }
  | { type: 'e2ee'; from: string; body: string }
  | { type: 'quality'; level: 'good' | 'fair' | 'poor'; estimateKbps: number | null; lossPercent: number | null }
  | { type: 'idle-warning'; secondsLeft: number }
  | { type: 'idle-cleared' }
  | { type: 'pong'; t: number }
  | { type: 'error'; re: number | null; code: string; message: string };

export interface RosterEntry {
  participant: string;
  name: string;
  role: Role;
  state: 'waiting' | 'in-call' | 'away';
  e2ee: { member: number; publicKey: string; commitment: string } | null;
  tracks: { source: Source; on: boolean }[];
}

/** Longer than anything the protocol can say: 12 participants and the largest answer fit many times. */
export const maxMessageChars = 1 << 20;
const maxParticipants = 64;
const maxTracks = 8;

const roles: readonly Role[] = ['clinician', 'patient', 'interpreter', 'family'];
const sources: readonly Source[] = ['microphone', 'camera', 'screen'];
const levels = ['good', 'fair', 'poor'] as const;
const states = ['waiting', 'in-call', 'away'] as const;

/** The message, or null when it is none of these. Never throws, whatever a hostile server sends. */
export function parseServerMessage(data: unknown): ServerMessage | null {
  if (typeof data !== 'string' || data.length > maxMessageChars) return null;
  try {
    return read(new Fields(JSON.parse(data)));
  } catch {
    return null;
  }
}

function read(m: Fields): ServerMessage {
  const type = m.text('type', 40);
  switch (type) {
    case 'welcome': {
      if (m.integer('protocol') !== 1) throw new Malformed();
      const you = m.object('you');
      return {
        type, you: { participant: you.text('participant', 128), name: you.text('name', 512), role: you.one('role', roles) },
        visitType: m.object('visit').textOr('type', ''), resumed: m.flag('resumed'),
        rotateSeconds: Math.min(86_400, Math.max(1, m.object('e2ee').number('rotateSeconds'))), profile: m.textOr('profile', ''),
      };
    }
    case 'state':
      return { type, state: m.one('state', ['waiting', 'in-call'] as const) };
    case 'roster':
      return { type, version: m.integer('version'), participants: m.list('participants', maxParticipants).map(entry) };
    case 'answer':
      return { type, re: m.integer('re'), sdp: m.text('sdp', maxMessageChars) };
    case 'ok':
      return { type, re: m.integer('re') };
    case 'renegotiate':
      return { type, reason: m.textOr('reason', '') };
    case 'e2ee':
      return { type, from: m.text('from', 128), body: m.text('body', 8192) };
    case 'quality':
      return { type, level: m.one('level', levels), estimateKbps: m.numberOrNull('estimateKbps'), lossPercent: m.numberOrNull('lossPercent') };
    case 'idle-warning':
      return { type, secondsLeft: Math.min(3600, Math.max(0, Math.ceil(m.number('secondsLeft')))) };
    case 'idle-cleared':
      return { type };
    case 'pong':
      return { type, t: m.number('t') };
    case 'error':
      return { type, re: m.has('re') ? m.integer('re') : null, code: m.text('code', 100), message: m.textOr('message', '') };
    default:
      throw new Malformed();
  }
}

function entry(e: Fields): RosterEntry {
  const keys = e.has('e2ee') ? e.object('e2ee') : null;
  return {
    participant: e.text('participant', 128), name: e.text('name', 512), role: e.one('role', roles), state: e.one('state', states),
    e2ee: keys === null ? null : { member: keys.integer('member'), publicKey: keys.text('publicKey', 100), commitment: keys.text('commitment', 64) },
    tracks: e.has('tracks') ? e.list('tracks', maxTracks).map(t => ({ source: t.one('source', sources), on: t.flag('on') })) : [],
  };
}

class Malformed extends Error {}

/** Typed access to an object from outside; the wrong shape ends in `Malformed`, caught above. */
class Fields {
  private readonly value: Record<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed();
    this.value = value as Record<string, unknown>;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.value, name) && this.value[name] !== null && this.value[name] !== undefined;
  }

  text(name: string, maxLength: number): string {
    const value = this.own(name);
    if (typeof value !== 'string' || value.length > maxLength) throw new Malformed();
    return value;
  }

  textOr(name: string, otherwise: string): string {
    return this.has(name) ? this.text(name, 4096) : otherwise;
  }

  number(name: string): number {
    const value = this.own(name);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Malformed();
    return value;
  }

  numberOrNull(name: string): number | null {
    return this.has(name) ? this.number(name) : null;
  }

  integer(name: string): number {
    const value = this.number(name);
    if (!Number.isSafeInteger(value)) throw new Malformed();
    return value;
  }

  flag(name: string): boolean {
    const value = this.own(name);
    if (typeof value !== 'boolean') throw new Malformed();
    return value;
  }

  one<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.own(name);
    const found = allowed.find(a => a === value);
    if (found === undefined) throw new Malformed();
    return found;
  }

  object(name: string): Fields {
    return new Fields(this.own(name));
  }

  list(name: string, maxLength: number): Fields[] {
    const value = this.own(name);
    if (!Array.isArray(value) || value.length > maxLength) throw new Malformed();
    return value.map(v => new Fields(v));
  }

  private own(name: string): unknown {
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined;
  }
}

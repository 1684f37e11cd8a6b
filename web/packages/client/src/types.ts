/** What a page sees of a visit. Everything here is plain data: render it, never change it. */

import type { Role } from './basics';

export type { Clock, Role, Source } from './basics';

/** The answer to a visit link (docs/protocol.md §1). */
export interface LinkExchange {
  person: { id: string; name: string; role: Role };
  visit: string;
}

export interface VisitInfo {
  id: string;
  type: string;
  status: 'scheduled' | 'open' | 'ended';
  /** RFC 3339, UTC. */
  startsAt: string;
  people: readonly { name: string; role: Role }[];
  you: { id: string; name: string; role: Role };
  e2ee: { required: boolean };
}

/** What this browser lacks for a sealed call; `missing` holds names such as `RTCRtpScriptTransform`. */
export interface Support {
  supported: boolean;
  missing: string[];
}

export interface ParticipantView {
  id: string;
  name: string;
  role: Role;
  state: 'waiting' | 'in-call' | 'away';
  isYou: boolean;
  microphoneOn: boolean;
  cameraOn: boolean;
  cameraStream: MediaStream | null;
  microphoneStream: MediaStream | null;
  /** Keys are in place in both directions: what they send can be opened, what you send can be opened by them. */
  secure: boolean;
}

export interface Quality {
  level: 'good' | 'fair' | 'poor' | 'unknown';
  roundTripMs: number | null;
  estimateKbps: number | null;
  lossPercent: number | null;
  /** One value a second for the last minute, 0 (nothing gets through) to 1 (good); oldest first. */
  history: readonly number[];
}

export interface Ending {
  reason: 'left' | 'removed' | 'ended' | 'idle' | 'replaced' | 'error';
  code: string | null;
  /** Whether joining again makes sense. */
  mayReturn: boolean;
}

export interface VisitSnapshot {
  phase: 'idle' | 'joining' | 'waiting' | 'in-call' | 'ended';
  connection: 'connected' | 'reconnecting' | 'offline';
  you: { participant: string; name: string; role: Role } | null;
  /** Everybody, you included (first). */
  participants: readonly ParticipantView[];
  /** Six digits in two groups, "284 913"; null while they are being agreed on or when nobody else is in the call. */
  code: { digits: string | null };
  quality: Quality;
  idleSecondsLeft: number | null;
  ending: Ending | null;
  /** The last problem that is worth showing; it does not end the visit. */
  error: { code: string; message: string } | null;
}

/** A call of the HTTP interface was refused, or could not be made (`code` is then `network.unreachable`). */
export class ApiError extends Error {
  constructor(readonly code: string, readonly status: number, message: string) {
    super(message);
    this.name = 'ApiError';
  }
}

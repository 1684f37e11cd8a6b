import type { E2eeCounters, E2eeState, RosterKeys } from '../e2ee/session';
import type { Source } from '../basics';

/** Page → worker. No key is in any of these, in either direction. */
export type ToWorker =
  | { readonly type: 'start'; readonly visit: string }
  | { readonly type: 'rotation'; readonly seconds: number }
  | { readonly type: 'connected'; readonly connected: boolean }
  | { readonly type: 'roster'; readonly you: string; readonly members: readonly RosterKeys[] }
  | { readonly type: 'message'; readonly from: string; readonly body: string }
  /** Whose frames arrive on a receiver; null: nobody's, and all are dropped. */
  | { readonly type: 'bind'; readonly slot: number; readonly to: { readonly participant: string; readonly source: Source } | null }
  | { readonly type: 'counters' };

/** Worker → page. */
export type FromWorker =
  | { readonly type: 'ready'; readonly publicKey: string; readonly commitment: string }
  | { readonly type: 'send'; readonly to: string; readonly body: string }
  | { readonly type: 'state'; readonly state: E2eeState }
  | { readonly type: 'counters'; readonly counters: E2eeCounters }
  | { readonly type: 'failed'; readonly message: string };

/** Options of an RTCRtpScriptTransform. */
export type TransformOptions =
  | { readonly side: 'seal'; readonly source: Source }
  | { readonly side: 'open'; readonly slot: number };

import type { Ending } from '../types';

/** What to do when the socket has closed (docs/protocol.md, close codes). */
export type AfterClose =
  | { readonly do: 'reconnect'; readonly afterMs: number }
  | { readonly do: 'end'; readonly ending: Ending };

export function afterClose(code: number): AfterClose {
  switch (code) {
    case 1000:
      return end('left', null, true);
    case 4001:
      return end('replaced', 'signal.replaced', true);
    case 4002:
      return end('removed', 'signal.removed', false);
    case 4003:
      return end('ended', 'visit.ended', false);
    case 4004:
      return end('idle', 'visit.idle', true);
    case 4005:
      return end('error', 'signal.protocol-error', true);
    case 4006:
      return { do: 'reconnect', afterMs: 10_000 };
    default:
      // 1001, 1006, 1009, 4007, 4008 and whatever else: the network or the server had a problem, not the visit.
      return { do: 'reconnect', afterMs: 0 };
  }
}

/** The server closes everybody's socket at this moment: not all of them may come back in the next one. */
export function isGoingAway(code: number): boolean {
  return code === 1001;
}

/** Refusals of `join` that trying again does not change; null: try again. */
export function endingOfRefusal(code: string, status: number): Ending | null {
  if (code === 'visit.ended') return { reason: 'ended', code, mayReturn: false };
  if (code === 'visit.not-invited') return { reason: 'removed', code, mayReturn: false };
  if (status === 0 || status === 408 || status === 429 || status >= 500) return null;
  return { reason: 'error', code, mayReturn: status !== 404 };
}

function end(reason: Ending['reason'], code: string | null, mayReturn: boolean): AfterClose {
  return { do: 'end', ending: { reason, code, mayReturn } };
}

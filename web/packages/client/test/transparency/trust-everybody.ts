import type { KeyTrust, TrustHandlers } from '../../src/transparency/key-trust';

/** For tests of what comes after trust: whoever is in the roster is a member. */
export function trustEverybody(): KeyTrust & { handlers: TrustHandlers | null } {
  return {
    handlers: null,
    attach(handlers) {
      this.handlers = handlers;
    },
    admit: (_you, lines) => Promise.resolve(lines),
    verdict: { refused: [], alarm: null },
    awaits: () => false,
    hear: () => {},
    setConnected: () => {},
    close: () => {},
  };
}

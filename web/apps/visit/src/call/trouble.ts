import type { Words } from '../words';

/** What to do about an error that the client reports during a visit. The code itself is always shown beside it. */
export function troubleText(code: string, words: Words): string {
  const known = words.trouble;
  if (code === 'signal.rate' || code === 'signal.not-allowed' || code === 'signal.unknown-participant') return known[code];
  if (code === 'signal.disconnected' || code === 'signal.timeout') return known['signal.disconnected'];
  if (code.startsWith('e2ee.')) return known.e2ee;
  if (code.startsWith('sdp.') || code.startsWith('media.')) return known.sdp;
  return known.other;
}

/** The parts of a page address that we read. Nothing of it is ever sent anywhere but the visit's id. */
export interface Address {
  pathname: string;
  search: string;
  hash: string;
}

/** `/visit/{id}`; null for any other path. */
export function visitOf(pathname: string): string | null {
  const match = /^\/visit\/([^/]+)\/?$/.exec(pathname);
  if (match?.[1] === undefined) return null;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return null;
  }
}

/**
 * Takes the secret out of the address bar. It is gone from the address and from this entry of the history before
 * anything else happens, so a screenshot, a shared address or a later reload does not carry it.
 */
export function takeSecret(address: Address, history: Pick<History, 'replaceState'>): string | null {
  if (address.hash.length <= 1) return null;
  const secret = address.hash.slice(1);
  history.replaceState(null, '', address.pathname + address.search);
  return secret;
}

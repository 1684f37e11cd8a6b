import { Store } from '@wardline/ui/plain';

/** Where one is in the pages. Filters stand behind the #, which no browser sends to a server. */
export type Route =
  | { at: 'audit'; query: string }
  | { at: 'entry'; index: number }
  | { at: 'visit'; visit: string }
  | { at: 'integrity' }
  | { at: 'keys' }
  | { at: 'home' }
  | { at: 'unknown' };

export interface Address {
  pathname: string;
  hash: string;
}

const root = '/admin';

export function routeOf({ pathname, hash }: Address): Route {
  const path = pathname.replace(/\/+$/, '');
  if (path === root) return { at: 'home' };
  if (path === `${root}/audit`) return { at: 'audit', query: hash.slice(1) };
  if (path === `${root}/integrity`) return { at: 'integrity' };
  if (path === `${root}/keys`) return { at: 'keys' };
  const [, kind, id] = /^\/admin\/(entries|visits)\/([A-Za-z0-9_-]{1,64})$/.exec(path) ?? [];
  if (kind === 'visits' && id !== undefined) return { at: 'visit', visit: id };
  if (kind === 'entries' && id !== undefined && /^\d{1,15}$/.test(id)) return { at: 'entry', index: Number(id) };
  return { at: 'unknown' };
}

export function hrefOf(route: Exclude<Route, { at: 'unknown' }>): string {
  switch (route.at) {
    case 'home': return `${root}/`;
    case 'audit': return `${root}/audit${route.query === '' ? '' : `#${route.query}`}`;
    case 'entry': return `${root}/entries/${route.index}`;
    case 'visit': return `${root}/visits/${route.visit}`;
    case 'integrity':
    case 'keys': return `${root}/${route.at}`;
  }
}

/**
 * The secret of a sign-in link, which stands behind the # of the first page and nowhere else. It is gone from the address
 * and from the history before anything else runs.
 */
export function takeSecret(address: Address, history: Pick<History, 'replaceState'>): string | null {
  if (address.hash.length <= 1 || address.pathname.replace(/\/+$/, '') !== root) return null;
  const secret = address.hash.slice(1);
  history.replaceState(null, '', `${root}/`);
  return secret;
}

export interface Ways {
  location: () => Address;
  history: Pick<History, 'pushState' | 'replaceState'>;
}

/** The address as a value; the browser's own back and forward lead through it. */
export class Router {
  readonly state: Store<Route>;

  constructor(private readonly ways: Ways) {
    this.state = new Store(routeOf(ways.location()));
  }

  /** After `popstate` or `hashchange`. */
  moved(): void {
    this.state.set(routeOf(this.ways.location()));
  }

  go(route: Exclude<Route, { at: 'unknown' }>, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') this.ways.history.pushState(null, '', hrefOf(route));
    else this.ways.history.replaceState(null, '', hrefOf(route));
    this.state.set(route);
  }
}

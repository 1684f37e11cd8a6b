import { personHeader } from './basics';
import { ApiError, type LinkExchange, type VisitInfo } from './types';

export interface JoinTicket {
  ticket: string;
  expiresInSeconds: number;
  socket: string;
}

export interface TurnAnswer {
  iceServers: RTCIceServer[];
  expiresInSeconds: number;
}

/** The HTTP calls of one person on one visit. */
export class VisitApi {
  constructor(
    private readonly visit: string,
    private readonly person: string,
    private readonly baseUrl = '',
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  load(): Promise<VisitInfo> {
    return this.call<VisitInfo>('GET', '');
  }

  /** `signal`: nobody waits for the answer any more. */
  join(instance: string, signal?: AbortSignal): Promise<JoinTicket> {
    return this.call<JoinTicket>('POST', '/join', { instance }, signal);
  }

  turn(reason: 'join' | 'restart' | 'refresh'): Promise<TurnAnswer> {
    return this.call<TurnAnswer>('POST', '/turn', { reason });
  }

  private call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const url = `${this.baseUrl}/api/visits/${encodeURIComponent(this.visit)}${path}`;
    return send<T>(this.fetcher, url, method, { [personHeader]: this.person }, body, signal);
  }
}

/** Exchanges the secret of a visit link for this browser's cookie. Throws `ApiError` `identity.link-refused`. */
export function exchangeLink(visit: string, secret: string, baseUrl = ''): Promise<LinkExchange> {
  return send<LinkExchange>((i, o) => fetch(i, o), `${baseUrl}/api/identity/link`, 'POST', {}, { visit, secret });
}

/** This browser is that person no longer; the link leads back. Throws `ApiError`. */
export async function signOut(person: string, baseUrl = '', fetcher: typeof fetch = (input, init) => fetch(input, init)): Promise<void> {
  await send<Record<string, unknown>>(fetcher, `${baseUrl}/api/identity/session`, 'DELETE', { [personHeader]: person }, undefined);
}

/** What is known of a visit before it is joined. Throws `ApiError`. */
export function loadVisit(visit: string, person: string, baseUrl = ''): Promise<VisitInfo> {
  return new VisitApi(visit, person, baseUrl).load();
}

async function send<T>(
  fetcher: typeof fetch, url: string, method: string, headers: Record<string, string>, body: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const init: RequestInit = { method, headers: { ...headers, accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store' };
  if (signal !== undefined) init.signal = signal;
  if (body !== undefined) {
    init.headers = { ...headers, accept: 'application/json', 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }

  let response: Response;
  try {
    response = await fetcher(url, init);
  } catch (cause) {
    throw new ApiError('network.unreachable', 0, cause instanceof Error ? cause.message : 'The server cannot be reached.');
  }

  const text = await response.text().catch(() => '');
  const parsed = parse(text);
  if (!response.ok) {
    // RFC 9457: a problem document with our member `code`.
    const problem = isRecord(parsed) ? parsed : {};
    const code = typeof problem['code'] === 'string' ? problem['code'] : `http.${response.status}`;
    const title = typeof problem['detail'] === 'string' ? problem['detail'] : problem['title'];
    throw new ApiError(code, response.status, typeof title === 'string' ? title : `The server answered ${response.status}.`);
  }

  if (response.status === 204) return {} as T;
  if (!isRecord(parsed)) throw new ApiError('http.malformed', response.status, 'The server gave no readable answer.');
  return parsed as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

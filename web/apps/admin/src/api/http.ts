/** A refusal of the server, or of the network, with its permanent code. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(readonly code: string, readonly status: number, message: string) {
    super(message);
  }
}

export type Fetcher = (input: string, init: RequestInit) => Promise<Response>;

export const codeOf = (error: unknown): string => (error instanceof ApiError ? error.code : 'page.fault');

/** Nobody waits for the answer any more: no error to show. */
export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

export interface Call {
  method?: 'GET' | 'POST' | 'DELETE';
  headers?: Record<string, string>;
  body?: unknown;
  accept?: string;
  signal?: AbortSignal | undefined;
}

/** The answer, when the server said yes. Throws `ApiError`, or the abort. */
export async function send(fetcher: Fetcher, url: string, call: Call = {}): Promise<Response> {
  const { method = 'GET', body, accept = 'application/json', signal } = call;
  const headers: Record<string, string> = { ...call.headers, accept };
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (signal !== undefined) init.signal = signal;
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(body);
  }

  let response: Response;
  try {
    response = await fetcher(url, init);
  } catch (cause) {
    if (isAbort(cause)) throw cause;
    throw new ApiError('network.unreachable', 0, cause instanceof Error ? cause.message : 'The server cannot be reached.');
  }

  if (response.ok) return response;
  // RFC 9457: a problem document with our member `code`.
  const problem: unknown = await response.json().catch(() => null);
  const { code, title } = isRecord(problem) ? problem : {};
  throw new ApiError(
    typeof code === 'string' ? code : `http.${response.status}`, response.status,
    typeof title === 'string' ? title : `The server answered ${response.status}.`,
  );
}

export async function sendForJson<T>(fetcher: Fetcher, url: string, call?: Call): Promise<T> {
  const response = await send(fetcher, url, call);
  if (response.status === 204) return {} as T;
  const parsed: unknown = await response.json().catch((cause: unknown) => {
    if (isAbort(cause)) throw cause;
    return null;
  });
  if (!isRecord(parsed)) throw new ApiError('http.malformed', response.status, 'The server gave no readable answer.');
  return parsed as T;
}

export async function sendForText(fetcher: Fetcher, url: string, call?: Call): Promise<string> {
  return (await send(fetcher, url, { accept: 'text/plain', ...call })).text();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

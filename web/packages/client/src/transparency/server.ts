import { personHeader } from '../basics';
import type { TransparencyPorts } from './key-transparency';

/** Much more than 64 entries with their proofs. */
export const maxAnswerBytes = 512 * 1024;
const withinMs = 10_000;

/** The two addresses of a visit's keys (docs/protocol.md §1), asked from a page or a worker. */
export function keyServer(
  visit: string, person: string, baseUrl: string, fetcher: typeof fetch = (input, init) => fetch(input, init),
): Pick<TransparencyPorts, 'fetchKeys' | 'fetchConsistency'> {
  const keys = `${baseUrl}/api/visits/${encodeURIComponent(visit)}/keys`;
  const get = async (url: string): Promise<unknown> => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), withinMs);
    try {
      const response = await fetcher(url, {
        headers: { [personHeader]: person, accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store', redirect: 'error',
        signal: late.signal,
      });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      return JSON.parse(await bounded(response));
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    fetchKeys: (seq, size) => get(`${keys}?seq=${seq}&size=${size}`),
    fetchConsistency: (from, to) => get(`${keys}/consistency?from=${from}&to=${to}`),
  };
}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let whole = '';
  let length = 0;
  for (const reader = response.body!.getReader();;) {
    const { done, value } = await reader.read();
    if (done) return whole + decoder.decode();
    length += value.length;
    if (length > maxAnswerBytes) {
      await reader.cancel();
      throw new Error('The answer is too large.');
    }
    whole += decoder.decode(value, { stream: true });
  }
}

import { type Call, type Fetcher, send, sendForJson, sendForText } from './http';
import type { CheckpointAnswer, EntryPage, Filters, Found, Integrity, Keys, OneEntry, Order, Rewrap } from './types';

/** The person header selects among the cookies that this browser holds (docs/protocol.md §1). */
export const personHeader = 'Wardline-Person';

/** What one signed-in person asks of the server. Every method throws `ApiError`, or the abort of its signal. */
export class AdminApi {
  constructor(private readonly person: string, private readonly fetcher: Fetcher = (input, init) => fetch(input, init)) {}

  entries(filters: Filters, order: Order, limit: number, after: string | null, signal?: AbortSignal): Promise<EntryPage> {
    const query = queryOf(filters);
    query.set('order', order);
    query.set('limit', String(limit));
    if (after !== null) query.set('after', after);
    return this.json(`/api/audit/entries?${query}`, { signal });
  }

  entry(index: number, signal?: AbortSignal): Promise<OneEntry> {
    return this.json(`/api/audit/entries/${index}`, { signal });
  }

  /** C2SP tlog-proof. */
  proof(index: number, signal?: AbortSignal): Promise<string> {
    return sendForText(this.fetcher, `/api/audit/entries/${index}/proof`, this.as({ signal }));
  }

  checkpoint(signal?: AbortSignal): Promise<CheckpointAnswer> {
    return this.json('/api/audit/checkpoint', { signal });
  }

  /** Base64 hashes, RFC 9162 §2.1.4. */
  async consistency(from: number, to: number, signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.json<{ proof: readonly string[] }>(`/api/audit/consistency?from=${from}&to=${to}`, { signal })).proof;
  }

  /** C2SP tlog-tiles entry bundle: each entry behind its length in two bytes, big-endian. */
  async bundle(number: number, signal?: AbortSignal): Promise<Uint8Array> {
    const response = await send(this.fetcher, `/api/audit/bundles/${number}`, this.as({ signal, accept: 'application/octet-stream' }));
    return new Uint8Array(await response.arrayBuffer());
  }

  integrity(signal?: AbortSignal): Promise<Integrity> {
    return this.json('/api/audit/integrity', { signal });
  }

  /** FHIR AuditEvents, one a line, behind the entry `after`. */
  export(filters: Filters, after: number | null, signal: AbortSignal): Promise<Response> {
    const query = queryOf(filters);
    if (after !== null) query.set('after', String(after));
    return send(this.fetcher, `/api/audit/export?${query}`, this.as({ signal, accept: 'application/fhir+ndjson' }));
  }

  async people(text: string, signal?: AbortSignal): Promise<readonly Found[]> {
    // A name never stands in an address: those end up in logs and histories.
    return (await this.json<{ found: readonly Found[] }>('/api/audit/people', { method: 'POST', body: { text }, signal })).found;
  }

  keys(signal?: AbortSignal): Promise<Keys> {
    return this.json('/api/keys', { signal });
  }

  turn(tenant: string): Promise<Keys> {
    return this.json(`/api/keys/${encodeURIComponent(tenant)}/turn`, { method: 'POST' });
  }

  rewrap(signal?: AbortSignal): Promise<Rewrap> {
    return this.json('/api/keys/rewrap', { signal });
  }

  startRewrap(): Promise<Rewrap> {
    return this.json('/api/keys/rewrap', { method: 'POST' });
  }

  stopRewrap(): Promise<Rewrap> {
    return this.json('/api/keys/rewrap', { method: 'DELETE' });
  }

  private json<T>(url: string, call: Call): Promise<T> {
    return sendForJson<T>(this.fetcher, url, this.as(call));
  }

  private as(call: Call): Call {
    return { ...call, headers: { [personHeader]: this.person } };
  }
}

/** Empty filters stay out; local times become the instants that they mean. */
export function queryOf(filters: Filters): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value === '') continue;
    query.set(name, name === 'from' || name === 'to' ? new Date(value).toISOString() : value);
  }
  return query;
}

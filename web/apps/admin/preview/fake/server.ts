import { type Bytes, concat, toBase64 } from '@wardline/client/log';
import type { Fetcher } from '../../src/api/http';
import type { Entry, Integrity, Keys, Me, Rewrap, TenantKey } from '../../src/api/types';
import { writeProofFile } from '../../src/proof/proof-file';
import { makeEntries, toBytes } from './entries';
import { names } from './people';
import { Signer } from './signer';
import { Tree } from './tree';

/** What is amiss in this world. */
export interface Weather {
  entries?: number;
  me?: Me;
  /** Answers by the beginning of the path: a problem's status and code, or `lost` for no answer at all. */
  fails?: Readonly<Record<string, { status: number; code: string } | 'lost'>>;
  /** Never answers. */
  hangs?: readonly string[];
  /** The server's tricks. */
  trick?: 'changed-entry' | 'shown-otherwise' | 'forged' | 'rewritten' | 'unordered' | 'bad-proof';
  integrity?: (usual: Integrity) => Integrity;
  keys?: (usual: Keys) => Keys;
  /** How many keys a second are re-wrapped. */
  rewrapPace?: number;
  exportBreaksAfter?: number;
  exportWaitsMs?: number;
}

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' } });
const problem = (status: number, code: string): Response => json({ type: 'about:blank', title: code, status, code }, status);

/** The server of the admin pages with a real log behind it: real hashes, real signatures, real proofs, unless it cheats. */
export class FakeServer {
  readonly asked: string[] = [];
  #rewrap: Rewrap = { state: 'idle', done: 0, total: 0, startedAt: null, code: null };
  #keys: TenantKey[];
  #exportBreaks: number | null;

  private constructor(
    readonly weather: Weather, readonly entries: readonly Entry[], readonly bytes: readonly Bytes[], readonly tree: Tree, readonly signer: Signer,
    private readonly now: Date,
  ) {
    this.#keys = makeKeys(now);
    this.#exportBreaks = weather.exportBreaksAfter ?? null;
  }

  static async make(weather: Weather, now: Date, signer?: Signer): Promise<FakeServer> {
    const entries = makeEntries(weather.entries ?? 40, now);
    const bytes = await toBytes(entries);
    return new FakeServer(weather, entries, bytes, await Tree.of(bytes), signer ?? await Signer.make(), now);
  }

  readonly fetcher: Fetcher = async (input, init) => {
    const { pathname: path, searchParams: query } = new URL(input, 'http://localhost');
    this.asked.push(`${init.method ?? 'GET'} ${path}`);
    await Promise.resolve();
    if (this.weather.hangs?.some((start) => path.startsWith(start)) === true) return new Promise((_, refuse) => aborts(init.signal, refuse));
    for (const [start, fault] of Object.entries(this.weather.fails ?? {})) {
      if (!path.startsWith(start)) continue;
      if (fault === 'lost') throw new TypeError('Failed to fetch');
      return problem(fault.status, fault.code);
    }
    return this.answer(path, query, init);
  };

  private async answer(path: string, query: URLSearchParams, init: RequestInit): Promise<Response> {
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    const one = /^\/api\/audit\/entries\/(\d+)(\/proof)?$/.exec(path);
    if (one !== null) return this.one(Number(one[1]), one[2] !== undefined);
    const bundle = /^\/api\/audit\/bundles\/(\d+)$/.exec(path);
    if (bundle !== null) return this.bundle(Number(bundle[1]));
    const turn = /^\/api\/keys\/([^/]+)\/turn$/.exec(path);
    if (turn !== null) return this.turn(decodeURIComponent(turn[1] ?? ''));
    switch (path) {
      case '/api/identity/staff-link': return body['secret'] === 'good' ? json({ person: this.weather.me }) : problem(401, 'identity.link-refused');
      case '/api/identity/me': return this.weather.me === undefined ? problem(401, 'identity.not-signed-in') : json({ person: this.weather.me });
      case '/api/identity/session': return new Response(null, { status: 204 });
      case '/api/audit/entries': return this.page(query);
      case '/api/audit/people': return json({ found: this.people(String(body['text'])) });
      case '/api/audit/checkpoint': return json({ note: await this.note(), verifierKey: this.signer.verifierKey });
      case '/api/audit/consistency': return json({ proof: (await this.tree.consistency(Number(query.get('from')), Number(query.get('to')))).map(toBase64) });
      case '/api/audit/integrity': return json(await this.integrity());
      case '/api/audit/export': return this.export(query, init.signal ?? null);
      case '/api/keys': return json(this.keys());
      case '/api/keys/rewrap': return json(this.rewrap(init.method ?? 'GET'));
      default: return problem(404, 'http.not-found');
    }
  }

  private fitting(query: URLSearchParams): Entry[] {
    const is = (name: string, ...values: (string | null)[]) => !query.has(name) || values.includes(query.get(name));
    const action = query.get('action') ?? '';
    return this.entries.filter((entry) =>
      is('patient', entry.patient) && is('person', entry.actor, entry.person) && is('visit', entry.visit) && is('outcome', entry.outcome)
      && (action === '' || (action.endsWith('*') ? entry.action.startsWith(action.slice(0, -1)) : entry.action === action))
      && (!query.has('from') || entry.at >= (query.get('from') ?? '')) && (!query.has('to') || entry.at < (query.get('to') ?? '')));
  }

  private page(query: URLSearchParams): Response {
    const found = this.fitting(query);
    if (query.get('order') !== 'oldest') found.reverse();
    const from = query.has('after') ? found.findIndex((entry) => String(entry.index) === query.get('after')) + 1 : 0;
    const limit = Number(query.get('limit'));
    const entries = found.slice(from, from + limit);
    return json({ entries, names, next: from + limit < found.length ? String(entries.at(-1)?.index) : null, total: found.length });
  }

  private async one(index: number, proof: boolean): Promise<Response> {
    const [entry, bytes] = [this.entries[index], this.bytes[index]];
    if (entry === undefined || bytes === undefined) return problem(404, 'http.not-found');
    if (!proof) {
      const shown = this.weather.trick === 'shown-otherwise' ? { ...entry, outcome: 'denied', rule: 'visit.nobody' } : this.weather.trick === 'changed-entry' ? { ...entry, outcome: 'denied' } : entry;
      return json({ entry: shown, names });
    }
    if (this.weather.trick === 'bad-proof') return new Response('not a proof');
    // The server shows another entry than it wrote, and gives the same as the proof's.
    const shown = this.weather.trick === 'changed-entry' ? (await toBytes([{ ...entry, outcome: 'denied' }]))[0] ?? bytes : bytes;
    return new Response(writeProofFile({ entry: shown, index, hashes: await this.tree.inclusion(index), checkpoint: await this.note() }));
  }

  private async note(): Promise<string> {
    const note = await this.signer.checkpoint(this.entries.length, await this.tree.root());
    return this.weather.trick === 'forged' ? note.replace(/^(\S+\n)\d+/, `$1${this.entries.length + 1}`) : note;
  }

  private bundle(number: number): Response {
    const part = this.bytes.slice(number * 256, (number + 1) * 256);
    if (this.weather.trick === 'unordered' && number === 0) [part[6], part[7]] = [part[7] ?? new Uint8Array(0), part[6] ?? new Uint8Array(0)];
    const framed = part.map((bytes) => concat(new Uint8Array([bytes.length >> 8, bytes.length & 0xff]), bytes));
    return part.length === 0 ? problem(404, 'http.not-found') : new Response(concat(...framed));
  }

  private people(text: string) {
    return Object.entries(names).filter(([, named]) => named.name.toLowerCase().includes(text.toLowerCase())).map(([key, named]) => ({ pseudonym: key, ...named }));
  }

  private async integrity(): Promise<Integrity> {
    const size = this.entries.length;
    const at = this.now.toISOString();
    const usual: Integrity = {
      state: 'holds', size, verifiedSize: size, verifiedAt: at,
      checkpoint: { size, rootHash: toBase64(await this.tree.root()), signedAt: at },
      copies: [{ name: 'archive', state: 'current', size, at, code: null }, { name: 'other-building', state: 'current', size, at, code: null }],
      witnesses: [{ name: 'witness.example', size, at, code: null }],
      alerts: [],
    };
    return this.weather.integrity?.(usual) ?? usual;
  }

  private export(query: URLSearchParams, signal: AbortSignal | null): Response {
    const wanted = this.fitting(query).filter((entry) => !query.has('after') || entry.index > Number(query.get('after')));
    const lines = wanted.map((entry) => `${JSON.stringify({ resourceType: 'AuditEvent', id: String(entry.index), recorded: entry.at, outcome: entry.outcome === 'success' ? '0' : '8' })}\n`);
    const breaksAt = this.#exportBreaks;
    this.#exportBreaks = null;
    const wait = this.weather.exportWaitsMs ?? 0;
    let at = 0;
    return new Response(new ReadableStream<Uint8Array>({
      start: (stream) => aborts(signal, (reason) => { try { stream.error(reason); } catch { /* ended before */ } }),
      async pull(stream) {
        if (breaksAt !== null && at >= breaksAt) {
          stream.enqueue(new TextEncoder().encode('{"resourceType":"Audi'));
          return stream.error(new TypeError('network error'));
        }
        if (at >= lines.length) return stream.close();
        if (wait > 0) await new Promise((resolve) => { setTimeout(resolve, wait); });
        const part = lines.slice(at, at + 10).join('');
        at += 10;
        // Never at the end of a line, except the last time.
        stream.enqueue(new TextEncoder().encode(part));
      },
    }), { headers: { 'content-type': 'application/fhir+ndjson' } });
  }

  private keys(): Keys {
    const earlier = this.#keys.some((key) => key.wrappedUnder === earlierSource);
    const usual: Keys = {
      checkedAt: this.now.toISOString(), problems: [],
      sources: [{ id: source, current: true, works: true, code: null }, ...(earlier ? [{ id: earlierSource, current: false, works: true, code: null }] : [])],
      keys: this.#keys, rewrap: this.moved(),
    };
    return this.weather.keys?.(usual) ?? usual;
  }

  private turn(tenant: string): Response {
    const version = Math.max(0, ...this.#keys.filter((key) => key.tenant === tenant && key.purpose === 'data').map((key) => key.version)) + 1;
    this.#keys = [
      ...this.#keys.map((key): TenantKey => (key.tenant === tenant ? { ...key, nextTurnAt: null } : key)),
      { tenant, purpose: 'data', version, state: 'coming', createdAt: this.now.toISOString(), nextTurnAt: days(this.now, 90), wrappedUnder: source },
    ];
    return json(this.keys());
  }

  private rewrap(method: string): Rewrap {
    if (method === 'POST') {
      const total = this.#keys.filter((key) => key.wrappedUnder !== source).length;
      this.#rewrap = this.#rewrap.state === 'stopped' ? { ...this.#rewrap, state: 'running' } : { state: 'running', done: 0, total, startedAt: this.now.toISOString(), code: null };
      return this.#rewrap;
    }
    if (method === 'DELETE') {
      this.#rewrap = { ...this.#rewrap, state: 'stopped' };
      return this.#rewrap;
    }
    return this.moved();
  }

  /** Each time that somebody asks, some more is done. */
  private moved(): Rewrap {
    if (this.#rewrap.state !== 'running') return this.#rewrap;
    const behind = this.#keys.filter((key) => key.wrappedUnder !== source).slice(0, this.weather.rewrapPace ?? 7);
    this.#keys = this.#keys.map((key) => (behind.includes(key) ? { ...key, wrappedUnder: source } : key));
    const done = this.#rewrap.done + behind.length;
    this.#rewrap = { ...this.#rewrap, done, state: done >= this.#rewrap.total ? 'done' : 'running' };
    return this.#rewrap;
  }
}

const days = (now: Date, count: number): string => new Date(now.getTime() + count * 86_400_000).toISOString();

const source = 'pkcs11:token=wardline;object=kek-2026';
const earlierSource = 'pkcs11:token=wardline;object=kek-2025';

function makeKeys(now: Date): TenantKey[] {
  const tenants = ['default', 'clinica-del-sur', 'north-ward', ...Array.from({ length: 9 }, (_, n) => `practice-${String(n + 1).padStart(2, '0')}`)];
  return tenants.flatMap((tenant, n) => {
    const versions = 1 + (n * 7) % 4;
    const age = (n * 11) % 88;
    const key = (purpose: TenantKey['purpose'], version: number, days_: number, newest: boolean): TenantKey => ({
      tenant, purpose, version, state: newest ? 'writing' : 'reading', createdAt: days(now, -days_),
      nextTurnAt: newest && purpose === 'data' ? days(now, 90 - days_) : null, wrappedUnder: newest && purpose === 'data' ? source : earlierSource,
    });
    return [
      ...Array.from({ length: versions }, (_, v) => key('data', v + 1, age + (versions - 1 - v) * 90, v === versions - 1)),
      key('patients', 1, age + (versions - 1) * 90, true), key('index', 1, age + (versions - 1) * 90, true),
    ];
  });
}

function aborts(signal: AbortSignal | null | undefined, act: (reason: unknown) => void): void {
  if (signal === null || signal === undefined) return;
  if (signal.aborted) act(signal.reason);
  else signal.addEventListener('abort', () => act(signal.reason), { once: true });
}

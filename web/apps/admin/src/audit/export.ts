import { Store } from '@wardline/ui/plain';
import type { AdminApi } from '../api/admin-api';
import { ApiError, codeOf, isAbort } from '../api/http';
import type { Filters } from '../api/types';

/*
 *   idle ──[start]──► going ──[last line]──────► done
 *                      │  ▲
 *            [stop, or the line breaks]
 *                      ▼  │ [go on: behind the last whole line]
 *                    stopped
 */
export type ExportState =
  | { at: 'idle' }
  | { at: 'going' | 'stopped' | 'done'; lines: number; bytes: number; total: number | null; code: string | null };

/** Many lines in one piece: a blob of a million strings costs more than one of a hundred. */
const pieceCharacters = 1 << 20;

/** A download that keeps what it has: whole lines only, so that it goes on behind the last one. */
export class Export {
  readonly state = new Store<ExportState>({ at: 'idle' });
  #pieces: string[] = [];
  #last: number | null = null;
  #going: AbortController | null = null;
  #filters: Filters | null = null;

  constructor(private readonly api: Pick<AdminApi, 'export'>) {}

  start(filters: Filters, total: number | null): Promise<void> {
    this.reset();
    this.#filters = filters;
    return this.run({ at: 'going', lines: 0, bytes: 0, total, code: null });
  }

  goOn(): Promise<void> {
    const state = this.state.get();
    return state.at === 'stopped' ? this.run({ ...state, at: 'going', code: null }) : Promise.resolve();
  }

  stop(): void {
    this.#going?.abort();
  }

  /** Forgets what was received. */
  reset(): void {
    this.#going?.abort();
    this.#going = null;
    this.#pieces = [];
    this.#last = null;
    this.state.set({ at: 'idle' });
  }

  /** What was received, whole lines. */
  file(): Blob {
    return new Blob(this.#pieces, { type: 'application/fhir+ndjson' });
  }

  private async run(from: Exclude<ExportState, { at: 'idle' }>): Promise<void> {
    if (this.#filters === null) return;
    const going = new AbortController();
    this.#going = going;
    let now = from;
    const show = (change: Partial<typeof now>) => {
      now = { ...now, ...change };
      if (going === this.#going) this.state.set(now);
    };
    show({});
    try {
      const response = await this.api.export(this.#filters, this.#last, going.signal);
      if (response.body === null) throw new ApiError('http.malformed', response.status, 'The server gave no lines.');
      for await (const text of wholeLines(response.body, going.signal)) {
        if (going !== this.#going) return;
        const { lines, last } = readLines(text);
        this.keep(text);
        this.#last = last;
        show({ lines: now.lines + lines, bytes: now.bytes + new Blob([text]).size });
      }
      show({ at: 'done', total: now.lines });
    } catch (error) {
      show({ at: 'stopped', code: isAbort(error) ? null : codeOf(error) });
    }
  }

  private keep(text: string): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.length + text.length < pieceCharacters) this.#pieces[this.#pieces.length - 1] = last + text;
    else this.#pieces.push(text);
  }
}

/** Text up to the last line break of what has come; what is cut off in the middle of a line is not given. */
async function* wholeLines(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let open = '';
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) break;
      open += decoder.decode(value, { stream: true });
      const end = open.lastIndexOf('\n') + 1;
      if (end === 0) continue;
      yield open.slice(0, end);
      open = open.slice(end);
    }
    // A line that does not end was cut off: the server ends every line.
    if (open !== '') throw new ApiError('network.cut-off', 0, 'The download ended in the middle of a line.');
  } catch (error) {
    if (isAbort(error) || error instanceof ApiError) throw error;
    if (signal.aborted) throw new DOMException('Stopped', 'AbortError');
    throw new ApiError('network.cut-off', 0, 'The download was cut off.');
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** How many AuditEvents, and the place in the log of the last one, which is its id. */
function readLines(text: string): { lines: number; last: number } {
  const lines = text.split('\n').slice(0, -1);
  let event: unknown = null;
  try {
    event = JSON.parse(lines.at(-1) ?? '');
  } catch { /* said below */ }
  const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : null;
  if (typeof id !== 'string' || !/^\d{1,15}$/.test(id)) throw new ApiError('http.malformed', 200, 'A line of the export is no AuditEvent of this log.');
  return { lines: lines.length, last: Number(id) };
}

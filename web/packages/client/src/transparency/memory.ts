import type { AlarmCode } from './faults';

/** What a device keeps of the log of one server. */
export interface LogRecord {
  readonly log: string;
  readonly checkpoint: string;
  /** Of the checkpoint. */
  readonly size: number;
  readonly alarm: { readonly code: AlarmCode; readonly evidence: string } | null;
}

export interface LogMemory {
  /** Null when there is nothing, or nothing that can be read. */
  load(): Promise<LogRecord | null>;
  /** Keeps `record` unless what is kept already says more. Two pages may do this at the same time. */
  save(record: LogRecord): Promise<void>;
  forget(): Promise<void>;
}

/** An alarm stays, and of one log the longer one counts. */
export function saysMore(kept: LogRecord | null, record: LogRecord): boolean {
  if (kept === null || record.alarm !== null) return true;
  return kept.alarm === null && (kept.log !== record.log || kept.size <= record.size);
}

const database = 'wardline-log';
const store = 'servers';

/** In IndexedDB, which pages and workers of one origin share; by the server's origin. */
export function indexedDbMemory(server: string, factory: IDBFactory = indexedDB): LogMemory {
  return {
    async load() {
      // Without a store (a browser that keeps nothing) each visit is a first visit.
      return run<LogRecord | null>(factory, 'readonly', (records, done) => read(records, server, done)).catch(() => null);
    },
    async save(record) {
      await run<void>(factory, 'readwrite', (records, done) => read(records, server, kept => {
        if (saysMore(kept, record)) records.put(record, server);
        done();
      })).catch(() => undefined);
    },
    async forget() {
      await run<void>(factory, 'readwrite', (records, done) => {
        records.delete(server);
        done();
      });
    },
  };
}

function read(records: IDBObjectStore, server: string, done: (record: LogRecord | null) => void): void {
  const request = records.get(server);
  request.onsuccess = () => done(isRecord(request.result) ? request.result : null);
}

function isRecord(value: unknown): value is LogRecord {
  const record = value as Partial<LogRecord> | null | undefined;
  return typeof record?.log === 'string' && typeof record.checkpoint === 'string' && Number.isSafeInteger(record.size)
    && (record.alarm === null || (typeof record.alarm?.code === 'string' && typeof record.alarm.evidence === 'string'));
}

/** One transaction; settles when it is on the disk, with what `work` handed over. */
function run<T>(factory: IDBFactory, mode: IDBTransactionMode, work: (records: IDBObjectStore, done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const opening = factory.open(database, 1);
    opening.onupgradeneeded = () => void opening.result.createObjectStore(store);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error('The store is being changed.'));
    opening.onsuccess = () => {
      const db = opening.result;
      let value: T;
      const transaction = db.transaction(store, mode, { durability: 'strict' });
      transaction.oncomplete = () => {
        db.close();
        resolve(value);
      };
      transaction.onabort = transaction.onerror = () => {
        db.close();
        reject(transaction.error);
      };
      work(transaction.objectStore(store), handed => {
        value = handed;
      });
    };
  });
}

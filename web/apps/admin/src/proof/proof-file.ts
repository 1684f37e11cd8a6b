import { type Bytes, fromBase64, hashBytes, toBase64 } from '@wardline/client/log';

/**
 * C2SP tlog-proof: the entry itself (as the `extra` data, which the hash of the leaf is made from), its place, the hashes
 * beside its way to the root, and the signed checkpoint. Whoever has the file needs nothing else but the log's key.
 */
export interface ProofFile {
  entry: Bytes;
  index: number;
  hashes: readonly Bytes[];
  checkpoint: string;
}

const firstLine = 'c2sp.org/tlog-proof@v1';

export function readProofFile(text: string): ProofFile | null {
  const split = text.indexOf('\n\n');
  if (split < 0) return null;
  const [first, extra = '', index = '', ...hashLines] = text.slice(0, split).split('\n');
  const entry = extra.startsWith('extra ') ? fromBase64(extra.slice('extra '.length)) : null;
  const place = /^index (0|[1-9]\d{0,15})$/.exec(index)?.[1];
  const hashes = hashLines.map(fromBase64);
  if (first !== firstLine || entry === null || place === undefined || !hashes.every(isHash)) return null;
  return { entry, index: Number(place), hashes, checkpoint: text.slice(split + 2) };
}

export function writeProofFile({ entry, index, hashes, checkpoint }: ProofFile): string {
  return [firstLine, `extra ${toBase64(entry)}`, `index ${index}`, ...hashes.map(toBase64), '', checkpoint].join('\n');
}

const isHash = (bytes: Bytes | null): bytes is Bytes => bytes?.length === hashBytes;

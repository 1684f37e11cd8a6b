/** What any page needs that checks the log: the tree's proofs, the log's signature, and the bytes they are made of. */
export { type Bytes, concat, equal, fromBase64, text, toBase64, toBase64Url } from '../bytes';
export { hashBytes, isConsistent, isIncluded, leafHash, nodeHash, sha256 } from './merkle';
export { type Checkpoint, type LogKey, openCheckpoint, parseLogKey } from './note';

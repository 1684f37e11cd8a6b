// A reader and writer of "AES-GCM-HKDF Streaming AEAD" of its own, from the description at
// https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming, with the parameters of AES256_GCM_HKDF_1MB.
// It knows nothing of Wardline's code: the tests let each open what the other has sealed.
//
//   node tink-format.mjs seal|open KEY-HEX ASSOCIATED-DATA-HEX < IN > OUT
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { readFileSync, writeSync } from "node:fs";

const CiphertextSegmentSize = 1048576;
const DerivedKeySize = 32;
const HeaderLength = 1 + DerivedKeySize + 7;

function derive(keyValue, salt, associatedData) {
  return Buffer.from(hkdfSync("sha256", keyValue, salt, associatedData, DerivedKeySize));
}

function iv(noncePrefix, segment, isLast) {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(segment);
  return Buffer.concat([noncePrefix, number, Buffer.from([isLast ? 1 : 0])]);
}

function encrypt(keyValue, associatedData, message) {
  const salt = randomBytes(DerivedKeySize);
  const noncePrefix = randomBytes(7);
  const key = derive(keyValue, salt, associatedData);
  const pieces = [message.subarray(0, CiphertextSegmentSize - HeaderLength - 16)];
  for (let at = pieces[0].length; at < message.length; at += CiphertextSegmentSize - 16) {
    pieces.push(message.subarray(at, at + CiphertextSegmentSize - 16));
  }
  const sealed = [Buffer.from([HeaderLength]), salt, noncePrefix];
  pieces.forEach((piece, i) => {
    const gcm = createCipheriv("aes-256-gcm", key, iv(noncePrefix, i, i === pieces.length - 1));
    sealed.push(gcm.update(piece), gcm.final(), gcm.getAuthTag());
  });
  return Buffer.concat(sealed);
}

function decrypt(keyValue, associatedData, ciphertext) {
  if (ciphertext[0] !== HeaderLength) throw new Error("not the header of this format");
  const salt = ciphertext.subarray(1, 1 + DerivedKeySize);
  const noncePrefix = ciphertext.subarray(1 + DerivedKeySize, HeaderLength);
  const key = derive(keyValue, salt, associatedData);
  const plain = [];
  for (let start = HeaderLength, i = 0; start < ciphertext.length; i++) {
    const end = Math.min((i + 1) * CiphertextSegmentSize, ciphertext.length);
    const gcm = createDecipheriv("aes-256-gcm", key, iv(noncePrefix, i, end === ciphertext.length));
    gcm.setAuthTag(ciphertext.subarray(end - 16, end));
    plain.push(gcm.update(ciphertext.subarray(start, end - 16)), gcm.final());
    start = end;
  }
  return Buffer.concat(plain);
}

const [verb, keyHex, associatedHex] = process.argv.slice(2);
const work = { seal: encrypt, open: decrypt }[verb];
const output = work(Buffer.from(keyHex, "hex"), Buffer.from(associatedHex ?? "", "hex"), readFileSync(0));
for (let at = 0; at < output.length; ) at += writeSync(1, output, at);

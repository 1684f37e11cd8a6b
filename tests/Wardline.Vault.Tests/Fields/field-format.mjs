// Opens a sealed field, or computes a blind index, from nothing but what src/Wardline.Vault/README.md publishes. Shares no code
// with the product: a JSON request on standard input, the answer in hex on standard output.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const utf8 = (text) => Buffer.from(text, 'utf8');
const hex = (text) => Buffer.from(text, 'hex');
const prefixed = (text) => { const bytes = utf8(text); return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]); };
const context = (label, ...values) => Buffer.concat([label, ...values].map(prefixed));
const derive = (key, label, ...values) => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), context(label, ...values), 32));

const block = (key, input) => { const aes = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false); return Buffer.concat([aes.update(input), aes.final()]); };

function openXaes(key, box, associated) {
  const nonce = box.subarray(0, 24);
  let k1 = BigInt('0x' + block(key, Buffer.alloc(16)).toString('hex'));
  k1 = ((k1 << 1n) & ((1n << 128n) - 1n)) ^ (k1 >> 127n ? 0x87n : 0n);
  const subkey = hex(k1.toString(16).padStart(32, '0'));
  const message = (i) => Buffer.concat([Buffer.from([0, i, 0x58, 0]), nonce.subarray(0, 12)]).map((byte, at) => byte ^ subkey[at]);
  const aes = createDecipheriv('aes-256-gcm', Buffer.concat([block(key, message(1)), block(key, message(2))]), nonce.subarray(12));
  aes.setAAD(associated);
  aes.setAuthTag(box.subarray(box.length - 16));
  return Buffer.concat([aes.update(box.subarray(24, box.length - 16)), aes.final()]);
}

const ask = JSON.parse(readFileSync(0, 'utf8'));
if (ask.what === 'field') {
  const box = hex(ask.box), tenantKey = hex(ask.tenantKey);
  const scope = box[0] === 2
    ? derive(Buffer.concat([tenantKey, hex(ask.patientKey)]), 'wardline.vault/patient-scope/1', ask.tenant, ask.patient)
    : derive(tenantKey, 'wardline.vault/tenant-scope/1', ask.tenant);
  const bound = Buffer.concat([context('wardline.vault/field/1', ask.tenant, box[0] === 2 ? ask.patient : '', ask.table, ask.column, ask.row), box.subarray(0, 3)]);
  process.stdout.write(openXaes(derive(scope, 'wardline.vault/field/1'), box.subarray(3), bound).toString('hex'));
} else if (ask.what === 'patient-key') {
  const wrapping = derive(hex(ask.patientsKey), 'wardline.vault/patient-wrap/1', ask.tenant);
  process.stdout.write(openXaes(wrapping, hex(ask.box), context('wardline.vault/patient-wrap/1', ask.tenant, ask.patient)).toString('hex'));
} else if (ask.what === 'object-key') {
  const scope = derive(Buffer.concat([hex(ask.tenantKey), hex(ask.patientKey)]), 'wardline.vault/patient-scope/1', ask.tenant, ask.patient);
  process.stdout.write(derive(scope, 'wardline.vault/object/1', ask.object).toString('hex'));
} else {
  const key = derive(hex(ask.indexKey), 'wardline.vault/index/1', ask.tenant, ask.table, ask.column, ask.form);
  process.stdout.write('0001' + createHmac('sha256', key).update(utf8(ask.value)).digest('hex').slice(0, 32));
}

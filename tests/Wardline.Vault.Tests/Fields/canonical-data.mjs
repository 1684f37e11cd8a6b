// Makes src/Wardline.Vault/Fields/canonical-forms.txt of the Unicode Character Database (package unicode-data): what NFC needs of it.
//   node canonical-data.mjs FOLDER > canonical-forms.txt
// Lines: "ccc first..last", the canonical combining class of marks; "code = one" or "code = one two", the canonical
// decomposition; "code < one two" where it is not composed again.
import { readFileSync } from 'node:fs';

const [folder] = process.argv.slice(2);
const lines = (name) => readFileSync(`${folder}/${name}`, 'utf8').split('\n').map((line) => line.replace(/#.*/, '').trim()).filter(Boolean);
const hex = (code) => code.toString(16).toUpperCase().padStart(4, '0');
const excluded = new Set(lines('CompositionExclusions.txt').map((line) => parseInt(line, 16)));
const classes = new Map(), decompositions = new Map();
for (const line of lines('UnicodeData.txt')) {
  const [code, , , ccc, , decomposition] = line.split(';');
  if (ccc !== '0') classes.set(parseInt(code, 16), Number(ccc));
  if (decomposition && !decomposition.startsWith('<')) decompositions.set(parseInt(code, 16), decomposition.split(' ').map((each) => parseInt(each, 16)));
}

const out = [`Unicode 15.0.0: canonical combining classes and decompositions. Copyright © 1991-2022 Unicode, Inc., https://www.unicode.org/license.txt`];
let run = null;
const flush = () => run && out.push(`${run.ccc} ${hex(run.first)}..${hex(run.last)}`);
for (const [code, ccc] of [...classes].sort((a, b) => a[0] - b[0])) {
  if (run && run.ccc === ccc && run.last === code - 1) run.last = code;
  else { flush(); run = { ccc, first: code, last: code }; }
}
flush();
for (const [code, parts] of [...decompositions].sort((a, b) => a[0] - b[0])) {
  // UAX #15 §5.1: singletons, what does not begin with a starter, and the list of exclusions.
  const composes = parts.length === 2 && !excluded.has(code) && !classes.has(code) && !classes.has(parts[0]);
  out.push(`${hex(code)} ${composes || parts.length === 1 ? '=' : '<'} ${parts.map(hex).join(' ')}`);
}
process.stdout.write(out.join('\n') + '\n');

// The script that a patient loads before the call starts, measured on the built files, gzip.
// Everything reachable from the page counts, with the code of waiting room, call and encryption worker, since the
// device check already fetches it: there is no way to get below the budget by moving code to a later chunk.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const budgetKb = 180;
const dist = join(import.meta.dirname, '../dist');
const assets = readdirSync(join(dist, 'assets')).filter((name) => /\.m?js$/.test(name));
const sizes = new Map(assets.map((name) => [name, gzipSync(readFileSync(join(dist, 'assets', name)), { level: 6 }).length]));
const entry = [...readFileSync(join(dist, 'index.html'), 'utf8').matchAll(/assets\/([\w.-]+\.js)/g)].map((match) => match[1]);
if (entry.length === 0 || entry.some((name) => !sizes.has(name))) throw new Error('index.html names no built script: run the build first');

const first = new Set();
const visit = (name) => {
  if (first.has(name)) return;
  first.add(name);
  const text = readFileSync(join(dist, 'assets', name), 'utf8');
  for (const other of assets) {
    // A static import; the dynamic ones are `import(`.
    if (new RegExp(`(?:from|import)\\s*["']\\./${other.replaceAll('.', '\\.')}["']`).test(text)) visit(other);
  }
};
entry.forEach(visit);

const kb = (names) => [...names].reduce((sum, name) => sum + sizes.get(name), 0) / 1000;
for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1])) {
  console.log(`${(size / 1000).toFixed(1).padStart(7)} kB  ${name}${first.has(name) ? '  (first page)' : ''}`);
}
const all = kb(sizes.keys());
console.log(`${kb(first).toFixed(1)} kB for the first page, ${all.toFixed(1)} kB before the call starts; budget ${budgetKb} kB`);
if (all > budgetKb) {
  console.error(`Over the budget by ${(all - budgetKb).toFixed(1)} kB.`);
  process.exit(1);
}

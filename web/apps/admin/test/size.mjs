// The script of the admin pages, measured on the built files, gzip: all of it, since every page of it is one press away.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const budgetKb = 180;
const assets = join(import.meta.dirname, '../dist/assets');
const sizes = readdirSync(assets).filter((name) => /\.m?js$/.test(name)).map((name) => ({ name, kb: gzipSync(readFileSync(join(assets, name)), { level: 6 }).length / 1000 }));
if (sizes.length === 0) throw new Error('There is no built script: run the build first');
for (const { name, kb } of sizes) console.log(`${kb.toFixed(1).padStart(7)} kB  ${name}`);
const all = sizes.reduce((sum, { kb }) => sum + kb, 0);
console.log(`${all.toFixed(1)} kB for the admin pages; budget ${budgetKb} kB`);
if (all > budgetKb) {
  console.error(`Over the budget by ${(all - budgetKb).toFixed(1)} kB.`);
  process.exit(1);
}

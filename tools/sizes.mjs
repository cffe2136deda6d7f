// What the first visit loads, compressed as a host would: index.html and everything it needs
// before the live demo runs with one engine and one language.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { Failure, ROOT } from './lib.mjs';

/** What the design allows; above it the tests fail. */
const BUDGET_BYTES = 120 * 1024;
/** The live demo and the language of the first visit; the rest of the engine is loaded when somebody acts, others when chosen. */
const FIRST_VISIT = ['web/src/main.ts', 'web/wasm/dledger-demo/first.js', 'web/src/i18n/en.ts'];

function compressed(path) {
  const bytes = readFileSync(path);
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }).length;
}

/** All files that the manifest says the named modules need. */
function needed(manifest, names) {
  const files = new Set(['index.html']);
  const seen = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk || seen.has(key)) return;
    seen.add(key);
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
    (chunk.imports ?? []).forEach(visit);
  };
  for (const [key, chunk] of Object.entries(manifest)) {
    if (chunk.isEntry || names.includes(key)) visit(key);
  }
  return files;
}

/** What the first visit loads, in bytes of brotli. */
export function firstLoadBytes() {
  const { first } = firstFiles();
  return [...first].reduce((sum, file) => sum + compressed(join(ROOT, 'dist', file)), 0);
}

/** The files of dist/ that the first visit needs. */
function firstFiles() {
  const dist = join(ROOT, 'dist');
  const manifestPath = join(dist, '.vite', 'manifest.json');
  if (!existsSync(manifestPath)) throw new Failure('dist/ is not built: run `npm run build`.');
  return { dist, first: needed(JSON.parse(readFileSync(manifestPath, 'utf8')), FIRST_VISIT) };
}

/** Prints the sizes and fails above the budget. */
export function checkSizes() {
  const { dist, first } = firstFiles();
  let total = 0;
  const rows = [];
  for (const name of readdirSync(dist, { recursive: true })) {
    const file = String(name).replaceAll('\\', '/');
    if (!/\.(html|js|css|wasm|svg|json)$/.test(file) || file.startsWith('.vite')) continue;
    const size = compressed(join(dist, file));
    if (first.has(file)) total += size;
    rows.push([size, first.has(file) ? 'first load' : 'when chosen', file]);
  }
  rows.sort((a, b) => b[0] - a[0]);
  for (const [size, when, file] of rows) {
    console.log(`${(size / 1024).toFixed(1).padStart(7)} KB  ${when.padEnd(11)}  ${file}`);
  }
  const kb = (bytes) => (bytes / 1024).toFixed(1);
  console.log(`${kb(total).padStart(7)} KB  first load, brotli; budget ${kb(BUDGET_BYTES)} KB`);
  if (!rows.some(([, when, file]) => when === 'first load' && file.endsWith('.wasm'))) {
    throw new Failure('No wasm among the first files: the list in tools/sizes.mjs no longer fits the build.');
  }
  if (total > BUDGET_BYTES) throw new Failure('The first load has grown beyond its budget: make it smaller.');
}

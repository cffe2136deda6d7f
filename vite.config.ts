import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { minify } from 'terser';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

type ModuleInfo = (id: string) => { importedIds: string[] } | null;

/** The modules that come with the page's own before anything is asked for. */
let first: Set<string> | null = null;

function atOnce(info: ModuleInfo): Set<string> {
  if (first) return first;
  first = new Set();
  const main = fileURLToPath(new URL('web/src/main.ts', import.meta.url));
  const todo = info(main)?.importedIds.slice() ?? [];
  for (const id of todo) {
    if (first.has(id)) continue;
    first.add(id);
    todo.push(...(info(id)?.importedIds ?? []));
  }
  return first;
}

/** The engines' titles by their names, in the order of the registry. */
function engines(): Record<string, string> {
  const source = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const names = [...source('crates/lab/src/registry.rs').matchAll(/^ +(\w+): engine_\w+::\w+,$/gm)].map(([, name = '']) => name);
  const title = (name: string) => /\btitle: "(.+)"/.exec(source(`crates/engines/${name}/src/lib.rs`))?.[1] ?? name;
  return Object.fromEntries(names.map((name) => [name, title(name)]));
}

/** Minifies once more what the bundler has minified: the first load is 0.7 KB smaller than with either alone. */
const again: Plugin = {
  name: 'terser',
  apply: 'build',
  enforce: 'post',
  async generateBundle(_, files) {
    for (const file of Object.values(files)) {
      if (file.type === 'chunk') file.code = (await minify(file.code, { module: true, compress: { passes: 3 } })).code ?? '';
    }
  },
};

export default defineConfig({
  define: { ENGINES: JSON.stringify(engines()) },
  plugins: [svelte(), again],
  // Relative addresses: the built site works from any folder of any host.
  base: './',
  publicDir: 'web/public',
  build: {
    target: 'es2022',
    manifest: true,
    // The wasm stays a file of its own: inlined, it could not be compiled while it arrives.
    assetsInlineLimit: 0,
    // Its script would be inline, which the page's own security policy forbids.
    modulePreload: { polyfill: false },
    // What comes at once is one file: packed together it is smaller than in two.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: (id, chunks) => (atOnce((of) => chunks.getModuleInfo(of)).has(id) ? 'page' : null) }] } },
    },
  },
  server: { watch: { ignored: ['**/target/**'] } },
  // The browser build of Svelte: its signals work without a page, the server build has none.
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  test: {
    include: ['web/src/**/*.test.ts', 'tools/**/*.test.mjs'],
    environment: 'node',
  },
});

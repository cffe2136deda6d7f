import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
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
  },
  server: { watch: { ignored: ['**/target/**'] } },
  // The browser build of Svelte: its signals work without a page, the server build has none.
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  test: {
    include: ['web/src/**/*.test.ts'],
    environment: 'node',
  },
});

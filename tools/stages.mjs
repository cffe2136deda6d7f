// The stages that `npm run check` and `npm test` are made of.
import { executable, run, tool, xtask } from './lib.mjs';

/** Lints that fail, beyond those of Cargo.toml. */
const DENIED = ['--', '-D', 'warnings', '-D', 'clippy::too_many_lines'];
const WASM = ['--target', 'wasm32-unknown-unknown'];
// Everything that goes into the page, and nothing that needs an operating system.
const NOT_IN_WASM = ['--exclude', 'xtask', '--exclude', 'quorumscope', '--exclude', 'oracle'];

export const format = () => run('cargo', ['fmt', '--all', '--check']);

export const lintNative = () =>
  run('cargo', ['clippy', '--workspace', '--exclude', 'bindings', '--all-targets', ...DENIED]);

export async function lintWasm() {
  await run('cargo', ['clippy', '--workspace', ...NOT_IN_WASM, '--all-features', '--lib', ...WASM, ...DENIED]);
  await run('cargo', ['clippy', '-p', 'bindings', '--all-features', '--tests', ...WASM, ...DENIED]);
}

export const rustTests = () => run('cargo', ['test']);

/** The program as those tests were made with it, for the tests of the page. */
export const program = () => ({ QUORUMSCOPE: executable('quorumscope', ['test', '--no-run']) });

export const choreTests = (features) =>
  // In the profile that the chores are built in anyway, so that nothing is compiled twice.
  run('cargo', ['test', '--quiet', '-p', 'xtask', '--profile', 'dev', '--features', features.join(',')]);

export async function house(features) {
  await xtask('layers', { features });
  await xtask('house', { features });
}

export async function types() {
  await tool('svelte-check/bin/svelte-check', ['--tsconfig', './tsconfig.json', '--fail-on-warnings']);
  await tool('typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.tools.json']);
}

export const unitTests = () => tool('vitest/vitest.mjs', ['run']);
export const pageTests = (env) => tool('@playwright/test/cli.js', ['test'], { env });

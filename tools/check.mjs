// npm run check: the quick part of `npm test`.
import { runStages, setUpPackages, setUpRust, xtask } from './lib.mjs';
import * as stage from './stages.mjs';

await runStages([
  ['tools', () => setUpRust().then(setUpPackages)],
  ['format', stage.format],
  ['lints, native', stage.lintNative],
  ['Rust tests', stage.rustTests],
  ['wasm', () => xtask('wasm')],
  ['types', stage.types],
]);

// npm test: everything, from a fresh clone. Stops at the first stage that fails.
import { runStages, setUpPackages, setUpRust, vite, xtask } from './lib.mjs';
import { setUpBrowser } from './browser.mjs';
import { checkSizes } from './sizes.mjs';
import * as stage from './stages.mjs';

// One build of xtask serves every chore of this run.
const features = ['wasm-test'];
let env = {};

await runStages([
  [
    'tools: wasm target, npm packages, browser',
    async () => {
      await setUpRust();
      await setUpPackages();
      env = await setUpBrowser();
    },
  ],
  ['format', stage.format],
  ['lints, native', stage.lintNative],
  ['lints, wasm32', stage.lintWasm],
  ['Rust tests', stage.rustTests],
  ['build chores: their tests', () => stage.choreTests(features)],
  ['house: layers, file lengths', () => stage.house(features)],
  ['wasm', () => xtask('wasm', { features })],
  ['wasm tests in the browser', () => xtask('wasm-test', { features, env })],
  ['types', stage.types],
  ['unit tests of the page', stage.unitTests],
  ['site', () => vite(['build'])],
  ['pages in the browser', () => stage.pageTests({ ...env, ...stage.program() })],
  ['sizes', async () => checkSizes()],
]);

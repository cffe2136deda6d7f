// npm run build: the static site in dist/, servable from any folder of any host.
import { main, setUpPackages, setUpRust, vite, xtask } from './lib.mjs';
import { checkSizes } from './sizes.mjs';

main(async () => {
  await setUpRust();
  await setUpPackages();
  await xtask('wasm');
  await vite(['build']);
  checkSizes();
});

// npm start: from a fresh clone to the page in a browser.
import { main, run, setUpPackages, setUpRust, vite, xtask } from './lib.mjs';

main(async () => {
  await setUpRust();
  await setUpPackages();
  await xtask('wasm');
  // Vite prints the address; what follows `npm start --` goes to it (--host, --port …).
  await vite(process.argv.slice(2));
});

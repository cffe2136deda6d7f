/** Loads what can be acted on: the module of all engines, and the part of one. */
import type { EngineName } from './lab';
import type { Lab, LabMaker, StartOptions } from './types';

/** Where the engines' parts are: each is fetched when it is chosen and added to the module of all. */
const PARTS = import.meta.glob<string>(['../../wasm/lab/*.wasm', '!**/quorumscope_bg.wasm'], {
  query: '?url',
  import: 'default',
});

async function loadBase() {
  const glue = await import('../../wasm/lab/quorumscope.js');
  return { glue, exports: await glue.default() };
}

let shared: ReturnType<typeof loadBase> | undefined;

/** What all engines need: one instance, also for two that are asked for at once. */
function base(): ReturnType<typeof loadBase> {
  return (shared ??= loadBase().catch((error: unknown) => {
    // Asked for again next time.
    shared = undefined;
    throw error;
  }));
}

async function compiled(engine: EngineName): Promise<WebAssembly.Module> {
  const address = await PARTS[`../../wasm/lab/${engine}.wasm`]?.();
  if (address === undefined) throw new Error(`this page was built without ${engine}`);
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  return WebAssembly.compile(await response.arrayBuffer());
}

export async function loadEngine(engine: EngineName): Promise<LabMaker> {
  const [{ glue, exports }, part] = await Promise.all([base(), compiled(engine)]);
  // It shares memory and functions with the module of all, and puts itself into its table.
  await WebAssembly.instantiate(part, { base: exports as unknown as WebAssembly.ModuleImports });
  glue.added(engine);
  // The generated class types what crosses as plain objects `any`; `Lab` says what they are.
  return {
    version: glue.version(),
    presets: glue.presets(engine),
    start: (options: StartOptions): Lab => new glue.Lab({ engine, ...options }),
    openTrace: (text: string): Lab => glue.Lab.openTrace(text),
    openLink: (bytes: Uint8Array): Lab => glue.Lab.openLink(bytes),
    legend: { height: glue.legendHeight, words: glue.legendWords, paint: glue.paintLegend },
  };
}

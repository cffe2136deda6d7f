/** Loads the wasm of an engine. The only file that imports the generated glue. */
import type { Lab, LabMaker, StartOptions } from './types';

/** Each engine is a module of its own; only the one shown is loaded. */
const ENGINES = {
  dledger: () => import('../../wasm/dledger/quorumscope.js'),
} as const;

export type EngineName = keyof typeof ENGINES;

export async function loadEngine(engine: EngineName): Promise<LabMaker> {
  const glue = await ENGINES[engine]();
  await glue.default();
  // The generated class types what crosses as plain objects `any`; `Lab` says what they are.
  return {
    version: glue.version(),
    start: (options: StartOptions): Lab => new glue.Lab({ engine, ...options }),
    openTrace: (text: string): Lab => glue.Lab.openTrace(text),
    openLink: (bytes: Uint8Array): Lab => glue.Lab.openLink(bytes),
  };
}

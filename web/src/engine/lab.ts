/** The engines, and the wasm that the demo runs of one. Only this folder imports the generated glue. */
import * as first from '../../wasm/dledger-demo/first.js';
import { NotLoaded, isLabError, type Demo, type Lab, type LabMaker, type StartOptions, type Status } from './types';

/** The titles of the engines by their names, as the registry and their sources have them (`vite.config.ts`). */
declare const ENGINES: Record<string, string>;

export type EngineName = string;

export const ENGINE_NAMES: readonly EngineName[] = Object.keys(ENGINES);

export const engineTitle = (engine: EngineName): string => ENGINES[engine] ?? engine;

/** Starts the run that greets the visitor, with the part of its engine's module that the run needs. */
export async function startDemo(options: StartOptions): Promise<{ version: string; demo: Demo }> {
  await first.default();
  return { version: first.version(), demo: new first.Lab({ engine: 'dledger', ...options }) };
}

/** Fetches what can be acted on; what it returns continues there what a demo has shown. */
export async function continuing(options: StartOptions): Promise<(seen: Status | null) => Lab> {
  const made = await maker('dledger');
  return (seen) => {
    const lab = made.start(options);
    if (!seen) return lab;
    // Nobody acted on the demo, so it happens again by itself.
    lab.race(seen.tip);
    lab.seek(seen.step);
    if (lab.status().digest === seen.digest) return lab;
    lab.free();
    throw new Error(`step ${seen.step} of the demo differs between the two modules of this page`);
  };
}

/** Nothing of it is needed while a visitor watches the demo. */
const load = async (engine: EngineName): Promise<LabMaker> => (await import('./parts')).loadEngine(engine);

/** The engines that were fetched. */
const makers = new Map<EngineName, Promise<LabMaker>>();

export function maker(engine: EngineName): Promise<LabMaker> {
  const known = makers.get(engine);
  if (known) return known;
  const made = load(engine).catch((error: unknown) => {
    // Asked for again next time.
    makers.delete(engine);
    throw new NotLoaded(String(error));
  });
  makers.set(engine, made);
  return made;
}

/** Opens a run with the module of its engine, which only the run itself names. */
export async function openWith(engine: EngineName, open: (maker: LabMaker) => Lab): Promise<Lab> {
  const made = await maker(engine);
  try {
    return open(made);
  } catch (error) {
    const other = isLabError(error) ? ENGINE_NAMES.find((name) => name === error.engine) : undefined;
    if (other === undefined || other === engine) throw error;
    return open(await maker(other));
  }
}

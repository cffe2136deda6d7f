/** Loads the wasm of an engine. The only file that imports the generated glue. */
import { isLabError, type Lab, type LabMaker, type StartOptions } from './types';

/** Each engine is a module of its own, fetched when it is chosen. The demo's comes first. */
const ENGINES = {
  dledger: { title: 'DLedger', glue: () => import('../../wasm/dledger/quorumscope.js') },
} as const;

export type EngineName = keyof typeof ENGINES;

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

export const engineTitle = (engine: EngineName): string => ENGINES[engine].title;

async function loadEngine(engine: EngineName): Promise<LabMaker> {
  const glue = await ENGINES[engine].glue();
  await glue.default();
  // The generated class types what crosses as plain objects `any`; `Lab` says what they are.
  return {
    version: glue.version(),
    start: (options: StartOptions): Lab => new glue.Lab({ engine, ...options }),
    openTrace: (text: string): Lab => glue.Lab.openTrace(text),
    openLink: (bytes: Uint8Array): Lab => glue.Lab.openLink(bytes),
  };
}

/** The modules that were fetched. */
const makers = new Map<EngineName, Promise<LabMaker>>();

export function maker(engine: EngineName): Promise<LabMaker> {
  const made = makers.get(engine) ?? loadEngine(engine);
  makers.set(engine, made);
  // What could not be fetched is asked for again next time.
  made.catch(() => makers.delete(engine));
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

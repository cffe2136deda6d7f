/** Loads the wasm of an engine. The only file that imports the generated glue. */
import { NotLoaded, isLabError, type Demo, type Lab, type LabMaker, type StartOptions, type Status } from './types';

/** Each engine is a module of its own, fetched when it is chosen. */
const ENGINES = {
  dledger: { title: 'DLedger', glue: () => import('../../wasm/dledger/quorumscope.js') },
  raft: { title: 'Raft', glue: () => import('../../wasm/raft/quorumscope.js') },
  braft: { title: 'braft', glue: () => import('../../wasm/braft/quorumscope.js') },
} as const;

export type EngineName = keyof typeof ENGINES;

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

export const engineTitle = (engine: EngineName): string => ENGINES[engine].title;

/** Starts the run that greets the visitor, with the part of its engine's module that the run needs. */
export async function startDemo(options: StartOptions): Promise<{ version: string; demo: Demo }> {
  const glue = await import('../../wasm/dledger-demo/first.js');
  await glue.default();
  return { version: glue.version(), demo: new glue.Lab({ engine: 'dledger', ...options }) };
}

/** Fetches the module that can be acted on; what it returns continues there what a demo has shown. */
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

async function loadEngine(engine: EngineName): Promise<LabMaker> {
  const glue = await ENGINES[engine].glue();
  await glue.default();
  // The generated class types what crosses as plain objects `any`; `Lab` says what they are.
  return {
    version: glue.version(),
    presets: glue.presets(),
    start: (options: StartOptions): Lab => new glue.Lab({ engine, ...options }),
    openTrace: (text: string): Lab => glue.Lab.openTrace(text),
    openLink: (bytes: Uint8Array): Lab => glue.Lab.openLink(bytes),
  };
}

/** The modules that were fetched. */
const makers = new Map<EngineName, Promise<LabMaker>>();

export function maker(engine: EngineName): Promise<LabMaker> {
  const known = makers.get(engine);
  if (known) return known;
  const made = loadEngine(engine).catch((error: unknown) => {
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

/** Loads the wasm of an engine. The only file that imports the generated glue. */
import { NotYet, type Lab, type LabMaker, type StartOptions } from './types';

/**
 * Each engine is a module of its own; only the one shown is loaded, in two parts: what the demo
 * needs, and the rest, for when somebody acts, opens a panel or brings a file.
 */
const ENGINES = {
  dledger: {
    glue: () => import('../../wasm/dledger/quorumscope.js'),
    methods: () => import('../../wasm/dledger/quorumscope_rest.js'),
    rest: () => import('../../wasm/dledger/quorumscope_rest.wasm?url'),
  },
} as const;

export type EngineName = keyof typeof ENGINES;

type Methods = Record<string, unknown>;

export async function loadEngine(engine: EngineName): Promise<LabMaker> {
  const parts = ENGINES[engine];
  const [glue, { methods }] = await Promise.all([parts.glue(), parts.methods()]);
  const first: object = await glue.default();
  let arrival: Promise<void> | null = null;

  async function fetchRest(): Promise<void> {
    const { default: url } = await parts.rest();
    const bytes = await (await fetch(url)).arrayBuffer();
    // The rest puts its functions into the table of the first part.
    await WebAssembly.instantiate(bytes, { first } as WebAssembly.Imports);
    restore();
  }
  function more(): Promise<void> {
    // A load that failed may be tried again.
    arrival ??= fetchRest().catch((error: unknown) => {
      arrival = null;
      throw error;
    });
    return arrival;
  }
  const early = (): never => {
    throw new NotYet(more());
  };
  const restore = replace([glue.Lab as unknown as Methods, glue.Lab.prototype as unknown as Methods], methods, early);

  // The generated class types what crosses as plain objects `any`; `Lab` says what they are.
  return {
    version: glue.version(),
    more,
    start: (options: StartOptions): Lab => new glue.Lab({ engine, ...options }),
    openTrace: (text: string): Lab => glue.Lab.openTrace(text),
    openLink: (bytes: Uint8Array): Lab => glue.Lab.openLink(bytes),
  };
}

/** Puts `instead` in the place of methods, static or not; what it returns puts them back. */
function replace(owners: Methods[], methods: readonly string[], instead: () => never): () => void {
  const taken: (() => void)[] = [];
  for (const owner of owners) {
    for (const name of methods.filter((method) => Object.hasOwn(owner, method))) {
      const real = owner[name];
      owner[name] = instead;
      taken.push(() => (owner[name] = real));
    }
  }
  return () => taken.forEach((putBack) => putBack());
}

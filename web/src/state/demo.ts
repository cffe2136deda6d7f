/**
 * The run that greets the visitor: a cluster that boots before one's eyes, on a network slow
 * enough to be watched at a pace where an election takes seconds.
 */
export const DEMO = {
  nodes: 5,
  clients: 2,
  latencyUs: [40_000, 80_000] as [number, number],
};

/** A seed of the visitor's own, so that no two demos are the same. */
export function freshSeed(): string {
  const [seed = 1] = crypto.getRandomValues(new Uint32Array(1));
  return String(seed % 1_000_000);
}

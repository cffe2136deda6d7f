/**
 * The run that greets the visitor: a cluster that boots before one's eyes, on a network slow
 * enough to be watched at a pace where an election takes seconds. With this seed the first
 * leader is there after some 0.6 s of virtual time, 3 s of watching.
 */
export const DEMO = {
  nodes: 5,
  clients: 2,
  seed: '1',
  latencyUs: [20_000, 50_000] as [number, number],
};

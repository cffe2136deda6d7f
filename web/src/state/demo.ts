import demo from './demo.json';

/**
 * The run that greets the visitor: a cluster that boots before one's eyes, on a network slow
 * enough to be watched at a pace where an election takes seconds. With this seed the first
 * leader is there after some 0.6 s of virtual time, 3 s of watching. In a file of its own, because
 * the build watches it too: what it runs is what a first visit loads.
 */
export const DEMO = { ...demo, latencyUs: demo.latencyUs as [number, number] };

/** RaftScope's two keys for the timers: by the engine's own commands, or else by the clocks. */
import { align, everyNode, spread } from './faults';
import type { Run } from './run.svelte';

/** Whether nodes have a command of this name. */
const have = (run: Run, verb: string) => run.askWhole((lab) => lab.commands())?.some((c) => c.node && c.verb === verb);

/** Moves the timers apart. */
export function spreadTimers(run: Run): void {
  if (!run.ready(() => spreadTimers(run))) return;
  const { status } = run;
  if (!status) return;
  run.actAll(have(run, 'spread') ? everyNode(status.nodes, 'spread') : spread(status.nodes, status.seed, status.step));
}

/** Lets the timers run out together; without a command for that, sets every clock right. */
export function alignTimers(run: Run): void {
  if (!run.ready(() => alignTimers(run))) return;
  const nodes = run.status?.nodes ?? 0;
  const skews = () => Array.from({ length: nodes }, (_, id) => run.askWhole((lab) => lab.node(id))?.skewUs ?? 0);
  run.actAll(have(run, 'align') ? everyNode(nodes, 'align') : align(skews()));
}

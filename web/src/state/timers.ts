/** RaftScope's two keys for the timers: by the system's own command, or else by the clocks. */
import { align, spread } from './faults';
import type { Run } from './run.svelte';

/** What the nodes have a command for. */
const moves = (run: Run, together: boolean) => run.askWhole((lab) => lab.moveTimers(run.shownUs, together));

/** Moves the timers that run out first apart; without a command for that, moves every clock. */
export function spreadTimers(run: Run): void {
  if (!run.ready(() => spreadTimers(run))) return;
  const { status } = run;
  if (!status) return;
  run.actAll(moves(run, false) ?? spread(status.nodes, status.seed, status.step));
}

/** Lets the timers that run out first run out together; without a command for that, sets every clock right. */
export function alignTimers(run: Run): void {
  if (!run.ready(() => alignTimers(run))) return;
  const nodes = run.status?.nodes ?? 0;
  const skews = () => Array.from({ length: nodes }, (_, id) => run.askWhole((lab) => lab.node(id))?.skewUs ?? 0);
  run.actAll(moves(run, true) ?? align(skews()));
}

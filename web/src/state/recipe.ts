/** What the user did, as text: the actions of a trace file, each at its step and instant. */
import { instantText } from './format';

interface Line {
  qtrace?: { engine: string; nodes: number; clients: number; seed: string; latency_us: [number, number]; fifo?: boolean; settings: [string, string][] };
  branch?: { name: string; parent?: [number, number]; cause?: string };
  do?: [number, number, string];
}

/** The recipe of the run in a trace file's text; one line an action, a heading a branch. */
export function recipe(trace: string): string {
  const out: string[] = [];
  for (const text of trace.split('\n')) {
    if (!text) continue;
    const { qtrace, branch, do: act } = JSON.parse(text) as Line;
    if (qtrace) {
      const { engine, nodes, clients, seed, latency_us: latency, fifo, settings } = qtrace;
      out.push(`${engine}  nodes ${nodes}  clients ${clients}  seed ${seed}  latency ${latency.join('–')} µs${fifo ? '  fifo' : ''}`);
      out.push(...settings.map(([name, value]) => `set ${name} ${value}`));
    } else if (branch) {
      const from = branch.parent ? `  from branch ${branch.parent[0]}, step ${branch.parent[1]}` : '';
      out.push('', `branch ${branch.name}${from}`);
    } else if (act) {
      const [step, us, decision] = act;
      out.push(`${String(step).padStart(6)}  ${us > 0 ? instantText(us) : '·'.padStart(7)}  ${decision}`);
    }
  }
  return out.join('\n');
}

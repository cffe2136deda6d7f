/** The words of a decision's text; the same escapes as in `crates/kernel/src/decision.rs`. */
import type { CommandDesc, DecisionText } from '../engine/types';

const ESCAPES: Record<string, string> = { ' ': '%20', '%': '%25', '\n': '%0A', '\r': '%0D', '\t': '%09' };

export function word(text: string): string {
  return text === '' ? '%00' : text.replace(/[ %\n\r\t]/g, (c) => ESCAPES[c] ?? c);
}

export function command(who: string, verb: string, ...args: string[]): DecisionText {
  return ['do', who, word(verb), ...args.map(word)].join(' ');
}

export function set(name: string, value: string): DecisionText {
  return `set ${word(name)} ${word(value)}`;
}

/** The command that writes one value, whatever the engine calls it: that of a client, or to a node itself. */
export function writeCommand(commands: CommandDesc[], of: 'client' | 'node' = 'client'): CommandDesc | undefined {
  return commands.find((c) => c[of] && c.writes && c.args[0]?.startsWith('value'));
}

/** The number in `node:2`, or null for another thing. */
export function nodeOf(hit: string | null): number | null {
  const found = /^node:(\d+)$/.exec(hit ?? '');
  return found ? Number(found[1]) : null;
}

/** The ends of `link:0-2`, or of what a leader does for a follower, `pill:2-0`; null for another thing. */
export function linkOf(hit: string | null): [number, number] | null {
  const found = /^(?:link|pill):(\d+)-(\d+)$/.exec(hit ?? '');
  return found ? [Number(found[1]), Number(found[2])] : null;
}

export const linkTitle = ([a, b]: [number, number]): string => `n${a} – n${b}`;

/** A node's name as the systems' logs have it, for hits: `n2` is `node:2`. */
export function hitOfAddr(name: string): string | null {
  const found = /^n(\d+)$/.exec(name);
  return found ? `node:${found[1]}` : null;
}

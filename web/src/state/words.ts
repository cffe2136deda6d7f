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

const numberOf = (hit: string | null, kind: string): number | null =>
  hit?.startsWith(kind) ? Number(hit.slice(kind.length)) : null;

/** The number in `node:2`, or null for another thing. */
export const nodeOf = (hit: string | null): number | null => numberOf(hit, 'node:');

/** The number in `client:0`, or null for another thing. */
export const clientOf = (hit: string | null): number | null => numberOf(hit, 'client:');

/** The ends of `link:0-2`, or of what a leader does for a follower, `pill:2-0`; null for another thing. */
export function linkOf(hit: string | null): [number, number] | null {
  const found = /^(?:link|pill):(\d+)-(\d+)$/.exec(hit ?? '');
  return found ? [Number(found[1]), Number(found[2])] : null;
}

export const linkTitle = ([a, b]: [number, number]): string => `n${a} – n${b}`;

/** A node's or client's name as sentences have it, for hits: `n2` is `node:2`, `c0` is `client:0`. */
export function hitOfAddr(name: string): string | null {
  const found = /^([nc])(\d+)$/.exec(name);
  return found ? `${found[1] === 'n' ? 'node' : 'client'}:${found[2]}` : null;
}

/** Faults that are more than one decision: partitions, healing, clocks. Plain lists of decisions. */
import type { CommandDesc, DecisionText } from '../engine/types';
import { command, writeCommand } from './words';

const names = (nodes: number): string[] => Array.from({ length: nodes }, (_, id) => `n${id}`);

/** Every way between a group and the rest, both directions. */
export function partition(nodes: number, group: readonly number[]): DecisionText[] {
  const inside = new Set(group.map((id) => `n${id}`));
  const all = names(nodes);
  const rest = all.filter((name) => !inside.has(name));
  return all.filter((name) => inside.has(name)).flatMap((a) => rest.flatMap((b) => [`cut ${a} ${b}`, `cut ${b} ${a}`]));
}

/** Heals every way; the ones that are not cut refuse. */
export function healAll(nodes: number): DecisionText[] {
  const all = names(nodes);
  return all.flatMap((a) => all.filter((b) => b !== a).map((b) => `heal ${a} ${b}`));
}

/** Whoever is paused goes on, whoever is down boots. */
export function revive(nodes: number): DecisionText[] {
  return names(nodes).flatMap((name) => [`resume ${name}`, `restart ${name}`]);
}

/** RaftScope's scenario of a log: all but the leader and the node after it crash, and the leader is given three writes. */
export function logScenario(nodes: number, leader: string, commands: CommandDesc[]): DecisionText[] {
  const all = names(nodes);
  const follower = all[(all.indexOf(leader) + 1) % nodes];
  const write = writeCommand(commands, 'node');
  const crashes = all.filter((name) => name !== leader && name !== follower).map((name) => `crash ${name}`);
  return [...crashes, ...(write ? [1, 2, 3].map((n) => command(leader, write.verb, `x=${n}`)) : [])];
}

/** Groups that hear each other, when somebody is cut off: `n0 n1 | n2`. */
export function groups(nodes: number, isCut: (a: string, b: string) => boolean): string[][] {
  const left = new Set(names(nodes));
  const found: string[][] = [];
  for (const first of names(nodes)) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (const a of group) {
      for (const b of [...left]) {
        if (isCut(a, b) && isCut(b, a)) continue;
        left.delete(b);
        group.push(b);
      }
    }
    found.push(group.sort());
  }
  return found;
}

/** A small hash with a good spread; the same amounts for the same run at the same step. */
function mixed(...words: number[]): number {
  let h = 0x9e3779b9;
  for (const word of words) {
    h = Math.imul(h ^ word, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}

const SPREAD_US = 150_000;

/** Moves the clocks a little apart, so that timers that would run out together do not. */
export function spread(nodes: number, seed: string, step: number): DecisionText[] {
  const order = names(nodes).map((name, id) => ({ name, at: mixed(Number(BigInt(seed) & 0xffffffffn), step, id) }));
  order.sort((a, b) => a.at - b.at);
  return order.map(({ name, at }, place) => `skew ${name} ${place * SPREAD_US + (at % (SPREAD_US / 2))}`);
}

/** Sets every clock right again. */
export function align(skews: readonly number[]): DecisionText[] {
  return skews.flatMap((us, id) => (us === 0 ? [] : [`skew n${id} ${-us}`]));
}

/** Which points lie inside a drawn line, even-odd. */
export function enclosed(line: readonly (readonly [number, number])[], points: readonly (readonly [number, number])[]): number[] {
  const inside = ([x, y]: readonly [number, number]): boolean => {
    let odd = false;
    line.forEach(([ax, ay], i) => {
      const [bx, by] = line[(i + 1) % line.length] ?? [ax, ay];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    });
    return odd;
  };
  return points.flatMap((point, i) => (inside(point) ? [i] : []));
}

import { describe, expect, it } from 'vitest';
import { align, enclosed, groups, healAll, partition, spread } from './faults';

describe('partitions', () => {
  it('cut every way between the groups, and none inside', () => {
    expect(partition(3, [1])).toEqual(['cut n1 n0', 'cut n0 n1', 'cut n1 n2', 'cut n2 n1']);
    expect(partition(5, [0, 1])).toHaveLength(12);
    expect(partition(5, [])).toEqual([]);
    expect(partition(2, [0, 1])).toEqual([]);
  });

  it('are healed way by way', () => {
    expect(healAll(2)).toEqual(['heal n0 n1', 'heal n1 n0']);
    expect(healAll(5)).toHaveLength(20);
  });

  it('are told as groups; a way that is cut in one direction only still joins', () => {
    const cut = new Set(['n0 n2', 'n2 n0', 'n1 n2', 'n2 n1']);
    expect(groups(3, (a, b) => cut.has(`${a} ${b}`))).toEqual([['n0', 'n1'], ['n2']]);
    cut.delete('n1 n2');
    expect(groups(3, (a, b) => cut.has(`${a} ${b}`))).toHaveLength(1);
  });
});

describe('clocks', () => {
  const amounts = (texts: string[]) => texts.map((text) => Number(text.split(' ')[2]));

  it('are spread by different amounts, the same for the same seed and step', () => {
    const once = spread(5, '7', 3);
    expect(new Set(amounts(once)).size).toBe(5);
    expect(Math.max(...amounts(once))).toBeLessThan(1_000_000);
    expect(spread(5, '7', 3)).toEqual(once);
    expect(spread(5, '8', 3)).not.toEqual(once);
    expect(spread(3, '18446744073709551615', 0)).toHaveLength(3);
  });

  it('are aligned by what they are off', () => {
    expect(align([0, 1500, -20])).toEqual(['skew n1 -1500', 'skew n2 20']);
  });
});

describe('a drawn line', () => {
  it('encloses what is inside, wherever it was begun', () => {
    const line = [[0, 0], [10, 0], [10, 10], [0, 10]] as const;
    expect(enclosed(line, [[5, 5], [15, 5], [9, 1], [-1, -1]])).toEqual([0, 2]);
    expect(enclosed([], [[5, 5]])).toEqual([]);
  });
});

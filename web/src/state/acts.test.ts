import { beforeAll, describe, expect, it } from 'vitest';
import type { Act, PendingRow } from '../engine/types';
import { i18n, t } from '../i18n/texts.svelte';
import { actFor, actLabel, menuLines } from './acts';

const act = (decision: string, reason: string | null = null): Act => ({
  verb: decision.split(' ')[0] ?? '',
  decision,
  reason,
});

// As the page does before a run can be acted on.
beforeAll(() => i18n.rest());

describe('acts', () => {
  it('are called by what they do', () => {
    expect(actLabel('deliver 17.0', t)).toBe('Deliver');
    expect(actLabel('drop 17.0', t, 'silence')).toBe('Drop');
    expect(actLabel('drop 17.0', t, 'timesOut')).toBe('Let time out');
    expect(actLabel('drop 17.0', t, 'breaks')).toBe('Break');
    expect(actLabel('crash n2 power', t)).toBe('Crash, unsynced writes lost');
    expect(actLabel('cut n0 n2', t)).toBe('Cut n0→n2');
    expect(actLabel('skew n1 -1000000', t)).toBe('Clock 1.0 s back');
    expect(actLabel('slow n1 50000', t)).toBe('Disk 50 ms slower');
    expect(actLabel('failnext n1', t)).toBe('Next write it waits for fails');
    expect(actLabel('do n0 transfer n2', t)).toBe('Hand leadership from n0 to n2');
    expect(actLabel('do c0 get 3', t)).toBe('c0: get 3');
    expect(actLabel('shape n0 n1 1 2 3', t)).toBe('Slow and lossy n0→n1');
    expect(actLabel('unshape n0 n1', t)).toBe('n0→n1 as before');
  });

  it('restart a node that runs at one click, by a crash and a boot', () => {
    const runs = menuLines([act('crash n1'), act('crash n1 power'), act('restart n1', 'n1 runs')], t);
    expect(runs[2]).toEqual({ id: 'crash n1\nrestart n1', label: 'Restart', reason: null });
    const down = menuLines([act('crash n1', 'n1 is crashed'), act('crash n1 power', 'n1 is crashed'), act('restart n1')], t);
    expect(down.map(({ id, reason }) => [id, reason])).toEqual([
      ['crash n1', 'n1 is crashed'],
      ['crash n1 power', 'n1 is crashed'],
      ['restart n1', null],
    ]);
  });

  it('say of a node that is down why no timer of it runs out, and nothing of one that runs', () => {
    const down = [act('crash n1', 'n1 is down already'), act('pause n1', 'n1 is crashed')];
    expect(menuLines(down, t)[0]).toEqual({ id: 'fire n1', label: 'Time out', reason: 'n1 is crashed' });
    expect(menuLines([act('pause n1')], t)).toHaveLength(1);
    expect(menuLines([act('fire n1 0', 'n1 is paused'), act('pause n1', 'n1 is paused')], t)).toHaveLength(2);
  });

  it('follow their key, the legal one first', () => {
    const row = { acts: [act('deliver 1.0'), act('hold 1.0', 'held'), act('release 1.0')] } as unknown as PendingRow;
    expect(actFor(row, 'hold')?.decision).toBe('release 1.0');
    expect(actFor(row, 'deliver')?.decision).toBe('deliver 1.0');
    expect(actFor(row, 'drop')).toBeUndefined();
  });
});

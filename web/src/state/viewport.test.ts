import { describe, expect, it } from 'vitest';
import type { Status } from '../engine/types';
import { Viewport } from './viewport.svelte';

describe('the log table', () => {
  it('follows the end, with a column beyond it for what is sent next', () => {
    const view = new Viewport();
    const status = { logFirst: 1, logEnd: 13 } as Status;
    expect(view.logFrom(status, 12.9)).toBe(2);
    expect(view.logFrom(status, 20)).toBe(1);
  });
});

describe('the window of the space-time diagram', () => {
  it('grows with a young run and then follows the playhead', () => {
    const view = new Viewport();
    expect(view.window(0)).toEqual([0, 200_000]);
    expect(view.window(300_000)).toEqual([0, 400_000]);
    expect(view.window(700_000)).toEqual([0, 1_500_000]);
    const [from, to] = view.window(5_000_000);
    expect(to - from).toBe(1_500_000);
    expect((5_000_000 - from) / 1_500_000).toBeCloseTo(0.78);
  });

  it('is as short as a stretch of time allows', () => {
    const view = new Viewport();
    expect([30_000, 50_000, 150_000, 300_000, 5_000_000].map((us) => view.fit(us))).toEqual([50_000, 100_000, 200_000, 400_000, 1_500_000]);
    view.fit(30_000);
    expect(view.window(1_000_000)).toEqual([961_000, 1_011_000]);
  });

  it('always has the playhead in it', () => {
    const view = new Viewport();
    for (let us = 0; us < 3_000_000; us += 50_000) {
      const [from, to] = view.window(us);
      expect(us >= from && us < to).toBe(true);
    }
  });

  it('stays where the user moved it, of the size it was seen in', () => {
    const view = new Viewport();
    view.panTime(50_000, 100_000);
    expect(view.window(9_000_000)).toEqual([50_000, 250_000]);
    view.zoomTime(2, 50_000, 100_000);
    expect(view.window(9_000_000)).toEqual([50_000, 450_000]);
    view.reset();
    expect(view.window(100_000)).toEqual([0, 200_000]);
  });
});

import { describe, expect, it } from 'vitest';
import { askAgain, keep, kept, takeAgain } from './keep';

function shelf() {
  const map = new Map<string, string>();
  return {
    map,
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

describe('the kept run', () => {
  it('is taken up once, at the step asked for', () => {
    const s = shelf();
    keep(s, 'the trace', 282);
    expect(takeAgain(s)).toBeNull();
    askAgain(s, 281);
    expect(takeAgain(s)).toEqual({ trace: 'the trace', step: 281 });
    expect(takeAgain(s)).toBeNull();
    expect(kept(s)).toEqual({ trace: 'the trace', step: 282 });
  });

  it('keeps the older run when the device has no room, and forgives damage', () => {
    const s = shelf();
    keep(s, 'old', 1);
    const full = { ...s, setItem: () => { throw new Error('full'); } };
    keep(full, 'new', 2);
    expect(kept(s)).toEqual({ trace: 'old', step: 1 });
    s.map.set('quorumscope.run', '{');
    expect(kept(s)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { actionOf, type Stroke } from './keys';

const stroke = (key: string, more: Partial<Stroke> = {}): Stroke => ({
  key,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});

describe('keys', () => {
  it('keep the meaning they have in RaftScope', () => {
    const raftScope = { ' ': 'play', '.': 'play', '?': 'help', c: 'request', r: 'restartLeader', t: 'spread', a: 'align', l: 'scenario', b: 'resumeAll', f: 'fork' };
    for (const [key, action] of Object.entries(raftScope)) expect(actionOf(stroke(key))).toBe(action);
  });

  it('tell one step from ten', () => {
    expect(actionOf(stroke('ArrowLeft'))).toBe('back');
    expect(actionOf(stroke('ArrowLeft', { shiftKey: true }))).toBe('back10');
  });

  it('take a letter in either case, and signs that need shift', () => {
    expect(actionOf(stroke('D', { shiftKey: true }))).toBe('deliver');
    expect(actionOf(stroke('?', { shiftKey: true }))).toBe('help');
    expect(actionOf(stroke('+', { shiftKey: true }))).toBe('faster');
  });

  it('leave the browser its own', () => {
    expect(actionOf(stroke('r', { ctrlKey: true }))).toBeNull();
    expect(actionOf(stroke('ArrowLeft', { altKey: true }))).toBeNull();
    expect(actionOf(stroke('q'))).toBeNull();
  });

  it('can be switched off, but for leaving and help', () => {
    expect(actionOf(stroke('x'), false)).toBeNull();
    expect(actionOf(stroke('Escape'), false)).toBe('close');
    expect(actionOf(stroke('?'), false)).toBe('help');
  });
});

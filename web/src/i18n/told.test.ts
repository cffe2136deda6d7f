import { describe, expect, it } from 'vitest';
import type { Segment } from '../engine/types';
import { pattern, told } from './told';
import { ZH_TOLD } from './zh-told';

const text = (words: string): Segment => ({ kind: 'text', text: words, term: null });
const addr = (name: string): Segment => ({ kind: 'addr', text: name, term: null });
const code = (name: string): Segment => ({ kind: 'code', text: name, term: null });
const words = (parts: Segment[]) => parts.map((part) => part.text).join('');

describe('sentences of the run', () => {
  it('are translated by their pattern, and names stay what they are', () => {
    const parts = [addr('n3'), text(' gets '), code('VOTE'), text(' from '), addr('n1'), text(': '), code('ACCEPT'), text('.')];
    const chinese = told(parts, ZH_TOLD);
    expect(words(chinese)).toBe('n3 收到 n1 的 VOTE：ACCEPT。');
    expect(chinese.filter((part) => part.kind === 'addr').map((part) => part.text)).toEqual(['n3', 'n1']);
  });

  it('have routes, groups, spans and numbers among their words', () => {
    expect(words(told([text('n0 n1 | n2 n3 n4 are cut apart.')], ZH_TOLD))).toBe('n0 n1 | n2 n3 n4 之间被切断。');
    expect(words(told([text('The link n0→n2 is cut.')], ZH_TOLD))).toBe('连接 n0→n2 被切断。');
    const lost = [text('The '), code('H'), text(' '), text('n0→n2'), text(' is lost'), text('.')];
    expect(words(told(lost, ZH_TOLD))).toBe('n0→n2 的 H 丢失。');
    const early = [code('poll'), text(' of '), addr('n1'), text(' fires'), text(', 12 ms early: only its own clock moved.')];
    expect(words(told(early, ZH_TOLD))).toBe('n1 的 poll 提前 12 ms 触发：只有它自己的时钟走动。');
    expect(words(told([text('Time passes until 1.250 ms.')], ZH_TOLD))).toBe('时间流逝到 1.250 ms。');
  });

  it('may end in anything', () => {
    const parts = [addr('c0'), text(' is told: '), code('append'), text(' x=1 12.')];
    expect(words(told(parts, ZH_TOLD))).toBe('向 c0 下达命令：append x=1 12.');
  });

  it('stay as they are when nobody has translated them', () => {
    const parts = [addr('n1'), text(' knits.')];
    expect(told(parts, ZH_TOLD)).toBe(parts);
  });

  it('have the holes of their patterns in every translation', () => {
    for (const [key, value] of Object.entries(ZH_TOLD)) {
      expect([...value.matchAll(/\{\d+\}|…/g)].map(String).sort(), key).toEqual([...key.matchAll(/\{\d+\}|…/g)].map(String).sort());
      expect(pattern([text(key.replace(/\{\d+\}/g, 'n1'))])[0].length, key).toBeGreaterThan(0);
    }
  });
});

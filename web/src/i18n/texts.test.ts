import { describe, expect, it } from 'vitest';
import { en, type TextKey } from './en';
import { fill } from './fill';
import { i18n, t } from './texts.svelte';
import { zh } from './zh';

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
const keys = Object.keys(en) as TextKey[];

describe('texts', () => {
  it('have the same keys and the same holes in both languages', () => {
    expect(Object.keys(zh).sort()).toEqual([...keys].sort());
    for (const key of keys) expect(holes(zh[key]), key).toEqual(holes(en[key]));
  });

  it('are none of them empty, and the Chinese ones are Chinese', () => {
    for (const key of keys) {
      expect(en[key].trim(), key).not.toBe('');
      if (key !== 'play.of') expect(zh[key], key).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  it('keep a hole that nobody fills', () => {
    expect(fill('step {step} of {tip}', { step: 3 })).toBe('step 3 of {tip}');
  });

  it('follow the language', async () => {
    expect(t('play.step', { step: 7 })).toBe('step 7');
    await i18n.use('zh');
    expect(t('play.step', { step: 7 })).toBe('第 7 步');
    await i18n.use('en');
  });
});

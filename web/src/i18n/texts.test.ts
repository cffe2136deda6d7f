import { describe, expect, it } from 'vitest';
import { en, type TextKey } from './en';
import { later } from './later';
import { fill } from './fill';
import { i18n, t } from './texts.svelte';
import { zh } from './zh';

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
const english = { ...en, ...later };
const keys = Object.keys(english) as TextKey[];

/** Every source file of the page by its path from `web/src`. */
const sources = new Map(
  Object.entries(import.meta.glob<string>('/web/src/**/*.{ts,svelte}', { query: '?raw', import: 'default', eager: true })),
);

/** The source files that come with the first load, from this one on. */
function eager(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path = ''] of (sources.get(file) ?? '').matchAll(/^\s*import (?!type)[^;]*?from '(\.[^']+)'/gm)) {
    const whole = new URL(path, `file://${file}`).pathname;
    const there = ['', '.ts', '.svelte'].map((end) => whole + end).find((name) => sources.has(name));
    if (there) eager(there, found);
  }
  return found;
}

describe('texts', () => {
  it('have the same keys and the same holes in both languages', () => {
    expect(Object.keys(zh).sort()).toEqual([...keys].sort());
    for (const key of keys) expect(holes(zh[key]), key).toEqual(holes(english[key]));
  });

  it('are none of them empty, and the Chinese ones are Chinese', () => {
    for (const key of keys) {
      expect(english[key].trim(), key).not.toBe('');
      if (key !== 'play.of') expect(zh[key], key).toMatch(/[\u4e00-\u9fff]/);
    }
  });

  it('that come later are not said by what comes at once', () => {
    const files = eager('/web/src/main.ts');
    expect(files.size).toBeGreaterThan(30);
    for (const file of files) {
      // Acts are named when a run can be acted on, and their words arrive with that.
      const others = Object.keys(later).filter((key) => !key.startsWith('verb.'));
      const said = others.filter((key) => sources.get(file)?.includes(`'${key}'`));
      expect(said, file).toEqual([]);
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

/** The language of the page. English is loaded with it, the others when chosen. */
import type { Segment } from '../engine/types';
import { en, type TextKey, type Texts } from './en';
import { fill } from './fill';

export type Language = 'en' | 'zh';

/** What assistive technology and fonts go by. */
export const LANG_TAGS: Record<Language, string> = { en: 'en', zh: 'zh-Hans' };

class I18n {
  language = $state<Language>('en');
  #english: Partial<Texts> = en;
  #texts = $state.raw<Partial<Texts>>(en);

  /** A sentence of the run in the language of the page. */
  tell = $state.raw((parts: Segment[]) => parts);

  async use(language: Language): Promise<void> {
    const other = language === 'zh' ? await import('./zh') : null;
    this.#texts = other?.zh ?? this.#english;
    this.tell = other?.tell ?? ((parts) => parts);
    this.language = language;
  }

  /** Loads what parts say that come later; each of them waits for it. */
  async rest(): Promise<void> {
    const { later } = await import('./later');
    this.#english = { ...en, ...later };
    if (this.language === 'en') this.#texts = this.#english;
  }

  t(key: TextKey, values?: Record<string, string | number>): string {
    return fill(this.#texts[key] ?? '', values);
  }
}

export const i18n = new I18n();

/** The text of a key in the language of the page. */
export const t = (key: TextKey, values?: Record<string, string | number>): string => i18n.t(key, values);

/** What the device keeps of the user's choices. A device that keeps nothing is fine too. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'quorumscope.choices';

interface Choices {
  theme: Theme;
  language: 'en' | 'zh' | null;
  singleKeys: boolean;
  /** Everything larger, for a room. */
  presenter: boolean;
  /** Pixels of the panes that are not of their usual size. */
  panes: Readonly<Record<string, number>>;
}

const DEFAULTS: Choices = { theme: 'system', language: null, singleKeys: true, presenter: false, panes: {} };

function read(): Choices {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Choices>;
    return {
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
      language: kept.language === 'en' || kept.language === 'zh' ? kept.language : null,
      singleKeys: kept.singleKeys !== false,
      presenter: kept.presenter === true,
      panes: kept.panes ?? {},
    };
  } catch {
    return DEFAULTS;
  }
}

class Prefs {
  #choices = $state.raw<Choices>(read());

  get theme(): Theme {
    return this.#choices.theme;
  }

  get language(): 'en' | 'zh' | null {
    return this.#choices.language;
  }

  get singleKeys(): boolean {
    return this.#choices.singleKeys;
  }

  get presenter(): boolean {
    return this.#choices.presenter;
  }

  get panes(): Choices['panes'] {
    return this.#choices.panes;
  }

  set(change: Partial<Choices>): void {
    this.#choices = { ...this.#choices, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#choices));
    } catch {
      // Storage is full or forbidden: the choice holds until the page is closed.
    }
  }

  /** System, light, dark, and round again. */
  nextTheme(): void {
    const order: Theme[] = ['system', 'light', 'dark'];
    this.set({ theme: order[(order.indexOf(this.theme) + 1) % order.length] ?? 'system' });
  }
}

export const prefs = new Prefs();

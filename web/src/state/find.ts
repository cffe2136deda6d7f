/** What can be found and gone to by typing: commands, nodes, steps, instants, entries, terms, settings, scenarios. */
import type { TextKey } from '../i18n/en';
import { menuLines } from './acts';
import { KEYS, type KeyAction } from './keys';
import type { Page } from './page.svelte';
import { storyFragment, type StoryEntry } from './story.svelte';

type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

export interface Found {
  id: string;
  label: string;
  go: () => void;
  /** Why it cannot be done now. */
  reason?: string | null;
  /** Other words it is found by. */
  also?: string;
  /** It wants more words: what the field holds once it is chosen. */
  fill?: string;
}

/** Everything, or only places in the run. */
export type Aim = 'find' | 'goTo';

/** Keys that only make sense pressed, or that lead back here. */
const NOT_LISTED: readonly KeyAction[] = ['node', 'find', 'goTo', 'default', 'menu', 'close'];

/** The first step at which some node has reached a term; null when none has. */
export function stepOfTerm(page: Page, term: number): number | null {
  const { run } = page;
  const { step: here = 0, tip = 0, nodes = 0 } = run.status ?? {};
  return run.askWhole((lab) => {
    const reached = (step: number): boolean => {
      lab.seek(step);
      return Array.from({ length: nodes }, (_, id) => lab.node(id)?.term ?? 0).some((has) => has >= term);
    };
    let [low, high] = [0, tip];
    const found = reached(tip);
    // Terms only grow, so half of what is left can be left out each time.
    while (found && low < high) {
      const middle = Math.floor((low + high) / 2);
      if (reached(middle)) high = middle;
      else low = middle + 1;
    }
    lab.seek(here);
    return found ? low : null;
  });
}

function places(page: Page, typed: string, t: Translate): Found[] {
  const { run } = page;
  const { tip = 0, logFirst = 0, logEnd = 0, nodes = 0, clients = 0 } = run.status ?? {};
  const found: Found[] = [];
  const add = (id: string, label: string, go: () => void) => found.push({ id, label, go });
  const number = Number(/(\d+)$/.exec(typed)?.[1] ?? NaN);
  const means = (word: string) => new RegExp(`^(${word})?\\s*\\d+$`).test(typed);
  if (means('s|step') && number <= tip) add('step', t('find.step', { step: number }), () => run.seek(number));
  const time = /^(?:time|at)?\s*(\d+(?:\.\d+)?)\s*(s|ms|µs|us)$/.exec(typed);
  if (time) {
    const us = Number(time[1]) * { s: 1e6, ms: 1e3, µs: 1, us: 1 }[time[2] as 's' | 'ms' | 'µs' | 'us'];
    add('time', t('find.time', { time: typed }), () => run.seekTime(us));
  }
  if (means('e|entry') && number >= logFirst && number < logEnd) {
    add('entry', t('find.entry', { index: number }), () => run.showEntry(number));
  }
  const step = means('t|term') ? stepOfTerm(page, number) : null;
  if (step !== null) add('term', t('find.term', { term: number, step }), () => run.seek(step));
  if (/^(c|client)\s*\d+$/.test(typed) && number < clients) add('client', `c${number}`, () => page.select(`client:${number}`));
  if (means('n|node') && number < nodes) add('node', `n${number}`, () => page.select(`node:${number}`));
  return found;
}

/** What the menus of all nodes offer, with whose menu it is. */
function acts(page: Page, t: Translate): Found[] {
  const { run } = page;
  const ids = Array.from({ length: run.status?.nodes ?? 0 }, (_, id) => id);
  return ids.flatMap((id) => {
    const menu = run.askWhole((lab) => lab.menu(`node:${id}`)) ?? [];
    return menuLines(menu, t).map((line) => {
      const act = menu.find(({ decision }) => line.id.endsWith(decision));
      // What is asked of the leader says whom it is about.
      const whose = act?.own === undefined && act?.verb === 'do' ? '' : `n${id}: `;
      return { ...line, label: whose + line.label, go: () => run.take(line.id.split('\n')), also: `${line.id} ${synonyms(line.id, t)}` };
    });
  });
}

/** Commands that want words of the user, each with its names for them; choosing one writes it into the field. */
function templates({ run }: Page): Found[] {
  const { leader, clients = 0 } = run.status ?? {};
  const all = run.askWhole((lab) => lab.commands()) ?? [];
  return all.flatMap(({ verb, args, node, doc }) => {
    const who = node ? (leader ?? 'n0') : clients > 0 ? 'c0' : null;
    if (who === null || args.length === 0) return [];
    return [{ id: `type ${verb}`, label: `do ${who} ${verb} ${args.join(' ')}`, go: () => {}, also: doc, fill: `do ${who} ${verb} ` }];
  });
}

/** A command that is typed whole, as scenarios have it. */
function whole({ run }: Page, text: string): Found[] {
  const decision = text.trim().replaceAll(/\s+/g, ' ');
  if (!/^do [nc]\d+ \S/.test(decision)) return [];
  const reason = run.askWhole((lab) => lab.legal(decision)) ?? null;
  return [{ id: 'typed', label: decision, go: () => run.take([decision]), reason }];
}

/** The scenarios of all systems. */
const told = (stories: readonly StoryEntry[], t: Translate): Found[] =>
  stories.map(({ id, title }) => ({
    id: `story ${id}`,
    label: t('find.story', { title }),
    go: () => {
      location.hash = storyFragment(id);
    },
    also: id,
  }));

/** A field that is there once its panel is. */
function focusSoon(id: string, frames = 120): void {
  const field = document.getElementById(id);
  if (field) field.focus();
  else if (frames > 0) requestAnimationFrame(() => focusSoon(id, frames - 1));
}

/** The settings, each found by its name. */
function settings(page: Page, t: Translate): Found[] {
  const all = page.run.askWhole((lab) => lab.settings()) ?? [];
  return all.map(({ name }) => ({
    id: `set ${name}`,
    label: t('find.setting', { name }),
    go: () => {
      page.side = 'settings';
      focusSoon(`set-${name}`);
    },
  }));
}

/** Words that users type for a command and that are not in its name. */
function synonyms(id: string, t: Translate): string {
  if (id === 'request') return t('find.also.request');
  if (id === 'restartLeader' || id.startsWith('restart')) return t('find.also.restart');
  if (id.startsWith('crash')) return t('find.also.crash');
  return /^do \S+ transfer\b/.test(id) ? t('find.also.transfer') : '';
}

/** How well it fits all typed words, in any order: how many of them begin no word of it; null when one is not there at all. */
function misfit({ label, also = '' }: Found, typed: readonly string[]): number | null {
  const text = ` ${label} ${also}`.toLowerCase();
  if (!typed.every((word) => text.includes(word))) return null;
  const begins = (word: string) => text.split(word).slice(0, -1).some((before) => /[^\p{L}\p{N}]$/u.test(before));
  return typed.filter((word) => !begins(word)).length;
}

/** What fits what is typed, best first: places, a whole command, then commands, settings and scenarios with all the words, those that begin with them before others. */
export function find(page: Page, text: string, t: Translate, aim: Aim = 'find', stories: readonly StoryEntry[] = []): Found[] {
  const typed = text.trim().toLowerCase();
  const found = typed ? places(page, typed, t) : [];
  if (aim === 'goTo') return found.filter(({ id }) => id !== 'node' && id !== 'client');
  const commands = (Object.keys(KEYS) as KeyAction[])
    .filter((action) => !NOT_LISTED.includes(action))
    .map((action): Found => ({ id: action, label: t(`key.${action}`).replace(' *', ''), go: () => page.do(action), also: synonyms(action, t) }));
  if (!typed) return commands;
  const words = typed.split(/\s+/);
  const fitting = [...commands, ...acts(page, t), ...templates(page), ...settings(page, t), ...told(stories, t)].flatMap((one) => {
    const by = misfit(one, words);
    return by === null ? [] : [{ one, by }];
  });
  // Sorting keeps the order of equals.
  return [...found, ...whole(page, text), ...fitting.sort((a, b) => a.by - b.by).map(({ one }) => one)];
}

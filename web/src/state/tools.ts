/** The tools of the cluster: what can be done to all of it, offered as buttons, in a menu, and by key. */
import type { TextKey } from '../i18n/en';
import { t } from '../i18n/texts.svelte';
import type { KeyAction } from './keys';
import type { Page } from './page.svelte';

export interface Place {
  x: number;
  y: number;
}

export interface Tool {
  id: 'write' | 'cut' | 'partition' | 'crash' | 'more' | 'heal' | 'resume';
  label: TextKey;
  icon: Tool['id'];
  key: string;
  run: (page: Page, at: Place) => void;
}

const ids = (page: Page): number[] => Array.from({ length: page.run.status?.nodes ?? 0 }, (_, id) => id);

/** Whom to crash. */
function crashMenu(page: Page, { x, y }: Place): void {
  const { run } = page;
  const entry = (id: number) => {
    const decision = `crash n${id}`;
    const label = `n${id}` === run.status?.leader ? t('tool.leader', { node: `n${id}` }) : `n${id}`;
    return { id: decision, label, reason: run.legal(decision) };
  };
  const pick = (decision: string) => run.act(decision);
  page.show(() => ({ x, y, title: t('cluster.crash'), entries: ids(page).map(entry), pick }));
}

/** Which link; its own menu then says which way, and how. */
function linkMenu(page: Page, { x, y }: Place): void {
  const pairs = ids(page).flatMap((a) => ids(page).flatMap((b) => (a < b ? [[a, b] as const] : [])));
  const entries = pairs.map(([a, b]) => ({ id: `link:${a}-${b}`, label: `n${a} – n${b}`, reason: null }));
  page.show(() => ({ x, y, title: t('tool.link'), entries, pick: (hit) => page.openMenu(hit, x, y) }));
}

const TOOLS: readonly Tool[] = [
  { id: 'write', label: 'cluster.write', icon: 'write', key: 'C', run: (page) => page.run.request() },
  { id: 'cut', label: 'tool.cut', icon: 'cut', key: '', run: linkMenu },
  { id: 'partition', label: 'tool.partition', icon: 'partition', key: '', run: (page) => (page.dialog = 'partition') },
  { id: 'crash', label: 'cluster.crash', icon: 'crash', key: '', run: crashMenu },
  { id: 'more', label: 'play.more', icon: 'more', key: '', run: moreMenu },
  { id: 'heal', label: 'tool.heal', icon: 'heal', key: '', run: (page) => page.run.healAll() },
  { id: 'resume', label: 'cluster.resume', icon: 'resume', key: 'B', run: (page) => page.run.resumeAll() },
];

/** The tools that set right what was done: shown where there is something to set right. */
export const isRecovery = ({ id }: Tool): boolean => id === 'heal' || id === 'resume';

/** What keys do, and what is too seldom done for a button of its own. */
const MORE = ['restartLeader', 'scenario', 'spread', 'align', 'fork', 'recipe', 'find'] as const;

/** Entries for what keys do, named as in Help. */
const byKey = (ids: readonly KeyAction[]) =>
  ids.map((id) => {
    const words = t(`key.${id}`).replace(' *', '');
    return { id, label: words.charAt(0).toUpperCase() + words.slice(1), reason: null };
  });

function moreMenu(page: Page, at: Place): void {
  page.show(() => ({ ...at, title: t('play.more'), entries: byKey(MORE), pick: (id) => page.do(id as KeyAction) }));
}

/** All of it in one menu, for a page too small for a row of buttons. */
export function toolMenu(page: Page, at: Place): void {
  const { run } = page;
  const entries = () => [
    ...toolsOf(page).flatMap(({ id, label }) => (id === 'more' ? [] : [{ id: id as string, label: t(label), reason: null }])),
    { id: 'until leader', label: `${t('play.until')}: ${t('until.leader')}`, reason: null },
    { id: 'start', label: t('play.start'), reason: null },
    { id: 'tip', label: t('play.tip'), reason: null },
    ...byKey(['slower', 'faster', ...MORE]),
  ];
  const pick = (id: string) => {
    const tool = TOOLS.find((one) => one.id === id);
    if (tool) tool.run(page, at);
    else if (id === 'until leader') run.runUntil('leader');
    else page.do(id as KeyAction);
  };
  page.show(() => ({ ...at, title: t('play.more'), entries: entries(), pick }));
}

/** The tools that have something to do now. */
export function toolsOf(page: Page): Tool[] {
  const { status } = page.run;
  if (!status) return [];
  return TOOLS.filter(({ id }) => (id === 'heal' ? status.cut : id === 'resume' ? status.pausedOrDown : true));
}

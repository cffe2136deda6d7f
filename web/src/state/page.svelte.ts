/** What of the page is open, and what is pointed at in the pending list. */
import type { Act, HitId, IfLost, PendingRow } from '../engine/types';
import type { Run } from './run.svelte';
import { t } from '../i18n/texts.svelte';
import type { ActKey } from './acts';
import { media } from './media.svelte';
import { prefs } from './prefs.svelte';
import { type KeyAction, type Stroke, actionOf } from './keys';
import { logScenario } from './faults';
import { faster, slower } from './speed';
import type { Story } from './story.svelte';
import { alignTimers, spreadTimers } from './timers';
import { clientOf, linkOf, linkTitle, nodeOf } from './words';

export type Side = 'inspector' | 'settings';
export type Tab = 'log' | 'time' | 'pending';
export type DialogName = 'help' | 'share' | 'new' | 'scenarios' | 'partition' | 'recipe' | 'find' | 'goTo';

export interface MenuEntry {
  id: string;
  label: string;
  /** Why it cannot be picked now. */
  reason: string | null;
}

export interface OpenMenu {
  x: number;
  y: number;
  title: string;
  entries: MenuEntry[];
  pick: (id: string) => void;
}

export class Page {
  side = $state<Side | null>(null);
  tab = $state<Tab>('log');
  dialog = $state<DialogName | null>(null);
  menu = $state.raw<OpenMenu | null>(null);
  /** The branch shown is being given a name. */
  naming = $state(false);

  /** All panes are there; before the first picture of a run only what shows it is. */
  laidOut = $state(false);

  /** The scenario told, once one was opened. */
  story = $state.raw<Story | null>(null);
  /** What acts are called and which key means which: comes with what can be acted on. */
  acts = $state.raw<typeof import('./acts') | null>(null);

  constructor(readonly run: Run) {}

  /** Plays or pauses. While a scenario is told, playing stops where the caption's stretch ends. */
  toggle(): void {
    const { run, story } = this;
    if (!run.playing && story?.file && story.told && !story.ended) story.next();
    else run.toggle();
  }

  closeStory(): void {
    this.story?.close();
    // The address no longer says what is shown.
    if (typeof history !== 'undefined') history.replaceState(null, '', location.pathname + location.search);
  }

  toggleSide(side: Side): void {
    this.side = this.side === side ? null : side;
  }

  // Nothing of a demo can be selected: what asks for the selection waits as selecting does, so that keys keep their order.

  /** Selecting a thing fills the inspector; it opens only when asked. */
  select(hit: HitId | null): void {
    if (hit && !this.run.ready(() => this.select(hit))) return;
    this.run.selected = hit;
    this.run.repaint();
  }

  openMenu(hit: HitId, x: number, y: number): void {
    this.select(hit);
    if (!this.run.ready(() => this.openMenu(hit, x, y))) return;
    const acts = this.run.askWhole((lab) => lab.menu(hit)) ?? [];
    const row = this.run.pending.find((one) => one.id === hit);
    this.offer(x, y, row ? rowTitle(row) : menuTitle(hit), acts, this.run.ifLost(hit));
  }

  /** The menu of what is selected, at its place in the ring: for the keyboard. */
  openSelectedMenu(): void {
    if (!this.run.ready(() => this.openSelectedMenu())) return;
    const hit = this.run.selected;
    if (!hit) return;
    const box = document.querySelector('[data-picture=ring]')?.getBoundingClientRect();
    const at = this.run.askWhole((lab) => lab.placeOf('ring', hit));
    this.openMenu(hit, (box?.left ?? 0) + (at?.[0] ?? 0) * media.zoom, (box?.top ?? 0) + (at?.[1] ?? 0) * media.zoom);
  }

  /** A menu of decisions. */
  offer(x: number, y: number, title: string, acts: readonly Act[], ifLost?: IfLost | null): void {
    const entries = this.acts?.menuLines(acts, t, ifLost) ?? [];
    this.show(() => ({ x, y, title, entries, pick: (id) => this.run.take(id.split('\n')) }));
  }

  /** Shows a menu. What it offers is made when the run can be acted on, for menus come with that. */
  show(menu: () => OpenMenu): void {
    if (this.run.ready(() => this.show(menu))) this.menu = menu();
  }

  /** Delivers, fires or finishes what is selected. */
  actOn(key: ActKey): void {
    if (!this.run.ready(() => this.actOn(key))) return;
    const row = this.run.pending.find((one) => one.id === this.run.selected);
    const act = row && this.acts?.actFor(row, key);
    if (act) this.run.act(act.decision);
  }

  moveRow(by: number): void {
    if (!this.run.ready(() => this.moveRow(by))) return;
    const rows = this.run.pending;
    const at = rows.findIndex((row) => row.id === this.run.selected);
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
    const row = rows[next];
    if (row) this.select(row.id);
  }

  /** Walks the nodes with the arrows of a focused picture. */
  walkNodes(by: number): void {
    if (!this.run.ready(() => this.walkNodes(by))) return;
    const nodes = this.run.status?.nodes ?? 0;
    if (nodes === 0) return;
    const at = nodeOf(this.run.selected);
    this.select(`node:${at === null ? 0 : (at + by + nodes) % nodes}`);
  }

  /** RaftScope's scenario of a log, with the leader that there is or will be. */
  logScenario(): void {
    const { run } = this;
    if (!run.ready(() => this.logScenario())) return;
    run.pause();
    run.resumeAll();
    if (!run.status?.leader) run.runUntil('leader');
    const { nodes, leader } = run.status ?? {};
    if (nodes && leader) run.actAll(logScenario(nodes, leader, run.askWhole((lab) => lab.commands()) ?? []));
  }

  close(): void {
    if (this.menu) this.menu = null;
    else if (this.side) this.side = null;
    else this.select(null);
  }

  /** Does what a key means; false when it means nothing here. */
  key(stroke: Stroke): boolean {
    const action = actionOf(stroke, prefs.singleKeys);
    if (!action || this.dialog) return false;
    this.do(action, stroke.key);
    return true;
  }

  /** Does what a key stands for. */
  do(action: KeyAction, key = ''): void {
    const { run } = this;
    const doing: Record<KeyAction, () => void> = {
      play: () => this.toggle(),
      nextCaption: () => this.story?.next(),
      previousCaption: () => this.story?.previous(),
      request: () => run.request(),
      restartLeader: () => run.restartLeader(),
      resumeAll: () => run.resumeAll(),
      spread: () => spreadTimers(run),
      align: () => alignTimers(run),
      scenario: () => this.logScenario(),
      recipe: () => (this.dialog = 'recipe'),
      fork: () => run.fork(),
      help: () => (this.dialog = 'help'),
      back: () => run.back(),
      forward: () => run.forward(),
      back10: () => run.back(10),
      forward10: () => run.forwardBy(10),
      start: () => run.seek(0),
      tip: () => run.seek(run.status?.tip ?? 0),
      previousBranch: () => run.nextBranch(-1),
      nextBranch: () => run.nextBranch(1),
      nextRow: () => this.moveRow(1),
      previousRow: () => this.moveRow(-1),
      deliver: () => this.actOn('deliver'),
      drop: () => this.actOn('drop'),
      duplicate: () => this.actOn('duplicate'),
      hold: () => this.actOn('hold'),
      delay: () => this.actOn('delay'),
      default: () => this.actOn('deliver'),
      why: () => (this.side = 'inspector'),
      inspector: () => this.toggleSide('inspector'),
      goTo: () => (this.dialog = 'goTo'),
      find: () => (this.dialog = 'find'),
      presenter: () => prefs.set({ presenter: !prefs.presenter }),
      slower: () => (run.slowdown = slower(run.slowdown)),
      faster: () => (run.slowdown = faster(run.slowdown)),
      slow: () => (run.slowdown = 100),
      nextPane: () => focusNextPane(),
      menu: () => this.openSelectedMenu(),
      close: () => this.close(),
      node: () => this.select(Number(key) <= (run.status?.nodes ?? 0) ? `node:${Number(key) - 1}` : null),
    };
    doing[action]();
  }
}

export const rowTitle = (row: PendingRow): string => `${row.kind} ${row.to ? `${row.from}→${row.to}` : row.from}`;

function menuTitle(hit: HitId): string {
  const [node, client] = [nodeOf(hit), clientOf(hit)];
  if (node !== null) return `n${node}`;
  if (client !== null) return `c${client}`;
  const link = linkOf(hit);
  return link ? linkTitle(link) : hit;
}

/** F6: from pane to pane, round and round. */
function focusNextPane(): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter((pane) => pane.offsetParent !== null);
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  panes[(at + 1) % Math.max(1, panes.length)]?.querySelector<HTMLElement>('canvas, button, [tabindex]')?.focus();
}

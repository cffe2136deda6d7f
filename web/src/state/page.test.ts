import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as acts from './acts';
import { fakeLab, type Fake } from './fake.testing';
import { i18n } from '../i18n/texts.svelte';
import type { NodeDetail } from '../engine/types';
import { Page } from './page.svelte';
import { prefs } from './prefs.svelte';
import { Run } from './run.svelte';
import { toolsOf } from './tools';

let lab: Fake;
let page: Page;
const press = (key: string, shiftKey = false) =>
  page.key({ key, shiftKey, ctrlKey: false, metaKey: false, altKey: false });

beforeAll(() => i18n.rest());
beforeEach(() => {
  lab = fakeLab();
  const run = new Run({ now: () => 0, requestFrame: () => 1, cancelFrame: () => {}, keep: () => {} });
  run.still = true;
  run.use(lab);
  page = new Page(run);
  page.acts = acts;
});

describe('keys on the page', () => {
  it('walk the pending rows and act on the one selected', () => {
    press('j');
    expect(page.run.selected).toBe('msg:1.0');
    press('j');
    press('j');
    expect(page.run.selected).toBe('msg:1.1');
    press('Enter');
    expect(lab.log).toEqual(['deliver 1.1']);
  });

  it('keep their order while the demo waits for what acting takes', async () => {
    let come = (): void => {};
    const coming = new Promise<void>((resolve) => (come = resolve));
    const whole = fakeLab();
    page.run.watch(fakeLab(), () => coming.then(() => () => whole));
    press('j');
    press('j');
    press('Enter');
    expect(whole.log).toEqual([]);
    come();
    await page.run.whole();
    await Promise.resolve();
    expect(whole.log).toEqual(['deliver 1.1']);
  });

  it('come before a menu asked for later, which offers what there is then', async () => {
    let come = (): void => {};
    const coming = new Promise<void>((resolve) => (come = resolve));
    const demo = fakeLab();
    demo.leader = null;
    page.run.watch(demo, () => coming.then(() => () => fakeLab()));
    press('3');
    toolsOf(page).find(({ id }) => id === 'crash')?.run(page, { x: 0, y: 0 });
    expect(page.menu).toBeNull();
    come();
    await page.run.whole();
    await Promise.resolve();
    expect(page.run.selected).toBe('node:2');
    expect(page.menu?.entries.map((entry) => entry.label)).toEqual(['n0', 'n1', 'n2, the leader', 'n3', 'n4']);
  });

  it('play and pause, as in RaftScope: the dot as the space', () => {
    for (const key of ['.', ' ']) {
      expect(press(key)).toBe(true);
      expect(page.run.playing).toBe(true);
      expect(press(key)).toBe(true);
      expect(page.run.playing).toBe(false);
    }
    press('.');
    press(' ');
    expect(page.run.playing).toBe(false);
    expect(lab.log).toEqual([]);
  });

  it('restart whoever leads, as in RaftScope, in two decisions', () => {
    expect(press('r')).toBe(true);
    expect(lab.log).toEqual(['crash n2', 'restart n2']);
    lab.leader = 'n4';
    press('R');
    expect(lab.log.slice(2)).toEqual(['crash n4', 'restart n4']);
    // Nobody is restarted where nobody leads, and nobody is booted who could not be crashed.
    lab.log.length = 0;
    lab.leader = null;
    press('r');
    expect(lab.log).toEqual([]);
    lab.leader = 'n1';
    lab.refusals.set('crash n1', 'n1 is crashed');
    press('r');
    expect(lab.log).toEqual([]);
    expect(page.run.notice).toEqual({ kind: 'refused', message: 'n1 is crashed' });
  });

  it('show a node with what is its own, a client among it', () => {
    lab.menu = () => [
      { verb: 'fire', decision: 'fire n2 0', reason: null, own: 'election' },
      { verb: 'request', decision: 'do n2 append x=1', reason: null, own: 'append x=1' },
      { verb: 'do', decision: 'do n2 campaign', reason: 'n2 is crashed', own: 'campaign' },
    ];
    press('3');
    page.openMenu('node:2', 0, 0);
    expect(page.menu?.entries.map(({ label, reason }) => [label, reason])).toEqual([
      ['Time out: election', null],
      ['Client request: append x=1', null],
      ['campaign', 'n2 is crashed'],
    ]);
    page.menu?.pick('fire n2 0');
    expect(lab.log).toEqual(['fire n2 0']);
  });

  it('select a node by its number, and none beyond the cluster', () => {
    press('3');
    expect(page.run.selected).toBe('node:2');
    press('9');
    expect(page.run.selected).toBeNull();
  });

  it('step by one and by ten', () => {
    press('ArrowRight', true);
    press('ArrowRight');
    press('ArrowLeft');
    expect(page.run.status?.step).toBe(10);
  });

  it('close the innermost first', () => {
    press('1');
    press('i');
    page.menu = { x: 0, y: 0, title: 'n0', entries: [], pick: () => {} };
    press('Escape');
    expect([page.menu, page.side, page.run.selected]).toEqual([null, 'inspector', 'node:0']);
    press('Escape');
    expect([page.side, page.run.selected]).toEqual([null, 'node:0']);
    press('Escape');
    expect(page.run.selected).toBeNull();
  });

  it('do nothing under a dialog', () => {
    press('?');
    expect(page.dialog).toBe('help');
    expect(press('c')).toBe(false);
    expect(lab.log).toEqual([]);
  });

  it('open what they name', () => {
    for (const [key, dialog] of [
      ['/', 'find'],
      ['g', 'goTo'],
      ['e', 'recipe'],
      ['?', 'help'],
    ] as const) {
      expect(press(key)).toBe(true);
      expect(page.dialog).toBe(dialog);
      page.dialog = null;
    }
  });

  it('make the log scenario: the leader and the next node are up, and the leader is given three writes', () => {
    press('l');
    const crashed = lab.log.filter((text) => text.startsWith('crash'));
    expect(crashed).toEqual(['crash n0', 'crash n1', 'crash n4']);
    expect(lab.log.slice(-3)).toEqual(['do n2 append x=1', 'do n2 append x=2', 'do n2 append x=3']);
  });

  it('spread the clocks and align them again', () => {
    lab.node = (id) => ({ skewUs: lab.log.filter((text) => text.startsWith(`skew n${id} `)).length * 7 }) as NodeDetail;
    press('t');
    expect(lab.log.map((text) => text.split(' ')[1]).sort()).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
    lab.log.length = 0;
    lab.node = (id) => ({ skewUs: id * 7 }) as NodeDetail;
    press('a');
    expect(lab.log).toEqual(['skew n1 -7', 'skew n2 -14', 'skew n3 -21', 'skew n4 -28']);
  });

  it('make everything larger, and change the speed', () => {
    press('p');
    expect(prefs.presenter).toBe(true);
    press('p');
    press('n');
    expect(page.run.slowdown).toBe(100);
    press('+');
    expect(page.run.slowdown).toBe(50);
  });

  it('do nothing as single keys when those are switched off, but still close and help', () => {
    prefs.set({ singleKeys: false });
    expect(press('c')).toBe(false);
    expect(press('?')).toBe(true);
    prefs.set({ singleKeys: true });
    expect(lab.log).toEqual([]);
  });

  it('walk the nodes round', () => {
    page.walkNodes(1);
    page.walkNodes(-1);
    expect(page.run.selected).toBe('node:4');
  });
});

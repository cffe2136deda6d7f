import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { i18n, t } from '../i18n/texts.svelte';
import type { NodeDetail } from '../engine/types';
import { fakeLab, type Fake } from './fake.testing';
import { find, stepOfTerm } from './find';
import { Page } from './page.svelte';
import { Run } from './run.svelte';

let lab: Fake;
let page: Page;
const labels = (typed: string) => find(page, typed, t).map((one) => one.label);
const go = (typed: string) => find(page, typed, t)[0]?.go();

beforeAll(() => i18n.rest());
beforeEach(() => {
  lab = fakeLab();
  const run = new Run({ now: () => 0, requestFrame: () => 1, cancelFrame: () => {}, keep: () => {} });
  run.still = true;
  run.use(lab);
  run.forwardBy(30);
  page = new Page(run);
});

describe('finding', () => {
  it('goes to a step, an instant, a node', () => {
    go('12');
    expect(page.run.status?.step).toBe(12);
    go('0.25 s');
    expect(page.run.status?.step).toBe(25);
    go('80ms');
    expect(page.run.status?.step).toBe(8);
    go('n3');
    expect(page.run.selected).toBe('node:3');
  });

  it('offers an entry that there is, and no step that there is not', () => {
    expect(labels('entry 6')).toEqual(['Show entry 6']);
    expect(labels('entry 60')).toEqual([]);
    expect(labels('step 31')).toEqual([]);
    go('entry 6');
    expect(page.run.viewport.logFrom(page.run.status, 10)).toBe(5);
  });

  it('finds the step where a term begins, and stays where it was meanwhile', () => {
    lab.node = () => ({ term: Math.floor((lab.nowUs() / 10_000) / 7) }) as NodeDetail;
    expect(stepOfTerm(page, 3)).toBe(21);
    expect(stepOfTerm(page, 9)).toBeNull();
    expect(lab.status().step).toBe(30);
  });

  it('finds commands by their words and does them', () => {
    expect(labels('client req')).toEqual(['client request']);
    go('client req');
    expect(lab.log).toEqual(['do c0 append x=1']);
    expect(labels('')).not.toHaveLength(0);
    expect(labels('no such thing')).toEqual([]);
  });

  it('finds what the menus of nodes offer, and why some of it is refused', () => {
    lab.menu = (hit) => {
      const id = `n${hit.split(':')[1]}`;
      const fire = { verb: 'fire', decision: `fire ${id} 0`, reason: null, own: 'election' };
      const resume = { verb: 'resume', decision: `resume ${id}`, reason: `${id} runs` };
      return [fire, resume, { verb: 'do', decision: `do n2 transfer ${id}`, reason: null }];
    };
    expect(labels('n3: time out')).toEqual(['n3: Time out: election']);
    expect(labels('election')).toEqual([0, 1, 2, 3, 4].map((id) => `n${id}: Time out: election`));
    expect(labels('to n3')).toEqual(['Hand leadership from n2 to n3']);
    expect(find(page, 'n3: resume', t)).toMatchObject([{ reason: 'n3 runs' }]);
    // Nothing typed: the page's own commands, not five menus.
    expect(labels('').some((label) => label.includes('election'))).toBe(false);
    go('n3: time out');
    expect(lab.log).toEqual(['fire n3 0']);
  });

  it('finds by all words in any order, by other names, and what begins with the word first', () => {
    lab.menu = (hit) => {
      const id = `n${hit.split(':')[1]}`;
      const acts = [{ verb: 'crash', decision: `crash ${id}`, reason: null }];
      return hit === 'node:2' ? acts : [...acts, { verb: 'do', decision: `do n2 transfer ${id}`, reason: null }];
    };
    expect(labels('crash n2')).toEqual(['n2: Crash']);
    expect(labels('n2 crash')).toEqual(['n2: Crash']);
    expect(labels('transfer')).toEqual([0, 1, 3, 4].map((id) => `Hand leadership from n2 to n${id}`));
    expect(labels('kill n3')).toEqual(['n3: Crash']);
    expect(labels('write')[0]).toBe('client request');
    // `restart` has it inside, `start` begins with it.
    expect(labels('start').slice(0, 2)).toEqual(['start', 'restart the leader']);
  });

  it('finds a setting by its name', () => {
    lab.settings = () => [{ name: 'preferredLeaderIds' }] as ReturnType<Fake['settings']>;
    expect(labels('preferred')).toEqual(['Setting preferredLeaderIds']);
  });

  it('offers what a command wants to be told, and takes a command typed whole', () => {
    lab.commands = () => [{ verb: 'change_peers', args: ['node…'], client: false, node: true, writes: false, doc: 'A joint change.' }];
    const [template] = find(page, 'joint', t);
    expect(template).toMatchObject({ label: 'do n2 change_peers node…', fill: 'do n2 change_peers ' });
    lab.refusals.set('do n2 change_peers x', 'x is no node');
    expect(find(page, 'do n2 change_peers x', t)[0]).toMatchObject({ reason: 'x is no node' });
    go('do n2  change_peers n0 n1 ');
    expect(lab.log).toEqual(['do n2 change_peers n0 n1']);
  });

  it('finds a scenario by its title', () => {
    const stories = [{ id: 'fake/one', engine: 'fake', title: 'Seven probes', about: '', captions: 4 }];
    const found = find(page, 'probes seven', t, 'find', stories);
    expect(found.map((one) => one.label)).toEqual(['Scenario: Seven probes']);
  });

  it('goes to places only, when a place is asked for', () => {
    const places = (typed: string) => find(page, typed, t, 'goTo').map((one) => one.label);
    expect(places('')).toEqual([]);
    expect(places('client req')).toEqual([]);
    expect(places('n3')).toEqual([]);
    expect(places('12')).toContain('Go to step 12');
  });
});

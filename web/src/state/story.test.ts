import { beforeEach, describe, expect, it } from 'vitest';
import { fakeLab, type Fake } from './fake.testing';
import { Run } from './run.svelte';
import { watchable } from './speed';
import { Story, captionAt, storyFragment, storyOfFragment } from './story.svelte';

const CAPTIONS = [
  { from: 0, to: 4, text: 'boot' },
  { from: 4, to: 4, text: 'what an own vote is' },
  { from: 4, to: 9, text: 'the answers arrive' },
  { from: 9, to: 12, text: 'it leads' },
];
const FILE = { id: 'fake/one', engine: 'fake', title: 'One', about: '', captions: CAPTIONS, trace: '' };

let now: number;
let due: (() => void) | null;
let lab: Fake;
let run: Run;
let story: Story;

function frames(count: number): void {
  for (let i = 0; i < count && due; i += 1) {
    now += 100;
    const callback = due;
    due = null;
    callback();
  }
}

beforeEach(() => {
  now = 0;
  due = null;
  lab = fakeLab();
  run = new Run({
    now: () => now,
    requestFrame: (callback) => ((due = callback), 1),
    cancelFrame: () => (due = null),
    keep: () => {},
  });
  run.use(lab);
  run.forwardBy(12);
  story = new Story(run);
  story.show(FILE);
});

describe('captionAt', () => {
  it('stays with the caption while the cursor is in its stretch, borders included', () => {
    expect(captionAt(CAPTIONS, 0, 4)).toBe(0);
    expect(captionAt(CAPTIONS, 1, 4)).toBe(1);
    expect(captionAt(CAPTIONS, 2, 4)).toBe(2);
  });

  it('goes where the cursor went', () => {
    expect(captionAt(CAPTIONS, 0, 5)).toBe(2);
    expect(captionAt(CAPTIONS, 0, 11)).toBe(3);
    expect(captionAt(CAPTIONS, 3, 2)).toBe(0);
    expect(captionAt(CAPTIONS, 1, 99)).toBe(3);
  });
});

describe('a scenario', () => {
  it('starts at step 0 with the first caption', () => {
    expect(run.status?.step).toBe(0);
    expect(story.caption?.text).toBe('boot');
  });

  it('plays to the end of the stretch and stops there', () => {
    story.next();
    expect(run.playing).toBe(true);
    frames(200);
    expect(run.playing).toBe(false);
    expect(run.status?.step).toBe(4);
    expect(story.caption?.text).toBe('boot');
  });

  it('tells a caption without steps, then the next one', () => {
    run.seek(4);
    story.next();
    expect([story.caption?.text, run.playing]).toEqual(['what an own vote is', false]);
    story.next();
    expect([story.caption?.text, run.playing]).toEqual(['the answers arrive', true]);
    // Pressed while it plays: all of it at once.
    story.next();
    expect([run.status?.step, run.playing]).toEqual([9, false]);
  });

  it('goes back to the start of the caption before', () => {
    run.seek(10);
    story.follow();
    story.previous();
    expect([story.caption?.text, run.status?.step]).toEqual(['the answers arrive', 4]);
  });

  it('plays at a speed that can be watched, and leaves one that the user chose', () => {
    story.next();
    expect(run.slowdown).toBe(watchable(4, 40_000));
    run.slowdown = 7;
    frames(200);
    story.next();
    story.next();
    expect(run.slowdown).toBe(7);
  });

  it('shows as much of time as its caption tells of, and leaves a span that the user chose', () => {
    story.next();
    expect(run.viewport.spanUs).toBe(100_000);
    run.viewport.spanUs = 7_000;
    frames(200);
    story.next();
    story.next();
    expect(run.viewport.spanUs).toBe(7_000);
  });

  it('keeps its caption on a branch of the user, and comes back from it', () => {
    run.seek(6);
    story.follow();
    run.act('drop 1.0');
    story.follow();
    expect([story.told, story.caption?.text]).toEqual([false, 'the answers arrive']);
    story.next();
    expect([story.told, run.status?.step]).toEqual([true, 4]);
  });

  it('ends after its last caption', () => {
    run.seek(12);
    story.follow();
    expect(story.ended).toBe(true);
  });
});

describe('a link to a scenario', () => {
  it('names it, and nothing that is no name', () => {
    expect(storyOfFragment(storyFragment('dledger/first_election'))).toBe('dledger/first_election');
    for (const bad of ['', '#s=', '#s=../x/y', '#s=a', '#t=1.x', '#s=https://a/b']) expect(storyOfFragment(bad)).toBeNull();
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../engine/types';
import { STEP_US, fakeLab, type Fake } from './fake.testing';
import { Run } from './run.svelte';
import { alignTimers, spreadTimers } from './timers';

/** A world whose clock and frames the test turns. */
function world() {
  let now = 0;
  let callback: (() => void) | null = null;
  const kept: string[] = [];
  return {
    kept,
    waiting: () => callback !== null,
    frame(ms: number) {
      now += ms;
      const due = callback;
      callback = null;
      due?.();
    },
    given: {
      now: () => now,
      requestFrame: (due: () => void) => ((callback = due), 1),
      cancelFrame: () => (callback = null),
      keep: (trace: string) => void kept.push(trace),
    },
  };
}

let w: ReturnType<typeof world>;
let lab: Fake;
let run: Run;

beforeEach(() => {
  w = world();
  lab = fakeLab();
  run = new Run(w.given);
  run.use(lab);
});

describe('a demo', () => {
  const given = (whole: Fake) => (seen: Status | null) => {
    whole.race(seen?.tip ?? 0);
    whole.seek(seen?.step ?? 0);
    return whole;
  };

  it('steps on after what waits for the rest', async () => {
    run.watch(fakeLab(), () => Promise.resolve(given(fakeLab())));
    run.forwardBy(4);
    expect(run.status?.step).toBe(4);
    run.seek(0);
    run.forwardBy(10);
    await run.whole();
    await Promise.resolve();
    expect(run.status?.step).toBe(10);
  });

  it('plays without the rest, and goes on where it stood when somebody acts', async () => {
    const [demo, whole] = [fakeLab(), fakeLab()];
    let asked = 0;
    run.watch(demo, () => ((asked += 1), Promise.resolve(given(whole))));
    run.slowdown = 1;
    run.play();
    w.frame(50);
    w.frame(50);
    expect(asked).toBe(0);
    expect(run.act('crash n1')).toBe(false);
    expect(run.act('crash n2')).toBe(false);
    await run.whole();
    await Promise.resolve();
    expect(asked).toBe(1);
    expect(demo.log).toEqual([]);
    expect(whole.log).toEqual(['crash n1', 'crash n2']);
    expect(run.playing).toBe(true);
    expect(run.status?.step).toBe(12);
  });

  it('says when the rest does not come, plays on, and asks again next time', async () => {
    const [demo, whole] = [fakeLab(), fakeLab()];
    let there = false;
    run.watch(demo, () => (there ? Promise.resolve(given(whole)) : Promise.reject(new Error('offline'))));
    run.play();
    run.act('crash n1');
    expect(await run.whole()).toBe(false);
    expect(run.notice).toEqual({ kind: 'notLoaded' });
    expect(run.playing).toBe(true);
    expect(run.failure).toBeNull();
    there = true;
    run.act('crash n2');
    expect(await run.whole()).toBe(true);
    expect(whole.log).toEqual(['crash n2']);
  });

  it('is not taken up when another run is shown by then', async () => {
    const [demo, whole, other] = [fakeLab(), fakeLab(), fakeLab()];
    run.watch(demo, () => Promise.resolve(given(whole)));
    run.act('crash n1');
    const arrival = run.whole();
    run.use(other);
    expect(await arrival).toBe(true);
    expect(run.ask((shown) => shown)).toBe(other);
    expect([...whole.log, ...other.log]).toEqual([]);
  });

  it('goes on as the whole where its part of the module ends, and does what it could not', async () => {
    const [demo, whole] = [fakeLab(), fakeLab()];
    run.watch(demo, () => Promise.resolve(given(whole)));
    run.slowdown = 1;
    run.play();
    w.frame(100);
    demo.broken = true;
    w.frame(100);
    expect(run.status?.step).toBe(10);
    await run.whole();
    await Promise.resolve();
    expect([run.failure, run.notice, run.playing]).toEqual([null, null, true]);
    // What could not be played is played now.
    expect(run.status?.step).toBe(20);
    w.frame(100);
    expect(run.status?.step).toBe(30);
  });

  it('fetches the rest once when somebody points, and steps back when it is there', async () => {
    const whole = fakeLab();
    let asked = 0;
    run.watch(fakeLab(), () => ((asked += 1), Promise.resolve(given(whole))));
    run.forwardBy(5);
    run.hover('node:1');
    run.hover('node:2');
    expect(run.hovered).toBeNull();
    run.back();
    await run.whole();
    await Promise.resolve();
    expect([asked, run.status?.step]).toEqual([1, 4]);
    run.hover('node:2');
    expect(run.hovered).toBe('node:2');
  });

  it('fetches the rest when it pauses, and says nothing when that does not come', async () => {
    let asked = 0;
    run.watch(fakeLab(), () => ((asked += 1), Promise.reject(new Error('offline'))));
    run.play();
    run.pause();
    expect(await run.whole()).toBe(false);
    expect([asked, run.notice, w.kept]).toEqual([1, null, []]);
  });
});

describe('playing', () => {
  it('asks for no frame until it plays, and for none after', () => {
    expect(w.waiting()).toBe(false);
    run.play();
    expect(w.waiting()).toBe(true);
    run.pause();
    expect(w.waiting()).toBe(false);
  });

  it('moves virtual time by wall time over the slowdown', () => {
    run.slowdown = 10;
    run.play();
    w.frame(100);
    expect(run.shownUs).toBe(10_000);
    w.frame(50);
    expect(run.shownUs).toBe(15_000);
    run.pause();
    expect(run.status?.step).toBe(1);
    // Paused between two steps, the messages stay where they were seen.
    expect(run.shownUs).toBe(15_000);
  });

  it('does not make up for a tab that slept', () => {
    run.slowdown = 1;
    run.play();
    w.frame(60_000);
    expect(run.shownUs).toBe(100_000);
  });

  it('stops where nothing is pending and says so', () => {
    lab.end = 2;
    run.slowdown = 1;
    run.play();
    w.frame(50);
    w.frame(50);
    expect(run.playing).toBe(false);
    expect(run.notice).toEqual({ kind: 'stopped' });
    expect(run.status?.step).toBe(2);
  });

  it('reads for the panels at most ten times a second', () => {
    run.slowdown = 1;
    run.play();
    w.frame(100);
    const turn = run.turn;
    for (let i = 0; i < 5; i += 1) w.frame(16);
    expect(run.turn).toBe(turn);
    w.frame(30);
    expect(run.turn).toBe(turn + 1);
  });
});

describe('single steps', () => {
  it('show the message arriving, then take the step', () => {
    run.forward();
    w.frame(90);
    expect(run.shownUs).toBe(STEP_US / 2);
    expect(run.status?.step).toBe(0);
    w.frame(90);
    expect(run.status?.step).toBe(1);
    expect(w.waiting()).toBe(false);
  });

  it('are taken at once when pressed again, or when motion is not wanted', () => {
    run.forward();
    run.forward();
    expect(run.status?.step).toBe(1);
    run.still = true;
    run.forward();
    expect(run.status?.step).toBe(2);
    expect(w.waiting()).toBe(false);
  });

  it('go back, by ten, to the start and not beyond', () => {
    run.forwardBy(25);
    run.back();
    expect(run.status?.step).toBe(24);
    run.back(10);
    expect(run.status?.step).toBe(14);
    run.seek(-5);
    expect(run.status?.step).toBe(0);
    run.seek(9999);
    expect(run.status?.step).toBe(25);
  });
});

describe('acting', () => {
  it('keeps the run after every accepted action', () => {
    expect(run.act('crash n1')).toBe(true);
    expect(w.kept).toEqual(['trace at 1']);
  });

  it('says why a decision is refused, and changes nothing', () => {
    lab.refusals.set('crash n1', 'n1 is down already');
    expect(run.act('crash n1')).toBe(false);
    expect(run.notice).toEqual({ kind: 'refused', message: 'n1 is down already' });
    expect(w.kept).toEqual([]);
    expect(run.status?.step).toBe(0);
  });

  it('forks in the past and can take the fork back', () => {
    run.forwardBy(8);
    run.seek(3);
    run.act('drop 1.0');
    expect(run.notice).toMatchObject({ kind: 'forked', step: 3 });
    expect(run.status?.branch).toBe(1);
    run.undoFork();
    expect(run.status?.branch).toBe(0);
    expect(run.status?.step).toBe(3);
  });

  it('names the branch shown, and keeps the name with the run', () => {
    run.nameBranch('  what if n2 had heard it, and nobody else in the cluster ever did ');
    const name = run.status?.branches[0]?.name ?? '';
    expect(name).toBe('what if n2 had heard it, and nobody else');
    expect(name).toHaveLength(40);
    expect(w.kept).toHaveLength(1);
    run.nameBranch('   ');
    expect(run.status?.branches[0]?.name).toBe(name);
  });

  it('writes through whatever the engine calls a write, a new value each time', () => {
    run.request();
    run.request();
    expect(lab.log).toEqual(['do c0 append x=1', 'do c0 append x=2']);
  });

  it('spreads and aligns timers by the engine’s own command, or else by the clocks', () => {
    spreadTimers(run);
    expect(lab.log).toHaveLength(5);
    expect(lab.log.every((act) => act.startsWith('skew n'))).toBe(true);
    lab.log.length = 0;
    lab.moveTimers = (_at, together) => (together ? ['do n1 move 5', 'do n2 move 7'] : ['do n3 move -15']);
    lab.refusals.set('do n1 move 5', 'n1 is paused');
    spreadTimers(run);
    alignTimers(run);
    expect(lab.log).toEqual(['do n3 move -15', 'do n2 move 7']);
    lab.moveTimers = () => [];
    spreadTimers(run);
    expect(lab.log, 'they are apart already').toHaveLength(2);
  });

  it('tells a fork of the first of two decisions after the second', () => {
    run.forwardBy(8);
    run.seek(3);
    expect(run.restartLeader()).toBe(true);
    expect(run.notice).toMatchObject({ kind: 'forked', step: 3 });
    expect(lab.log).toEqual(['crash n2', 'restart n2']);
  });

  it('restarts the leader, and does nothing without one', () => {
    expect(run.restartLeader()).toBe(true);
    expect(lab.log).toEqual(['crash n2', 'restart n2']);
    lab.leader = null;
    expect(run.restartLeader()).toBe(false);
  });

  it('resumes only what can be resumed', () => {
    for (let id = 0; id < 5; id += 1) {
      lab.refusals.set(`resume n${id}`, 'runs');
      if (id !== 3) lab.refusals.set(`restart n${id}`, 'runs');
    }
    run.resumeAll();
    expect(lab.log).toEqual(['restart n3']);
  });

  it('says when what it ran for did not happen', () => {
    run.runUntil('violation');
    expect(run.notice).toEqual({ kind: 'notReached', step: 0 });
    run.runUntil('leader');
    expect(run.notice).toBeNull();
  });
});

describe('a trap', () => {
  it('ends the instance, stops the frames and tells the step', () => {
    run.act('crash n1');
    run.play();
    lab.broken = true;
    w.frame(100);
    expect(run.failure).toEqual({ step: 1, message: 'unreachable executed' });
    expect(run.playing).toBe(false);
    expect(w.waiting()).toBe(false);
    // Nothing calls into the broken instance again; the kept run is what is left.
    expect(run.act('crash n2')).toBe(false);
    expect(w.kept).toEqual(['trace at 1']);
  });

  it('is forgotten with the next run', () => {
    lab.broken = true;
    run.still = true;
    run.forward();
    expect(run.failure).not.toBeNull();
    lab.broken = false;
    run.use(fakeLab());
    expect(run.failure).toBeNull();
    expect(lab.log).toContain('free');
  });
});

/**
 * A lab for the tests of the state: a line of steps 10 ms apart, no wasm. What it is told to
 * refuse it refuses, and acting before the tip makes a branch, as the real one does.
 */
import type { ActResult, Lab, PendingRow, Status } from '../engine/types';

export const STEP_US = 10_000;

export interface Fake extends Lab {
  /** Every call that changes the run, in order. */
  log: string[];
  /** Decisions that are refused, with the reason. */
  refusals: Map<string, string>;
  /** The next call traps, as wasm does. */
  broken: boolean;
  /** No step is taken after this one. */
  end: number;
  leader: string | null;
  cut: boolean;
}

export function fakeLab(): Fake {
  let step = 0;
  let tip = 0;
  let branch = 0;
  let branches = 1;
  const names = new Map<number, string>();
  const trap = () => {
    if (fake.broken) throw new Error('unreachable executed');
  };
  const advance = (): boolean => {
    trap();
    if (step >= fake.end) return false;
    step += 1;
    tip = Math.max(tip, step);
    return true;
  };
  const status = (): Status => ({
    step,
    tip,
    nowUs: step * STEP_US,
    nextDueUs: step < fake.end ? (step + 1) * STEP_US : null,
    branch,
    branches: Array.from({ length: branches }, (_, id) => ({
      id,
      name: names.get(id) ?? `b${id}`,
      cause: '',
      parent: id === 0 ? null : 0,
      fromStep: 0,
      current: id === branch,
    })),
    nodesUp: 5,
    nodes: 5,
    cut: fake.cut,
    pausedOrDown: false,
    clients: 1,
    quorum: '3',
    engine: 'fake',
    engineTitle: 'Fake',
    models: '',
    seed: '1',
    leader: fake.leader,
    leaderTerm: 1,
    events: step,
    digest: '0',
    logFirst: 0,
    logEnd: 40,
  });
  const row = (id: string, act: string): PendingRow => ({
    id,
    group: 'message',
    letter: 'V',
    reply: false,
    sign: '',
    kind: 'VOTE',
    detail: '',
    term: 1,
    from: 'n0',
    to: 'n1',
    dueInUs: STEP_US,
    held: false,
    copy: false,
    noEffect: false,
    acts: [{ verb: act.split(' ')[0] ?? '', decision: act, reason: null }],
  });
  const act = (decision: string): ActResult => {
    trap();
    const reason = fake.refusals.get(decision);
    if (reason !== undefined) return { ok: false, forked: null, error: { code: 'refused', message: reason, at: null } };
    fake.log.push(decision);
    const past = step < tip;
    step += 1;
    tip = step;
    if (past) {
      branch = branches;
      branches += 1;
    }
    return { ok: true, forked: past ? branch : null, error: null };
  };
  const fake: Fake = {
    log: [],
    refusals: new Map(),
    broken: false,
    end: 1000,
    leader: 'n2',
    cut: false,
    playUntil: (untilUs, most) => {
      trap();
      let taken = 0;
      while (taken < most && (step + 1) * STEP_US <= untilUs && advance()) taken += 1;
      return taken;
    },
    race: (steps) => {
      let taken = 0;
      while (taken < steps && advance()) taken += 1;
      return taken;
    },
    stepForward: advance,
    stepBack: () => {
      trap();
      if (step === 0) return false;
      step -= 1;
      return true;
    },
    seek: (to) => {
      step = to;
    },
    stepAt: (us) => Math.floor(us / STEP_US),
    settle: () => {},
    act,
    moveTimers: () => undefined,
    legal: (decision) => fake.refusals.get(decision),
    switchBranch: (id) => {
      branch = id;
      step = tip;
      return true;
    },
    fork: () => branches++,
    renameBranch: (id, name) => void names.set(id, name),
    runUntil: (condition) => {
      fake.log.push(`until ${condition}`);
      return condition === 'leader';
    },
    status,
    nowUs: () => step * STEP_US,
    nextDueUs: () => (step < fake.end ? (step + 1) * STEP_US : undefined),
    pending: () => [row('msg:1.0', 'deliver 1.0'), row('msg:1.1', 'deliver 1.1')],
    narration: () => [{ kind: 'text', text: `step ${step}`, term: null }],
    why: () => [],
    changed: () => [],
    numbers: () => ({ elections: 0, undecided: 0, leaderlessUs: 0, messages: 0, committed: 0, repairs: 0, probes: 0 }),
    nodes: () => [],
    node: () => undefined,
    client: () => undefined,
    ops: () => [],
    about: () => [],
    message: () => undefined,
    settings: () => [],
    commands: () => [
      { verb: 'get', args: ['index'], client: true, node: true, writes: false, doc: '' },
      { verb: 'append', args: ['value', 'bytes?'], client: true, node: true, writes: true, doc: '' },
    ],
    rules: () => [],
    logTable: () => [],
    marks: () => [],
    flights: () => [],
    menu: () => [],
    digest: () => '0',
    paint: () => {},
    hit: () => undefined,
    timeAt: () => undefined,
    placeOf: () => undefined,
    svg: () => undefined,
    saveTrace: () => `trace at ${step}`,
    packLink: () => new Uint8Array(),
    free: () => void fake.log.push('free'),
  };
  return fake;
}

/**
 * The run on the page: one lab, where it is looked at, and how it plays. Knows no DOM; the
 * clock and the store are given, so tests drive it by hand.
 */
import {
  isLabError,
  type ActResult,
  type DecisionText,
  type Demo,
  type HitId,
  type IfLost,
  type Lab,
  type PendingRow,
  type RuleLight,
  type Segment,
  type Status,
  type View,
} from '../engine/types';
import type { Failure, Notice } from './notice';
import { Viewport } from './viewport.svelte';
import { DEFAULT_SLOWDOWN } from './speed';
import { healAll, partition, revive } from './faults';
import { command, writeCommand } from './words';

/** What the run needs of the world. */
export interface World {
  /** Wall clock, milliseconds. */
  now(): number;
  /** Calls back at the next frame; the number cancels it. */
  requestFrame(callback: () => void): number;
  cancelFrame(id: number): void;
  /** Keeps the run so far, for the case that the core stops. */
  keep(trace: string, step: number): void;
}

/** Fetches what makes a demo a run that can be acted on: it goes on from where the demo was seen last. */
type Continuing = () => Promise<(seen: Status | null) => Lab>;

/** A frame never takes more steps than this, so that a storm cannot freeze the page. */
const STEPS_A_FRAME = 2000;
/** A tab that slept does not make up for it in one jump. */
const WALL_MS_MAX = 100;
/** Panels follow a playing run at most ten times a second. */
const PANEL_MS = 100;
/** A single step shows its message arriving. */
const STEP_MS = 180;
const RUN_UNTIL_STEPS = 200_000;
/** Letters of a branch's name. */
export const BRANCH_NAME_MAX = 40;

export class Run {
  status = $state.raw<Status | null>(null);
  pending = $state.raw<PendingRow[]>([]);
  narration = $state.raw<Segment[]>([]);
  rules = $state.raw<RuleLight[]>([]);
  playing = $state(false);
  slowdown = $state(DEFAULT_SLOWDOWN);
  selected = $state<HitId | null>(null);
  hovered = $state<HitId | null>(null);
  notice = $state.raw<Notice | null>(null);
  failure = $state.raw<Failure | null>(null);
  /** Counts frames: whoever paints depends on it. */
  frame = $state(0);
  /** Counts what the panels show; slower than `frame` while playing. */
  turn = $state(0);
  readonly viewport = new Viewport();

  /** The instant shown; between two steps it is later than the last. Not reactive: read with `frame`. */
  shownUs = 0;
  /** Motion is not wanted: playing goes event by event, single steps jump. */
  still = false;

  #lab: Demo | null = null;
  /** The same, unless it is a demo, which can only be watched. */
  #whole: Lab | null = null;
  #continuing: Continuing | null = null;
  /** Demos that are over. Kept, because their part of the module cannot free them. */
  readonly #outgrown: Demo[] = [];
  #arrival: Promise<boolean> | null = null;
  #foreseen = false;
  /** Counts the runs shown. */
  #shown = 0;
  #world: World;
  #frameId: number | null = null;
  #wallMs = 0;
  #panelMs = 0;
  #glide: { from: number; to: number; start: number } | null = null;
  #writes = 0;
  /** Steps that may still be played before it stops by itself. */
  #left: number | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** Shows a run. */
  use(lab: Lab): void {
    this.#show(lab);
    this.#whole = lab;
  }

  /** Shows a run that can only be watched, until somebody needs more of it. */
  watch(demo: Demo, continuing: Continuing): void {
    this.#show(demo);
    this.#continuing = continuing;
  }

  /** Frees the run shown before. */
  #show(lab: Demo): void {
    this.pause();
    this.#leave();
    this.#shown += 1;
    this.#lab = lab;
    this.#whole = null;
    this.#continuing = null;
    this.#writes = 0;
    this.failure = null;
    this.notice = null;
    this.selected = null;
    this.hovered = null;
    this.viewport.reset();
    this.#settle();
  }

  /** Shows the run no more. */
  #leave(): void {
    if (this.#whole) this.#whole.free();
    else if (this.#lab) this.#outgrown.push(this.#lab);
    this.#lab = null;
    this.#whole = null;
  }

  /** Waits until the run can be acted on; false when what that takes did not come. */
  whole(): Promise<boolean> {
    const continuing = this.#continuing;
    if (!continuing) return Promise.resolve(this.#whole !== null);
    this.#arrival ??= this.#continue(continuing).finally(() => (this.#arrival = null));
    return this.#arrival;
  }

  async #continue(continuing: Continuing): Promise<boolean> {
    const shown = this.#shown;
    try {
      const goOn = await continuing();
      // Another run may be shown by now; a playing demo went on meanwhile.
      if (this.#shown === shown) this.#replace(goOn);
    } catch {
      return false;
    }
    return this.#whole !== null;
  }

  #replace(goOn: (seen: Status | null) => Lab): void {
    const seen = this.ask((lab) => lab.status()) ?? this.status;
    this.#continuing = null;
    try {
      const lab = goOn(seen);
      this.#leave();
      this.#lab = lab;
      this.#whole = lab;
    } catch (error) {
      this.#fail(error);
    }
    this.#settle(this.shownUs);
  }

  /** False while the run can only be watched: `again` is done when it is whole. */
  ready(again: () => void): boolean {
    if (!this.#continuing) return true;
    const shown = this.#shown;
    void this.whole().then((came) => {
      // What was meant for one run is not done to another.
      if (this.#shown !== shown) return;
      if (came) again();
      else this.notice = { kind: 'notLoaded' };
    });
    return false;
  }

  /** Fetches the rest when somebody points at something, for who points acts soon. */
  #foresee(): void {
    if (this.#foreseen) return;
    this.#foreseen = true;
    void this.whole();
  }

  /** The thing at a point of a picture; a demo has none. */
  hit(view: View, x: number, y: number): HitId | null {
    return this.askWhole((lab) => lab.hit(view, x, y)) ?? null;
  }

  /** Shows a thing as pointed at. */
  hover(hit: HitId | null): void {
    this.#foresee();
    if (this.#whole) this.hovered = hit;
  }

  /** Asks what a demo cannot answer. */
  askWhole<T>(question: (lab: Lab) => T): T | null {
    const lab = this.#whole;
    return lab && this.ask(() => question(lab));
  }

  /** Every call of the lab goes through here: a trap is not an error but the end of this instance. */
  ask<T>(question: (lab: Demo) => T): T | null {
    if (!this.#lab || this.failure) return null;
    try {
      return question(this.#lab);
    } catch (error) {
      if (isLabError(error)) this.notice = { kind: 'refused', message: error.message };
      else if (this.#continuing) this.#outgrow(question);
      else this.#fail(error);
      return null;
    }
  }

  /** The demo came to what its part of the module cannot do: the whole one goes on from what was seen last. */
  #outgrow(again: (lab: Demo) => unknown): void {
    this.#leave();
    this.ready(() => {
      this.ask(again);
      this.#settle(this.playing ? this.shownUs : undefined);
    });
  }

  #fail(error: unknown): void {
    this.#stopFrames();
    this.playing = false;
    this.failure = { step: this.status?.step ?? 0, message: error instanceof Error ? error.message : String(error) };
  }

  // ---- playing

  /** There is a run to read, and it stands still. */
  get stands(): boolean {
    return this.status !== null && !this.playing;
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Plays, at most so many steps; who looks on has done so since `from`, wall clock. */
  play(left: number | null = null, from = this.#world.now()): void {
    if (this.playing || !this.#lab || this.failure) return;
    this.#finishGlide();
    this.playing = true;
    this.#left = left;
    this.notice = null;
    this.viewport.follow();
    this.#wallMs = from;
    this.#panelMs = 0;
    this.#playOn(this.#world.now());
    if (this.playing && !this.failure) this.#nextFrame();
  }

  /** Plays, and stops after this step. */
  playTo(step: number): void {
    this.pause();
    const left = step - (this.status?.step ?? 0);
    if (left > 0) this.play(left);
  }

  /** The instant of a step of the branch shown. */
  timeOf(step: number): number {
    const here = this.status?.step ?? 0;
    return (
      this.askWhole((lab) => {
        lab.seek(step);
        const at = lab.nowUs();
        lab.seek(here);
        return at;
      }) ?? 0
    );
  }

  pause(): void {
    if (!this.playing) return;
    this.playing = false;
    this.#stopFrames();
    this.#keep();
    this.#settle(this.shownUs);
  }

  #nextFrame(): void {
    this.#frameId = this.#world.requestFrame(() => this.#onFrame());
  }

  #stopFrames(): void {
    if (this.#frameId !== null) this.#world.cancelFrame(this.#frameId);
    this.#frameId = null;
    this.#glide = null;
  }

  #onFrame(): void {
    this.#frameId = null;
    const now = this.#world.now();
    if (this.#glide) this.#glideOn(now);
    else if (this.playing) this.#playOn(now);
    this.frame += 1;
    if (!this.failure && (this.#glide || this.playing)) this.#nextFrame();
  }

  #playOn(now: number): void {
    const wall = Math.min(WALL_MS_MAX, Math.max(0, now - this.#wallMs));
    this.#wallMs = now;
    const until = this.shownUs + (wall * 1000) / this.slowdown;
    const most = Math.min(STEPS_A_FRAME, this.#left ?? STEPS_A_FRAME);
    const taken = this.ask((lab) => lab.playUntil(until, most));
    if (taken === null) return;
    // When a frame could not take all that was due, time waits for it.
    const reached = this.ask((lab) => lab.nowUs()) ?? until;
    this.shownUs = taken >= most ? reached : Math.max(until, reached);
    if (this.#left !== null) {
      this.#left -= taken;
      if (this.#left <= 0) return this.pause();
    }
    if (taken === 0 && this.ask((lab) => lab.nextDueUs()) === undefined) {
      this.pause();
      this.notice = { kind: 'stopped' };
      return;
    }
    if (now - this.#panelMs >= PANEL_MS) {
      this.#panelMs = now;
      this.#read();
    }
  }

  // ---- moving

  /** One step on. When messages are on their way, they are first seen arriving. */
  forward(): void {
    // It needs nothing more, but comes after what waits for the rest of the run.
    if (this.#arrival && !this.ready(() => this.forward())) return;
    this.pause();
    if (this.#finishGlide()) return;
    this.notice = null;
    const due = this.ask((lab) => lab.nextDueUs());
    if (typeof due === 'number' && due > this.shownUs && !this.still) {
      this.#glide = { from: this.shownUs, to: due, start: this.#world.now() };
      this.#nextFrame();
      return;
    }
    this.#stepNow();
  }

  #glideOn(now: number): void {
    const glide = this.#glide;
    if (!glide) return;
    const part = (now - glide.start) / STEP_MS;
    if (part >= 1) {
      this.#finishGlide();
    } else {
      this.shownUs = glide.from + (glide.to - glide.from) * part;
    }
  }

  /** Ends a step that is still being shown; false when there was none. */
  #finishGlide(): boolean {
    if (!this.#glide) return false;
    this.#stopFrames();
    this.#stepNow();
    return true;
  }

  #stepNow(): void {
    const moved = this.ask((lab) => lab.stepForward());
    if (moved === false) this.notice = { kind: 'stopped' };
    this.#settle();
  }

  back(steps = 1): void {
    if (!this.ready(() => this.back(steps))) return;
    if (steps > 1) return this.seek((this.status?.step ?? 0) - steps);
    this.#still();
    this.askWhole((lab) => lab.stepBack());
    this.#settle();
  }

  /** Several steps on, without showing each. */
  forwardBy(steps: number): void {
    if (this.#arrival && !this.ready(() => this.forwardBy(steps))) return;
    this.#still();
    this.ask((lab) => {
      for (let i = 0; i < steps && lab.stepForward(); i += 1);
    });
    this.#settle();
  }

  seek(step: number): void {
    if (!this.ready(() => this.seek(step))) return;
    this.#still();
    const tip = this.status?.tip ?? 0;
    this.askWhole((lab) => lab.seek(Math.min(tip, Math.max(0, Math.round(step)))));
    this.#settle();
  }

  seekTime(us: number): void {
    if (!this.ready(() => this.seekTime(us))) return;
    const step = this.askWhole((lab) => lab.stepAt(Math.max(0, us)));
    if (step !== null) this.seek(step);
  }

  runUntil(condition: string): void {
    if (!this.ready(() => this.runUntil(condition))) return;
    this.#still();
    const { step = 0 } = this.status ?? {};
    const reached = this.askWhole((lab) => lab.runUntil(condition, RUN_UNTIL_STEPS));
    this.notice = reached === false ? { kind: 'notReached', step } : null;
    this.#keep();
    this.#settle();
  }

  switchBranch(id: number): void {
    if (!this.ready(() => this.switchBranch(id))) return;
    this.#still();
    this.askWhole((lab) => lab.switchBranch(id));
    this.#settle();
  }

  /** The branch before or after the one shown. */
  nextBranch(by: number): void {
    const branches = this.status?.branches ?? [];
    const at = branches.findIndex((branch) => branch.current);
    const next = branches[at + by];
    if (next) this.switchBranch(next.id);
  }

  #still(): void {
    this.pause();
    this.#stopFrames();
    this.notice = null;
  }

  // ---- acting

  legal(decision: DecisionText): string | null {
    return this.askWhole((lab) => lab.legal(decision)) ?? null;
  }

  /** What follows when a message is lost; null of what is none. */
  ifLost(hit: HitId): IfLost | null {
    return this.askWhole((lab) => lab.message(hit, this.shownUs))?.ifLost ?? null;
  }

  /** Takes a decision as the next step. Acting in the past starts a branch. */
  act(decision: DecisionText): boolean {
    if (!this.ready(() => this.act(decision))) return false;
    const playing = this.playing;
    this.#finishGlide();
    const before = this.ask((lab) => lab.status());
    const result = this.askWhole<ActResult>((lab) => lab.act(decision, this.shownUs));
    if (!before || !result) return false;
    if (!result.ok) {
      this.notice = { kind: 'refused', message: result.error.message };
      return false;
    }
    this.#keep();
    const forked = result.forked !== null;
    this.notice = forked ? { kind: 'forked', step: before.step, back: { branch: before.branch, step: before.step } } : null;
    // A running run goes on; its instant may be a little later than the step just taken.
    this.#settle(playing ? this.shownUs : undefined);
    return true;
  }

  /** Takes decisions in turn, one step each, up to one that is refused. How many were taken. */
  take(decisions: Iterable<DecisionText>): number {
    let taken = 0;
    let forked: Notice | null = null;
    for (const decision of decisions) {
      if (!this.act(decision)) break;
      taken += 1;
      forked ??= this.notice?.kind === 'forked' ? this.notice : null;
    }
    if (forked) this.notice = forked;
    return taken;
  }

  /** The same, but those that are not legal when their turn comes are left out. */
  actAll(decisions: readonly DecisionText[]): number {
    return this.ready(() => this.actAll(decisions)) ? this.take(this.#legal(decisions)) : 0;
  }

  *#legal(decisions: readonly DecisionText[]) {
    for (const decision of decisions) if (this.legal(decision) === null) yield decision;
  }

  /** Takes back a fork: shows the branch and the step where it was made. */
  undoFork(): void {
    const notice = this.notice;
    if (notice?.kind !== 'forked') return;
    this.switchBranch(notice.back.branch);
    this.seek(notice.back.step);
  }

  fork(): void {
    if (!this.ready(() => this.fork())) return;
    this.#still();
    const { branch = 0, step = 0 } = this.status ?? {};
    this.askWhole((lab) => lab.fork());
    this.notice ??= { kind: 'forked', step, back: { branch, step } };
    this.#keep();
    this.#settle();
  }

  /** Names the branch shown; without a name it keeps the one it has. */
  nameBranch(name: string): void {
    const id = this.status?.branch;
    const words = [...name.trim()].slice(0, BRANCH_NAME_MAX).join('');
    if (id === undefined || words === '') return;
    this.askWhole((lab) => lab.renameBranch(id, words));
    this.#keep();
    this.#settle(this.shownUs);
  }

  /** A client writes the next value. */
  request(): boolean {
    if (!this.ready(() => this.request())) return false;
    const write = this.askWhole((lab) => writeCommand(lab.commands()));
    if (!write) return false;
    this.#writes += 1;
    return this.act(command('c0', write.verb, `x=${this.#writes}`));
  }

  /** Crashes the leader and boots it again. */
  restartLeader(): boolean {
    if (!this.ready(() => this.restartLeader())) return false;
    const leader = this.ask((lab) => lab.status().leader);
    if (!leader) return false;
    return this.take([`crash ${leader}`, `restart ${leader}`]) > 0;
  }

  /** Whoever is paused goes on, whoever is down boots. */
  resumeAll(): void {
    this.actAll(revive(this.status?.nodes ?? 0));
  }

  /** Cuts every way between these nodes and the others. */
  partition(group: readonly number[]): number {
    return this.actAll(partition(this.status?.nodes ?? 0, group));
  }

  healAll(): void {
    this.actAll(healAll(this.status?.nodes ?? 0));
  }

  // ---- reading

  /** Shows where the run stands now, or a later instant before the next step. */
  #settle(shownUs?: number): void {
    this.ask((lab) => lab.settle());
    // A demo that came to its end is shown as it was seen last.
    if (!this.#lab) return;
    const now = this.ask((lab) => lab.nowUs()) ?? 0;
    this.shownUs = Math.max(now, shownUs ?? now);
    this.#read();
    this.frame += 1;
  }

  #read(): void {
    this.ask((lab) => {
      this.status = lab.status();
      this.pending = lab.pending(this.shownUs);
      this.narration = lab.narration();
      this.rules = lab.rules();
    });
    this.turn += 1;
  }

  #keep(): void {
    if (this.#continuing) {
      // Nobody acted, so nothing is lost; but who pauses will act soon.
      void this.whole();
      return;
    }
    const trace = this.askWhole((lab) => lab.saveTrace());
    if (trace !== null) this.#world.keep(trace, this.status?.step ?? 0);
  }

  /** Brings an entry into the log table's window. */
  showEntry(index: number): void {
    this.viewport.showEntry(index, this.status);
    this.repaint();
  }

  /** Paints again although nothing happened: another size, theme or hover. */
  repaint(): void {
    this.frame += 1;
  }
}

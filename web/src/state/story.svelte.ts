/**
 * A scenario told on the page: a recorded run, and captions that each stand for a stretch of its
 * steps. Neighbouring stretches share their border, and a caption may stand for no step at all, so
 * which one is told is remembered and only corrected when the cursor leaves its stretch.
 */
import type { Run } from './run.svelte';
import { watchable } from './speed';

export interface Caption {
  from: number;
  to: number;
  text: string;
}

/** A line of the list. */
export interface StoryEntry {
  id: string;
  engine: string;
  title: string;
  about: string;
  captions: number;
}

export interface StoryFile {
  id: string;
  engine: string;
  title: string;
  about: string;
  captions: Caption[];
  /** The run, as a trace file's text. */
  trace: string;
}

const FOLDER = 'scenarios/';
const ID = /^[\w-]+\/[\w-]+$/;

/** The scenario that a link's fragment names; null when it names none. */
export function storyOfFragment(fragment: string): string | null {
  const found = /^#s=(.+)$/.exec(fragment);
  return found?.[1] && ID.test(found[1]) ? found[1] : null;
}

export const storyFragment = (id: string): string => `#s=${id}`;

async function read<T>(path: string): Promise<T> {
  // Relative to the page, which may lie in any folder.
  const response = await fetch(`${FOLDER}${path}.json`);
  if (!response.ok) throw new Error(`${FOLDER}${path}.json: ${response.status} ${response.statusText}`);
  return (await response.json()) as T;
}

export const listStories = (): Promise<StoryEntry[]> => read('index');
export const fetchStory = (id: string): Promise<StoryFile> => read(id);

/** The caption told at a step, when the one before was `at`. */
export function captionAt(captions: readonly Caption[], at: number, step: number): number {
  const here = captions[at];
  if (!here || (here.from <= step && step <= here.to)) return at;
  if (step > here.to) {
    const next = captions.findIndex((caption, i) => i > at && step <= caption.to);
    return next < 0 ? captions.length - 1 : next;
  }
  let before = at;
  while (before > 0 && (captions[before]?.from ?? 0) > step) before -= 1;
  return before;
}

export class Story {
  file = $state.raw<StoryFile | null>(null);
  at = $state(0);
  #branch = 0;
  /** The speed chosen here; another one was chosen by the user, and stays. */
  #speed: number | null = null;
  /** The span of time chosen here, likewise. */
  #span: number | null = null;

  constructor(readonly run: Run) {}

  /** Tells a scenario from its first step on; its run is shown already. */
  show(file: StoryFile): void {
    this.file = file;
    this.at = 0;
    this.#speed = null;
    this.#span = null;
    this.#branch = this.run.status?.branch ?? 0;
    this.run.seek(0);
  }

  close(): void {
    this.file = null;
  }

  get caption(): Caption | null {
    return this.file?.captions[this.at] ?? null;
  }

  /** The run shown is the one told, not a branch that the user made of it. */
  get told(): boolean {
    return this.run.status?.branch === this.#branch;
  }

  /** Everything has been told and seen. */
  get ended(): boolean {
    const last = this.file?.captions.at(-1);
    return !last || (this.at === (this.file?.captions.length ?? 0) - 1 && (this.run.status?.step ?? 0) >= last.to);
  }

  /** Keeps up with the cursor. */
  follow(): void {
    const step = this.run.status?.step;
    if (this.file && this.told && step !== undefined) this.at = captionAt(this.file.captions, this.at, step);
  }

  /** Plays what the caption tells, or tells the next one; while it plays, goes to its end at once. */
  next(): void {
    const { run } = this;
    if (!this.caption) return;
    if (!this.told) return this.back();
    if (run.playing) {
      run.pause();
      this.follow();
      run.seek(this.caption.to);
      return;
    }
    this.follow();
    if ((run.status?.step ?? 0) >= this.caption.to && this.at + 1 < (this.file?.captions.length ?? 0)) {
      this.at += 1;
      if (run.status?.step !== this.caption.from) run.seek(this.caption.from);
    }
    this.#play(this.caption.to);
  }

  /** Tells the caption before, from its first step. */
  previous(): void {
    if (!this.told) return this.back();
    this.run.pause();
    this.follow();
    this.at = Math.max(0, this.at - 1);
    this.run.seek(this.caption?.from ?? 0);
    this.#frame();
  }

  /** From a branch of the user's own to where the telling stands. */
  back(): void {
    this.run.switchBranch(this.#branch);
    this.run.seek(this.caption?.from ?? 0);
  }

  /** Shows as much of time as the caption tells of. */
  #frame(): void {
    const { run, caption } = this;
    const { viewport } = run;
    if (!caption || (this.#span ?? viewport.spanUs) !== viewport.spanUs) return;
    this.#span = viewport.fit(run.timeOf(caption.to) - run.timeOf(caption.from));
  }

  #play(to: number): void {
    const { run } = this;
    this.#frame();
    const steps = to - (run.status?.step ?? 0);
    if (steps <= 0) return;
    if (this.#speed === null || this.#speed === run.slowdown) {
      run.slowdown = watchable(steps, run.timeOf(to) - (run.status?.nowUs ?? 0));
      this.#speed = run.slowdown;
    }
    run.playTo(to);
  }
}

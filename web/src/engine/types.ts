/**
 * The lab as the page sees it: one run, its pictures and its files. The wasm class of
 * `crates/bindings` has this shape; the state and the features know only this interface.
 * Instants are virtual microseconds; digests and seeds cross as text.
 */
export type View = 'ring' | 'log' | 'time' | 'overview';

/** The name of a thing in a picture: `node:2`, `msg:17.3`, `link:0-2`, `cell:1:7`, `step:17`, … */
export type HitId = string;

/** A decision in its one text form: `deliver 17.0`, `crash n2`, `do c0 append x`. */
export type DecisionText = string;

export type ErrorCode = 'badSetup' | 'otherEngine' | 'badTrace' | 'badLink' | 'badDecision' | 'badView' | 'diverged' | 'refused';

export interface LabError {
  code: ErrorCode;
  message: string;
  /** `line:column` or a step, where there is one. */
  at: string | null;
  /** The engine that is asked for, when its module is another one. */
  engine?: string;
}

export interface StartOptions {
  engine?: string;
  nodes?: number;
  clients?: number;
  /** Decimal, below 2^64. */
  seed?: string;
  latencyUs?: [number, number];
  /** On each way messages arrive in the order in which they were sent. */
  fifo?: boolean;
  lossPpm?: number;
  settings?: [string, string][];
}

/** `forked` is the new branch when the action was taken in the past. */
export type ActResult =
  | { ok: true; forked: number | null; error: null }
  | { ok: false; forked: null; error: LabError };

export interface Branch {
  id: number;
  name: string;
  cause: string;
  parent: number | null;
  fromStep: number;
  current: boolean;
}

export interface Status {
  step: number;
  tip: number;
  nowUs: number;
  /** null: nothing is pending. */
  nextDueUs: number | null;
  branch: number;
  branches: Branch[];
  nodesUp: number;
  nodes: number;
  /** Some way is cut. */
  cut: boolean;
  /** Somebody is paused or down. */
  pausedOrDown: boolean;
  clients: number;
  /** How many make one; in a joint config of both halves: `2+3`. */
  quorum: string;
  engine: string;
  engineTitle: string;
  models: string;
  seed: string;
  leader: string | null;
  leaderTerm: number;
  events: number;
  digest: string;
  logFirst: number;
  logEnd: number;
}

/** Something that can be done; `reason` says why not now. */
export interface Act {
  verb: string;
  decision: DecisionText;
  reason: string | null;
  /** In a node's menu: its own timer or command, named without the node. A client's request has the verb `request`. */
  own?: string;
}

export type PendingGroup = 'message' | 'timer' | 'disk' | 'client';

export interface PendingRow {
  id: HitId;
  group: PendingGroup;
  letter: string;
  reply: boolean;
  sign: '' | '+' | '−' | '…' | '×';
  kind: string;
  detail: string;
  term: number | null;
  from: string;
  to: string | null;
  /** null: held, or it waits for something else to happen. */
  dueInUs: number | null;
  held: boolean;
  copy: boolean;
  noEffect: boolean;
  /** The first is the default act: deliver, fire, finish. */
  acts: Act[];
}

export interface Segment {
  kind: 'text' | 'addr' | 'term' | 'code' | 'rule';
  text: string;
  term: number | null;
}

export interface WhyItem {
  step: number;
  sentence: Segment[];
  byUser: boolean;
}

export interface ChangedField {
  who: string;
  field: string;
  old: string | null;
  new: string | null;
}

export interface Field {
  name: string;
  doc: string;
  value: string;
  /** Rows of a table when the value is a map: a leader's view of its peers. */
  rows: [string, string][];
  changed: boolean;
}

/** A command that somebody was given, and how it stands. */
export interface Op {
  /** The step that gave it. */
  step: number;
  who: string;
  text: string;
  state: 'open' | 'abandoned' | 'done';
  /** The answer: the code's name, the index, the value read. */
  outcome: string | null;
  /** What became of it; null while it is open. */
  fate: 'done' | 'refused' | 'inDoubt' | null;
  afterUs: number | null;
}

/** A node in words, as the ring shows it. */
export interface NodeWords {
  id: string;
  role: string;
  facts: string;
  term: number;
}

export interface NodeDetail extends NodeWords {
  shape: string;
  paused: boolean;
  down: boolean;
  skewUs: number;
  durable: Field[];
  volatile: Field[];
}

export interface Setting {
  name: string;
  unit: string;
  default: string;
  value: string;
  min: number | null;
  max: number | null;
  choices: string[];
  doc: string;
  /** Once the run has begun it does not change. */
  fixed: boolean;
}

export interface CommandDesc {
  verb: string;
  args: string[];
  client: boolean;
  node: boolean;
  writes: boolean;
  doc: string;
}

export interface RuleLight {
  name: string;
  state: 'holds' | 'notExercised' | 'broken' | 'brokenAsReal' | 'notChecked';
  sentence: string | null;
  /** The first step that broke it. */
  step: number | null;
}

/** A node's log inside a window, as a table. */
export interface LogRow {
  id: string;
  /** Index, term, value, whether it is committed there (null while the node is down), who holds it of a quorum: `1/2`, and whether the leader itself is counted there. */
  cells: [number, number, string, boolean | null, string, boolean][];
  /** What points into it: the system's name, and the index. */
  pointers: [string, number][];
  /** The state of the leader's replicator to this node, in the system's words; empty without one. */
  pill: string;
}

/** The way of a message that arrived or was lost. */
export interface Flight {
  from: string;
  to: string;
  label: string;
  reply: boolean;
  sentUs: number;
  lost: boolean;
  endedUs: number;
}

/** What follows when a message is lost, as its transport has it. */
export type IfLost = 'silence' | 'timesOut' | 'breaks';

/** A message, whole. Instants are microseconds of the whole cluster. */
export interface MessageText {
  /** The step that sent it and its place among that step's effects: `17.0`. */
  name: string;
  letter: string;
  reply: boolean;
  sign: '' | '+' | '−' | '…' | '×';
  kind: string;
  /** What the engine says of it: `prev=4/2 c=3`. */
  detail: string;
  term: number;
  /** Of the first entry it carries or is about. */
  index: number | null;
  from: string;
  to: string;
  /** The call that it asks or answers. */
  call: string | null;
  sentUs: number;
  /** null: held, or over. */
  dueUs: number | null;
  held: boolean;
  copy: boolean;
  noEffect: boolean;
  ifLost: IfLost;
  /** When its loss would show. */
  lostAtUs: number | null;
  arrivedUs: number | null;
  /** When it was lost. */
  goneUs: number | null;
}

export interface PaintOptions {
  dark: boolean;
  /** The instant shown: between two steps messages fly on. */
  atUs: number;
  playing: boolean;
  hovered: HitId | null;
  selected: HitId | null;
  focused: HitId | null;
  touch: boolean;
  compact: boolean;
  phone: boolean;
  /** The pictures' own words are in 简体中文. */
  chinese: boolean;
  windowUs: [number, number];
  fold: boolean;
  logFrom: number;
  logColumn: number;
}

/** What a run came to, up to the step shown. */
export interface Numbers {
  /** Terms in which somebody was a candidate. */
  elections: number;
  /** Of them those that are over and brought no leader. */
  undecided: number;
  /** Microseconds in which nobody led. */
  leaderlessUs: number;
  /** Messages that nodes sent each other. */
  messages: number;
  /** Entries that some node knows to be committed. */
  committed: number;
  /** Logs that a leader mended after it was refused, and the answered messages by which it looked where they agree. */
  repairs: number;
  probes: number;
}

/** A run as it can be watched: what the part of the module that the live demo starts with can do. */
export interface Demo {
  playUntil(untilUs: number, maxSteps: number): number;
  stepForward(): boolean;
  /** After playing: makes what the last step changed visible. */
  settle(): void;

  status(): Status;
  nowUs(): number;
  nextDueUs(): number | undefined;
  pending(atUs: number): PendingRow[];
  narration(): Segment[];
  rules(): RuleLight[];
  /** What points into the logs: the system's name, and the mark it is drawn with. */
  marks(): [string, string][];

  paint(view: View, ctx: CanvasRenderingContext2D, w: number, h: number, dpr: number, options: PaintOptions): void;
}

/** A run as it can be worked with. */
export interface Lab extends Demo {
  stepBack(): boolean;
  seek(step: number): void;
  stepAt(atUs: number): number;
  hit(view: View, x: number, y: number): HitId | undefined;
  timeAt(view: View, x: number): number | undefined;
  placeOf(view: View, hit: HitId): ArrayLike<number> | undefined;
  nodes(): NodeWords[];
  logTable(from: number, to: number): LogRow[];
  race(steps: number): number;
  act(decision: DecisionText, atUs?: number): ActResult;
  /** Why a decision is not legal now; undefined when it is. */
  legal(decision: DecisionText): string | undefined;
  /** What moves the timers by which nodes campaign, apart or together; undefined where nodes have no command for it. */
  moveTimers(atUs: number, together: boolean): DecisionText[] | undefined;
  switchBranch(id: number): boolean;
  fork(): number | undefined;
  renameBranch(id: number, name: string): void;
  /** `leader`, `violation`, `commit N`, `time US`, `kind WORD`; false when it did not happen. */
  runUntil(condition: string, maxSteps: number): boolean;

  why(): WhyItem[];
  changed(): ChangedField[];
  numbers(): Numbers;
  node(id: number): NodeDetail | undefined;
  /** A client's fields. */
  client(id: number): Field[] | undefined;
  /** The commands given so far that are open or ended lately, newest first. */
  ops(): Op[];
  /** What a node keeps about another. */
  about(id: number, peer: number): Field[];
  /** A message that was sent up to the cursor, as it is at an instant. */
  message(hit: HitId, atUs: number): MessageText | undefined;
  settings(): Setting[];
  commands(): CommandDesc[];
  /** The last messages of the branch that arrived or were lost up to now. */
  flights(most: number): Flight[];
  menu(hit: HitId): Act[];
  digest(): string;
  svg(view: View): string | undefined;

  saveTrace(): string;
  /** The bytes of a link, not compressed yet. */
  packLink(): Uint8Array;
  free(): void;
}

/** A configuration worth starting from; the first is offered first. */
export interface Preset {
  title: string;
  doc: string;
  nodes: number;
  latencyUs: [number, number];
  settings: [string, string][];
  /** The speed this configuration is known by, as a division. */
  slowdown?: number;
}

/** What an engine's module gives. */
export interface LabMaker {
  version: string;
  presets: Preset[];
  start(options: StartOptions): Lab;
  openTrace(text: string): Lab;
  openLink(bytes: Uint8Array): Lab;
  legend: Legend;
}

/** The marks of the pictures, each beside its meaning. */
export interface Legend {
  height(width: number): number;
  /** The meanings, for readers. */
  words(chinese: boolean): string[];
  paint(ctx: CanvasRenderingContext2D, width: number, dpr: number, dark: boolean, chinese: boolean): void;
}

/** A module of an engine did not come. */
export class NotLoaded extends Error {}

/** Tells our own refusals from a trap of the wasm. */
export function isLabError(error: unknown): error is LabError {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error && 'at' in error;
}

/** What the page asks about a message, beyond what every picture and list is told. */

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

declare module '../engine/types' {
  interface PaintOptions {
    /** The pictures' own words are in 简体中文. */
    chinese: boolean;
  }
  interface Lab {
    /** A message that was sent up to the cursor, as it is at an instant. */
    message(hit: HitId, atUs: number): MessageText | undefined;
  }
}

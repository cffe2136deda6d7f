/** What the page says for a moment, and what it says when it cannot go on. */
export type Notice =
  | { kind: 'forked'; step: number; back: { branch: number; step: number } }
  | { kind: 'refused'; message: string }
  | { kind: 'badFile'; message: string }
  | { kind: 'stopped' }
  | { kind: 'notLoaded' }
  | { kind: 'notReached'; step: number };

export interface Failure {
  step: number;
  message: string;
}

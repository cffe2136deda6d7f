/**
 * The run so far, kept for the case that the core stops or the page must be loaded again. Only a
 * reload that asks for it takes it up: otherwise every visit begins with the boot.
 */
const KEY = 'quorumscope.run';
const AGAIN = 'quorumscope.again';

interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface Kept {
  trace: string;
  step: number;
}

export function keep(shelf: Shelf, trace: string, step: number): void {
  try {
    shelf.setItem(KEY, JSON.stringify({ trace, step }));
  } catch {
    // Longer than the device keeps: an older state is better than none.
  }
}

export function kept(shelf: Shelf): Kept | null {
  try {
    const value = JSON.parse(shelf.getItem(KEY) ?? 'null') as Kept | null;
    return value && typeof value.trace === 'string' && Number.isInteger(value.step) ? value : null;
  } catch {
    return null;
  }
}

/** Asks the next load of the page to take the run up at a step. */
export function askAgain(shelf: Shelf, step: number): void {
  shelf.setItem(AGAIN, String(Math.max(0, step)));
}

/** What the last load asked for; once. */
export function takeAgain(shelf: Shelf): Kept | null {
  const step = shelf.getItem(AGAIN);
  if (step === null) return null;
  shelf.removeItem(AGAIN);
  const run = kept(shelf);
  return run ? { trace: run.trace, step: Number(step) } : null;
}

/** Which part of the log and of time the pictures show. Follows the run until the user moves it. */
import type { Status } from '../engine/types';

export const COLUMN_STEPS = [1, 3, 12, 30, 56] as const;
const SPAN_MIN_US = 2_000;
const SPAN_MAX_US = 600_000_000;
const SPAN_US = 1_500_000;
/** The window grows with a run that has just begun, in few jumps. */
const YOUNG_US = [200_000, 400_000, 800_000];
/** Spans for what is over soon. */
const FIT_US = [50_000, 100_000, ...YOUNG_US];
/** Where the playhead stands in the window while it follows. */
const PLAYHEAD = 0.78;

export class Viewport {
  column = $state<number>(56);
  fold = $state(true);
  spanUs = $state(SPAN_US);
  /** null: follows the playhead. */
  #fromUs = $state<number | null>(null);
  /** null: follows the end of the log. */
  #logFrom = $state<number | null>(null);

  reset(): void {
    this.spanUs = SPAN_US;
    this.follow();
  }

  follow(): void {
    this.#fromUs = null;
    this.#logFrom = null;
  }

  /** As long a window as shows a stretch of time, never longer than usual. */
  fit(us: number): number {
    this.spanUs = FIT_US.find((span) => us <= span * PLAYHEAD) ?? SPAN_US;
    return this.spanUs;
  }

  /** What a span is shown as: a young run would lie squeezed at the left of the usual one. */
  span(shownUs: number): number {
    if (this.spanUs !== SPAN_US || this.#fromUs !== null) return this.spanUs;
    return YOUNG_US.find((span) => shownUs <= span * PLAYHEAD) ?? SPAN_US;
  }

  window(shownUs: number): [number, number] {
    const span = this.span(shownUs);
    if (span !== this.spanUs) return [0, span];
    const from = this.#fromUs ?? Math.max(0, shownUs - this.spanUs * PLAYHEAD);
    return [from, from + this.spanUs];
  }

  /** Zooms round an instant, which keeps its place. */
  zoomTime(factor: number, aroundUs: number, shownUs: number): void {
    const [from] = this.window(shownUs);
    const now = this.span(shownUs);
    const span = Math.min(SPAN_MAX_US, Math.max(SPAN_MIN_US, now * factor));
    const place = (aroundUs - from) / now;
    this.spanUs = span;
    this.#fromUs = Math.max(0, aroundUs - place * span);
  }

  panTime(byUs: number, shownUs: number): void {
    const [from, to] = this.window(shownUs);
    this.spanUs = to - from;
    this.#fromUs = Math.max(0, from + byUs);
  }

  /** The first index shown in the log table, a fraction while it scrolls. */
  logFrom(status: Status | null, columns: number): number {
    const first = status?.logFirst ?? 0;
    const end = status?.logEnd ?? 0;
    // One column more than there are entries: what is sent next stands there.
    return this.#logFrom ?? Math.max(first, end - Math.max(1, Math.floor(columns)) + 1);
  }

  panLog(by: number, status: Status | null, columns: number): void {
    const first = status?.logFirst ?? 0;
    const end = status?.logEnd ?? 0;
    const from = this.logFrom(status, columns) + by;
    this.#logFrom = Math.min(Math.max(first, from), Math.max(first, end - 1));
  }

  /** Brings an entry to the second column. */
  showEntry(index: number, status: Status | null): void {
    this.#logFrom = Math.max(status?.logFirst ?? 0, index - 1);
  }

  zoomLog(by: number): void {
    const at = COLUMN_STEPS.findIndex((step) => step === this.column);
    this.column = COLUMN_STEPS[Math.min(COLUMN_STEPS.length - 1, Math.max(0, at + by))] ?? 56;
  }
}

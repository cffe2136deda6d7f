/**
 * Playing speed: virtual time per wall time, as a division, because the interesting speeds are all
 * slow ones. A message flies for some milliseconds; an eye needs a quarter of a second.
 */
export const SLOWEST = 1000;

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

/** The demo's speed: a message is seen flying within half a second, a leader within four. */
export const DEFAULT_SLOWDOWN = 5;

/** The next faster speed of the ladder, or the same at its end. */
export function faster(slowdown: number): number {
  return [...STEPS].reverse().find((step) => step < slowdown) ?? 1;
}

/** The next slower speed of the ladder, or the same at its end. */
export function slower(slowdown: number): number {
  return STEPS.find((step) => step > slowdown) ?? SLOWEST;
}

/** As the transport row shows it: `1×`, `1/100×`. */
export function speedLabel(slowdown: number): string {
  return slowdown === 1 ? '1×' : `1/${slowdown}×`;
}

/** Place of a speed on a slider from 0 (slowest) to `SLIDER_MAX` (real time). */
export const SLIDER_MAX = STEPS.length - 1;

export function sliderOf(slowdown: number): number {
  const place = STEPS.findIndex((step) => step >= slowdown);
  return SLIDER_MAX - (place < 0 ? SLIDER_MAX : place);
}

export function slowdownAt(slider: number): number {
  return STEPS[SLIDER_MAX - Math.min(SLIDER_MAX, Math.max(0, Math.round(slider)))] ?? DEFAULT_SLOWDOWN;
}

const WATCH_MS_A_STEP = 300;
const WATCH_MS_MIN = 1500;
const WATCH_MS_MAX = 8000;

/** A speed at which so many steps in so many microseconds can be watched. */
export function watchable(steps: number, us: number): number {
  const wallMs = Math.min(WATCH_MS_MAX, Math.max(WATCH_MS_MIN, steps * WATCH_MS_A_STEP));
  const wanted = us > 0 ? (wallMs * 1000) / us : 1;
  return STEPS.find((step) => step >= wanted) ?? SLOWEST;
}

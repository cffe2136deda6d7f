/** Numbers as the page writes them. */

/** Time left until something is due: `+5.0 ms`, `+2.04 s`; overdue is `now`. */
export function dueText(us: number): string {
  if (us <= 0) return '+0 ms';
  if (us < 1_000_000) return `+${(us / 1000).toFixed(1)} ms`;
  return `+${(us / 1_000_000).toFixed(2)} s`;
}

/** An instant: `1.200 s`. */
export function instantText(us: number): string {
  return `${(us / 1_000_000).toFixed(3)} s`;
}

/** A span: `150 ms`, `2.0 s`. */
export function spanText(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${Math.round(us / 1000)} ms`;
  return `${(us / 1_000_000).toFixed(1)} s`;
}

/** The slot of a term's colour. */
export function termSlot(term: number): number {
  return ((term % 12) + 12) % 12;
}

/** Fills `{name}` in a text. A name that is not given stays visible: a test finds it, no user misses words. */
export function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/**
 * Sentences of the run in another language. A sentence comes as parts: words, and names that stay as they are. Its
 * pattern is its words with holes for the names, numbers and routes: `{0} gets {1} from {2}.` A sentence that has no
 * translation stays in English.
 */
import type { Segment } from '../engine/types';

/** What of the words is a name or a number: groups and routes of nodes, spans, numbers. */
const LOOSE = /\b[nc]\d+(?:→[nc]\d+|(?: \| | )n\d+)*|\d[\d.,]*(?: (?:µs|ms|s)\b)?/g;

const plain = (text: string): Segment => ({ kind: 'text', text, term: null });

/** The pattern of a sentence, and what its holes stand for. */
export function pattern(parts: readonly Segment[]): [string, Segment[]] {
  const names: Segment[] = [];
  const hole = (part: Segment) => `{${names.push(part) - 1}}`;
  const joined = parts.map((part) =>
    part.kind === 'text' ? part.text.replace(LOOSE, (found) => hole(plain(found.replace(/[.,]$/, ''))) + (/[.,]$/.exec(found)?.[0] ?? '')) : hole(part),
  );
  return [joined.join(''), names];
}

/** The sentence by a dictionary of patterns. One that ends in `…` takes whatever follows. */
export function told(parts: Segment[], dictionary: Readonly<Record<string, string>>): Segment[] {
  const [whole, names] = pattern(parts);
  const open = Object.keys(dictionary).find((key) => key.endsWith('…') && whole.startsWith(key.slice(0, -1)));
  const found = dictionary[whole] ?? (open === undefined ? undefined : dictionary[open]);
  if (found === undefined) return parts;
  const rest = open === undefined ? '' : whole.slice(open.length - 1);
  const filled = found.replace('…', rest.trim());
  return filled.split(/(\{\d+\})/).flatMap((piece) => {
    const name = /^\{(\d+)\}$/.exec(piece)?.[1];
    if (name !== undefined) return names[Number(name)] ?? [];
    return piece === '' ? [] : [plain(piece)];
  });
}

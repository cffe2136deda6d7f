import { describe, expect, it } from 'vitest';
import { LinkError, decodeLink, encodeLink } from './link';

describe('a run in a link', () => {
  it('comes back as it was, every byte', async () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) % 256);
    const fragment = await encodeLink(bytes);
    expect(fragment).toMatch(/^#t=1\.[A-Za-z0-9_-]+$/);
    expect(await decodeLink(fragment)).toEqual(bytes);
  });

  it('is not seen in other fragments', async () => {
    expect(await decodeLink('')).toBeNull();
    expect(await decodeLink('#lessons')).toBeNull();
  });

  it('says what is wrong with a damaged one', async () => {
    const fragment = await encodeLink(new Uint8Array(500).fill(3));
    await expect(decodeLink(fragment.slice(0, -2))).rejects.toThrow(LinkError);
    await expect(decodeLink('#t=1.ä')).rejects.toThrow(/damaged/);
    await expect(decodeLink('#t=9.AAAA')).rejects.toThrow(/version 9/);
  });

  it('says where a damaged one is wrong', async () => {
    const fragment = await encodeLink(Uint8Array.from({ length: 500 }, (_, i) => i % 7));
    const at = async (text: string) => decodeLink(text).then(() => null, (error: unknown) => (error as LinkError).at);
    // `#t=1.` is characters 1 to 5.
    expect(await at('#t=')).toBe(4);
    expect(await at('#t=AAAA')).toBe(4);
    expect(await at('#t=1')).toBe(5);
    expect(await at('#t=2.AAAA')).toBe(4);
    expect(await at('#t=1.ä')).toBe(6);
    expect(await at('#t=1.AAAAA')).toBe(11);
    expect(await at('#t=1.____')).toBe(6);
    expect(await at(`${fragment.slice(0, 20)}.${fragment.slice(20)}`)).toBe(21);
    expect(await at(`${fragment}=`)).toBe(fragment.length + 1);
    expect(await at(`#t=1.${'A'.repeat(300_000)}`)).toBe(200_001);
  });

  it('does not expand a small link into a huge run', async () => {
    const bomb = await encodeLink(new Uint8Array(8_000_000));
    expect(bomb.length).toBeLessThan(20_000);
    await expect(decodeLink(bomb)).rejects.toThrow(/more than a run/);
  });

  it('is read or refused with its place, whatever its text is', { timeout: 240_000 }, async () => {
    const run = Uint8Array.from({ length: 90 }, (_, i) => (i * i) % 23);
    const valid = await encodeLink(run);
    const dice = new Dice(1);
    const ends = { read: 0, same: 0, other: 0, sign: 0, version: 0, short: 0, packed: 0 };
    for (let from = 0; from < 100_000; from += 500) {
      const texts = Array.from({ length: 500 }, (_, i) => anyText(from + i, valid, dice));
      await Promise.all(texts.map(async (text, i) => (ends[await end(text, valid, run, `case ${from + i}: ${JSON.stringify(text)}`)] += 1)));
    }
    // Each of the ways to end was taken often, and together they are all that was tried.
    for (const [name, count] of Object.entries(ends)) expect(count, name).toBeGreaterThan(500);
    expect(Object.values(ends).reduce((sum, count) => sum + count)).toBe(100_000);
  });
});

/** Numbers that a seed brings back. */
class Dice {
  constructor(private state: number) {}

  below(n: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * n);
  }

  of<T>(all: ArrayLike<T>): T {
    return all[this.below(all.length)] as T;
  }
}

/** Pieces of links, and what belongs to none. */
const PIECES = ['#', '#t=', '#t=1.', 't=', '=', '1', '2', '.', 'A', 'AAAA', '-', '_', '+', '/', '==', ' ', '%20', '\n', '\0', 'ä', '变', '🦀', '\ud800', '#s='];
const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Anything at all: signs, pieces of links, or a link that something happened to. */
function anyText(number: number, valid: string, dice: Dice): string {
  const begin = dice.of(['', '#t=', '#t=1.', '#t=1.']);
  const many = (most: number, one: () => string) => Array.from({ length: dice.below(most) }, one).join('');
  if (number % 4 === 0) return begin + many(40, () => dice.of(SIGNS));
  if (number % 4 === 1) return begin + many(12, () => dice.of(PIECES));
  let text = valid;
  for (let left = dice.below(20) && 1 + dice.below(3); left > 0; left -= 1) {
    const at = dice.below(text.length + 1);
    const [before, after] = [text.slice(0, at), text.slice(at)];
    text = dice.of([before, before + dice.of(SIGNS) + after.slice(1), before + dice.of(PIECES) + after, before + after.slice(1), after + before]);
  }
  return text;
}

type End = 'read' | 'same' | 'other' | 'sign' | 'version' | 'short' | 'packed';

/** How reading a text ends; a sign, a version and a length that are wrong are found here in another way than there. */
async function end(text: string, valid: string, run: Uint8Array, of: string): Promise<End> {
  // Plain conditions: a hundred thousand of vitest's own would take longer than the links.
  const as = (end: End, right: boolean, seen: unknown): End => {
    if (!right) throw new Error(`${of} ended as ${end}: ${String(seen)}`);
    return end;
  };
  let bytes: Uint8Array | null;
  try {
    bytes = await decodeLink(text);
  } catch (error) {
    if (!(error instanceof LinkError) || !text.startsWith('#t=')) throw error;
    const { at, message } = error;
    if (!message.includes(`character ${at},`)) throw error;
    if (!/^#t=1(\.|$)/.test(text)) return as('version', at === 4, error);
    const wrong = text.slice(5).split('').findIndex((sign) => !SIGNS.includes(sign));
    if (wrong >= 0) return as('sign', at === 6 + wrong, error);
    if (text.length < 5 || (text.length - 5) % 4 === 1) return as('short', at === text.length + 1, error);
    return as('packed', at === 6, error);
  }
  if (bytes === null) return as('other', !text.startsWith('#t='), bytes);
  if (text === valid) return as('same', bytes.join() === run.join(), bytes);
  return as('read', /^#t=1\.[\w-]*$/.test(text), bytes);
}

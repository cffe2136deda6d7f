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

  it('does not expand a small link into a huge run', async () => {
    const bomb = await encodeLink(new Uint8Array(8_000_000));
    expect(bomb.length).toBeLessThan(20_000);
    await expect(decodeLink(bomb)).rejects.toThrow(/more than a run/);
  });
});

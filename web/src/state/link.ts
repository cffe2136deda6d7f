/**
 * A run in a link: `#t=` + version of the packing + `.` + base64url of the deflated bytes.
 * What arrives is untrusted: both the text and what it expands to are limited.
 */
const VERSION = '1';
const LINK_CHARS_MAX = 200_000;
const BYTES_MAX = 4_000_000;

export class LinkError extends Error {}

async function pump(bytes: Uint8Array, through: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const writer = (through.writable as WritableStream<Uint8Array>).getWriter();
  // A failure shows at the reader too; here it would only be reported a second time.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const reader = (through.readable as ReadableStream<Uint8Array>).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > BYTES_MAX) {
      await reader.cancel();
      throw new LinkError('The link holds more than a run can be.');
    }
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toText(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromText(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    throw new LinkError('The link is damaged: it has signs that no link has.');
  }
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

/** The fragment of a link, `#` included. */
export async function encodeLink(bytes: Uint8Array): Promise<string> {
  return `#t=${VERSION}.${toText(await pump(bytes, new CompressionStream('deflate-raw')))}`;
}

/** The bytes in a fragment; null when it holds no run. */
export async function decodeLink(fragment: string): Promise<Uint8Array | null> {
  const found = /^#t=([^.]*)\.(.*)$/.exec(fragment);
  if (!found) return null;
  if (found[1] !== VERSION) throw new LinkError(`The link is of version ${found[1]}; this page reads version ${VERSION}.`);
  if (fragment.length > LINK_CHARS_MAX) throw new LinkError('The link is longer than a run can be.');
  try {
    return await pump(fromText(found[2] ?? ''), new DecompressionStream('deflate-raw'));
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError('The link is damaged: it cannot be expanded.');
  }
}

/**
 * A run in a link: `#t=` + version of the packing + `.` + base64url of the deflated bytes.
 * What arrives is untrusted: both the text and what it expands to are limited.
 */
const VERSION = '1';
const LINK_CHARS_MAX = 200_000;
const BYTES_MAX = 4_000_000;

/** Where a link says its version, and where what it packs begins: characters of the fragment, `#` being the first. */
const VERSION_AT = '#t='.length + 1;
const PACKED_AT = VERSION_AT + VERSION.length + 1;

export class LinkError extends Error {
  /** `at`: the character of the fragment that is wrong, or with which what is wrong begins; `#` is the first. */
  constructor(what: string, readonly at: number) {
    super(`The link is wrong at its character ${at}, counted from #: ${what}`);
  }
}

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
      throw new LinkError('it holds more than a run can be.', PACKED_AT);
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

/** The bytes of base64url; anything else is refused, so that a text has one meaning. */
function fromText(text: string): Uint8Array {
  const wrong = text.search(/[^A-Za-z0-9_-]/);
  if (wrong >= 0) throw new LinkError('it is damaged, no link has this sign.', PACKED_AT + wrong);
  // Four signs are three bytes: one sign alone is less than a byte.
  if (text.length % 4 === 1) throw new LinkError('it is damaged, it ends too early.', PACKED_AT + text.length);
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

/** The fragment of a link, `#` included. */
export async function encodeLink(bytes: Uint8Array): Promise<string> {
  return `#t=${VERSION}.${toText(await pump(bytes, new CompressionStream('deflate-raw')))}`;
}

/** The bytes in a fragment; null when it is no link of a run. */
export async function decodeLink(fragment: string): Promise<Uint8Array | null> {
  if (!fragment.startsWith('#t=')) return null;
  if (fragment.length > LINK_CHARS_MAX) throw new LinkError('it is longer than a run can be.', LINK_CHARS_MAX + 1);
  const [version = '', ...packed] = fragment.slice(VERSION_AT - 1).split('.');
  if (version !== VERSION) throw new LinkError(`it is of version ${version.slice(0, 20)}; this page reads version ${VERSION}.`, VERSION_AT);
  if (packed.length === 0) throw new LinkError('it is damaged, it ends too early.', PACKED_AT - 1);
  const bytes = fromText(packed.join('.'));
  try {
    return await pump(bytes, new DecompressionStream('deflate-raw'));
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError('it is damaged, what it packs from there on cannot be expanded.', PACKED_AT);
  }
}

/**
 * Whether bytes are whole chunks of Automerge's storage format, one after another, each with the hash that it says.
 * For what was written before chunks had a checksum of ours.
 *
 * A chunk: magic, the first 4 bytes of its SHA-256, type (0 document, 1 change, 2 deflated change), LEB128 length,
 * body. The hash is over type, length and body, of a deflated change as if it were not (automerge.org/automerge-binary-
 * format-spec).
 */
const magic = [0x85, 0x6f, 0x4a, 0x83];
const headerBytes = 9;
const [changeType, deflatedType] = [1, 2];

export async function areWholeChunks(bytes: Uint8Array): Promise<boolean> {
  let at = 0;
  while (at < bytes.length) {
    const length = readLength(bytes, at + headerBytes);
    if (!length || magic.some((byte, i) => bytes[at + i] !== byte)) return false;
    const end = length.next + length.value;
    if (end > bytes.length || !(await hasItsHash(bytes, at, length.next, end))) return false;
    at = end;
  }
  return bytes.length > 0;
}

async function hasItsHash(bytes: Uint8Array, at: number, bodyAt: number, end: number): Promise<boolean> {
  const type = bytes[at + headerBytes - 1] ?? 0;
  const body = type === deflatedType ? await inflated(bytes.slice(bodyAt, end)) : bytes.slice(bodyAt, end);
  if (!body) return false;
  const hashed = new Uint8Array([type === deflatedType ? changeType : type, ...lengthOf(body.length)]);
  const all = new Uint8Array(hashed.length + body.length);
  all.set(hashed);
  all.set(body, hashed.length);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return [0, 1, 2, 3].every((i) => hash[i] === bytes[at + magic.length + i]);
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    return null;
  }
}

/** LEB128, unsigned; null where it ends before it is over, or says more than there can be. */
function readLength(bytes: Uint8Array, at: number): { value: number; next: number } | null {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  return null;
}

function lengthOf(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** What changes stored bytes hold, read without Automerge: by hash, as the CRDT names them. */
import { parseChange } from "../../relay/sync/chunk.ts";
import { nodeHashing } from "../../relay/store/hashing.ts";
import { toHex } from "../../relay/sync/bytes.ts";

/** `heads` of the whole documents, `changes` by themselves; null where the bytes are no chunks. */
export type Held = { readonly heads: readonly string[]; readonly changes: readonly string[] };

const known = new WeakMap<Uint8Array, Held | null>();
const typeAt = 8;
const typeDocument = 0;

export function heldBy(bytes: Uint8Array): Held | null {
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const held = read(bytes);
  known.set(bytes, held);
  return held;
}

function read(bytes: Uint8Array): Held | null {
  const heads: string[] = [];
  const changes: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = number(bytes, at + typeAt + 1);
    const end = length.end + length.value;
    if (!(end <= bytes.length)) return null;
    if (bytes[at + typeAt] === typeDocument) heads.push(...headsOf(bytes, length.end));
    else {
      const parsed = parseChange(bytes.subarray(at, end), nodeHashing);
      if (!parsed.ok) return null;
      changes.push(parsed.change.hash);
    }
    at = end;
  }
  return { heads, changes };
}

/** After the actors. */
function headsOf(bytes: Uint8Array, from: number): string[] {
  const actors = number(bytes, from);
  let at = actors.end;
  for (let i = 0; i < actors.value; i++) {
    const length = number(bytes, at);
    at = length.end + length.value;
  }
  const count = number(bytes, at);
  at = count.end;
  return Array.from({ length: count.value }, (_, i) => toHex(bytes.subarray(at + 32 * i, at + 32 * (i + 1))));
}

/** LEB128. */
function number(bytes: Uint8Array, from: number): { value: number; end: number } {
  let value = 0;
  let at = from;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 128) return { value, end: at };
  }
}

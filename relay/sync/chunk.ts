/**
 * The header of an Automerge change chunk: enough to place a change in a history, without its operations.
 *
 * A chunk is magic `85 6f 4a 83`, checksum (the first 4 bytes of the hash), type, LEB128 length, body. The hash is
 * SHA-256 of type 1, length and the inflated body, so a deflated change (type 2) is inflated, within a bound, to
 * verify it. A body begins with its deps, the actor and the sequence number. What a parse returned has a hash that
 * was computed here, never one that was claimed. The operations stay unread: this is not for judging content.
 */
import { actorBytesMax, changeDepsMax, changeInflatedBytesMax } from "../protocol/limits.ts";
import { ByteReader, ByteWriter, toHex, Truncated } from "./bytes.ts";

export interface Change {
  readonly hash: string;
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  /** The chunk as it came. */
  readonly bytes: Uint8Array;
}

export interface Hashing {
  sha256(bytes: Uint8Array): Uint8Array;
  /** Raw inflate; `undefined` where the input is bad or grows past `bytesMax`, which must bound memory too. */
  inflate(bytes: Uint8Array, bytesMax: number): Uint8Array | undefined;
}

export type ChunkFault = "not-a-change" | "bad-checksum" | "inflates-too-far" | "bad-header";
export type ParsedChange =
  | { readonly ok: true; readonly change: Change; readonly inflatedBytes: number }
  | { readonly ok: false; readonly fault: ChunkFault };

const magic = [0x85, 0x6f, 0x4a, 0x83];
const typeChange = 1;
const typeDeflatedChange = 2;

export function parseChange(
  bytes: Uint8Array,
  hashing: Hashing,
  inflatedBytesMax = changeInflatedBytesMax,
): ParsedChange {
  try {
    return parse(bytes, hashing, Math.min(inflatedBytesMax, changeInflatedBytesMax));
  } catch (error) {
    if (error instanceof Truncated) return { ok: false, fault: "bad-header" };
    throw error;
  }
}

function parse(bytes: Uint8Array, hashing: Hashing, inflatedBytesMax: number): ParsedChange {
  const reader = new ByteReader(bytes);
  for (const byte of magic) if (reader.byte() !== byte) return { ok: false, fault: "not-a-change" };
  const checksum = reader.take(4);
  const type = reader.byte();
  if (type !== typeChange && type !== typeDeflatedChange) return { ok: false, fault: "not-a-change" };
  const content = reader.take(reader.number());
  if (!reader.atEnd) return { ok: false, fault: "bad-header" };

  const body = type === typeChange ? content : hashing.inflate(content, inflatedBytesMax);
  if (!body) return { ok: false, fault: "inflates-too-far" };
  const hash = hashing.sha256(type === typeChange ? bytes.subarray(8) : typeAndLengthBefore(body));
  if (checksum.some((byte, i) => byte !== hash[i])) return { ok: false, fault: "bad-checksum" };

  const header = new ByteReader(body);
  const deps = header.hashes(changeDepsMax);
  const actorLength = header.count(actorBytesMax, 1);
  const actor = toHex(header.take(actorLength));
  const seq = header.number();
  if (seq === 0 || new Set(deps).size !== deps.length) return { ok: false, fault: "bad-header" };
  const inflatedBytes = type === typeChange ? 0 : body.length;
  return { ok: true, change: { hash: toHex(hash), deps, actor, seq, bytes }, inflatedBytes };
}

function typeAndLengthBefore(body: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(typeChange);
  writer.number(body.length);
  writer.bytes(body);
  return writer.done();
}

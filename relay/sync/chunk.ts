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
  /** What it inflated to before it was refused counts too: somebody has paid for it. */
  | { readonly ok: false; readonly fault: ChunkFault; readonly inflatedBytes: number };

const checksumAt = 4;
/** Type, length and body: what is hashed of a plain change. */
const hashedFrom = 8;
const typeDocument = 0;
const typeChange = 1;
const typeDeflatedChange = 2;

/** Whether a chunk calls itself a whole document: nothing about whether it is one. */
export const isDocumentChunk = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x85 &&
  bytes[1] === 0x6f &&
  bytes[2] === 0x4a &&
  bytes[3] === 0x83 &&
  bytes[8] === typeDocument;

/** Whether it calls itself a change whose hash is that of its own bytes: one that costs no more than it is long. */
export const isPlainChunk = (bytes: Uint8Array): boolean => bytes[8] === typeChange;

export function parseChange(
  bytes: Uint8Array,
  hashing: Hashing,
  inflatedBytesMax: number = changeInflatedBytesMax,
): ParsedChange {
  try {
    return parse(bytes, hashing, Math.min(inflatedBytesMax, changeInflatedBytesMax));
  } catch (error) {
    if (error instanceof Truncated) return refused("bad-header");
    throw error;
  }
}

function parse(bytes: Uint8Array, hashing: Hashing, inflatedBytesMax: number): ParsedChange {
  if (bytes[0] !== 0x85 || bytes[1] !== 0x6f || bytes[2] !== 0x4a || bytes[3] !== 0x83)
    return refused("not-a-change");
  const reader = new ByteReader(bytes, hashedFrom);
  const type = reader.byte();
  if (type !== typeChange && type !== typeDeflatedChange) return refused("not-a-change");
  if (reader.number() !== bytes.length - reader.at) return refused("bad-header");
  if (type === typeChange) return readHeader(reader, hashing.sha256(bytes.subarray(hashedFrom)), bytes, 0);

  const body = hashing.inflate(bytes.subarray(reader.at), inflatedBytesMax);
  if (!body) return refused("inflates-too-far", inflatedBytesMax);
  try {
    return readHeader(new ByteReader(body), hashing.sha256(typeAndLengthBefore(body)), bytes, body.length);
  } catch (error) {
    if (error instanceof Truncated) return refused("bad-header", body.length);
    throw error;
  }
}

/** `header` stands at the beginning of the body, `hash` is what was computed of it. */
function readHeader(
  header: ByteReader,
  hash: Uint8Array,
  bytes: Uint8Array,
  inflatedBytes: number,
): ParsedChange {
  for (let i = 0; i < 4; i++)
    if (bytes[checksumAt + i] !== hash[i]) return refused("bad-checksum", inflatedBytes);
  const deps = header.hashes(changeDepsMax);
  const actor = header.hex(header.count(actorBytesMax, 1));
  const seq = header.number();
  if (seq === 0 || (deps.length > 1 && new Set(deps).size !== deps.length))
    return refused("bad-header", inflatedBytes);
  return { ok: true, change: { hash: toHex(hash), deps, actor, seq, bytes }, inflatedBytes };
}

const refused = (fault: ChunkFault, inflatedBytes = 0): ParsedChange => ({ ok: false, fault, inflatedBytes });

function typeAndLengthBefore(body: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(typeChange);
  writer.number(body.length);
  writer.bytes(body);
  return writer.done();
}

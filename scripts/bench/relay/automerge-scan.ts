/**
 * Reads what an automerge-repo server sends, in place: the frame's fields, the sync message, the headers of changes.
 * Nothing is copied or hashed but what a client must remember. The server is one of ours to start, so it is believed:
 * what cannot be read throws and fails the row.
 */
import { inflateRawSync } from "node:zlib";
import { decodeCbor } from "../../../relay/protocol/cbor.ts";

export interface Frame {
  readonly type: string;
  readonly data: Buffer | undefined;
  /** Of a receipt: hashes, one after the other. */
  readonly heads: Buffer;
}

const noBytes: Buffer = Buffer.alloc(0);

export function readFrame(payload: Buffer): Frame {
  const decoded = decodeCbor(payload);
  if (!decoded.ok || typeof decoded.value !== "object" || decoded.value === null)
    throw new Error(`not a frame: ${payload.toString("hex", 0, 40)}`);
  const fields: Readonly<Record<string, unknown>> = { ...decoded.value };
  const { type, data, heads } = { type: fields["type"], data: fields["data"], heads: fields["heads"] };
  return {
    type: typeof type === "string" ? type : "",
    data: data instanceof Uint8Array ? Buffer.from(data.buffer, data.byteOffset, data.length) : undefined,
    heads: heads instanceof Uint8Array ? Buffer.from(heads) : hexList(heads),
  };
}

/** Receipts named heads in hex once; a relay of then can still be measured. */
const hexList = (heads: unknown): Buffer =>
  Array.isArray(heads)
    ? Buffer.from(heads.filter((each) => typeof each === "string").join(""), "hex")
    : noBytes;

const typePresences: Buffer = Buffer.from("ipresences", "latin1");
const keyStates = Buffer.from("fstates", "latin1");

/**
 * How many people's presence a frame tells of; 0 is another frame. Found by their encoded names and not decoded: with
 * 500 people there are 250,000 a second.
 */
export function presencesIn(payload: Buffer): number {
  if (payload.length < 6 + typePresences.length) return 0;
  // The map's header, then "type".
  const isPresences = typePresences.compare(payload, 6, 6 + typePresences.length) === 0;
  const at = isPresences ? payload.indexOf(keyStates) : -1;
  if (at < 0) return 0;
  const list = at + keyStates.length;
  const first = payload[list] ?? 0;
  return first < 0x98
    ? first & 31
    : first === 0x98
      ? (payload[list + 1] ?? 0)
      : payload.readUInt16BE(list + 1);
}

export class Cursor {
  readonly bytes: Buffer;
  at: number;
  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new Error("it ends too early");
    return value;
  }
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
    }
  }
  take(length: number): Buffer {
    this.at += length;
    if (this.at > this.bytes.length) throw new Error("it ends too early");
    return this.bytes.subarray(this.at - length, this.at);
  }
}

export interface SyncFields {
  /** Hashes, one after the other. */
  readonly heads: Buffer;
  readonly need: Buffer;
  readonly changes: number;
  /** At the first change. */
  readonly cursor: Cursor;
}

export function readSync(data: Buffer): SyncFields {
  const cursor = new Cursor(data);
  const version = cursor.byte();
  if (version !== 0x42) throw new Error(`a sync message of version ${version.toString(16)}`);
  const heads = cursor.take(cursor.unsigned() * 32);
  const need = cursor.take(cursor.unsigned() * 32);
  for (let haves = cursor.unsigned(); haves > 0; haves--) {
    cursor.take(cursor.unsigned() * 32);
    cursor.take(cursor.unsigned());
  }
  return { heads, need, changes: cursor.unsigned(), cursor };
}

/** The header of a change, filled in by `readChange`: one object for all, because there are a million a second. */
export interface ChangeHeader {
  kind: "change" | "document";
  deps: Buffer;
  actor: Buffer;
  seq: number;
  startOp: number;
}
export const emptyHeader = (): ChangeHeader => ({
  kind: "change",
  deps: Buffer.alloc(0),
  actor: Buffer.alloc(0),
  seq: 0,
  startOp: 0,
});

export function readChange(chunk: Buffer, header: ChangeHeader): void {
  let cursor = new Cursor(chunk, 8);
  const type = cursor.byte();
  const length = cursor.unsigned();
  if (type === 0) {
    header.kind = "document";
    return;
  }
  header.kind = "change";
  if (type === 2) cursor = new Cursor(inflateRawSync(cursor.take(length)));
  header.deps = cursor.take(cursor.unsigned() * 32);
  header.actor = cursor.take(cursor.unsigned());
  header.seq = cursor.unsigned();
  header.startOp = cursor.unsigned();
}

/**
 * How a chunk lies in a file: one record after another, each whole by itself, so that what comes after a damaged one
 * is still found.
 *
 * | bytes | |
 * |---|---|
 * | 8 | magic: 0x89 `DECKLE` 0x0a |
 * | 1 | version: 1 |
 * | 1 | kind: place in `chunkKinds` |
 * | 2 | length of the name, little-endian |
 * | 4 | length of the chunk, little-endian |
 * | 16 | the first half of the SHA-256 over document id, the 16 bytes before this, name and chunk |
 * | … | name, in ASCII |
 * | … | chunk, as Automerge wrote it |
 */
import { createHash } from "node:crypto";
import { chunkKinds, chunkName, type ChunkName } from "../../keep.ts";

const magic = Buffer.from("\x89DECKLE\n", "latin1");
const version = 1;
const hashedHeaderBytes = 16;
const headerBytes = hashedHeaderBytes + 16;

export interface FoundRecord {
  readonly chunk: ChunkName;
  /** Of the record. */
  readonly at: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

export interface Scanned {
  readonly records: readonly FoundRecord[];
  /** Stretches that are not what was written, without a torn tail. */
  readonly damaged: number;
  /** Up to here the file is to be kept: what follows is the beginning of a record whose end was never written. */
  readonly wholeBytes: number;
}

export function encodeRecord(document: string, { kind, name }: ChunkName, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt8(version, 8);
  header.writeUInt8(chunkKinds.indexOf(kind), 9);
  header.writeUInt16LE(name.length, 10);
  header.writeUInt32LE(bytes.length, 12);
  const record = Buffer.concat([header, Buffer.from(name, "latin1"), bytes]);
  checksum(document, record).copy(record, hashedHeaderBytes);
  return record;
}

/** The id of the document is hashed too: a file in another document's folder is damage, never its text. */
function checksum(document: string, record: Uint8Array): Buffer {
  return createHash("sha256")
    .update(document)
    .update(record.subarray(0, hashedHeaderBytes))
    .update(record.subarray(headerBytes))
    .digest()
    .subarray(0, headerBytes - hashedHeaderBytes);
}

/** Null where there is no whole record at this place. */
export function readRecord(document: string, file: Buffer, at: number): FoundRecord | null {
  const end = endOf(file, at);
  if (end === null || end > file.length) return null;
  const record = file.subarray(at, end);
  if (!checksum(document, record).equals(record.subarray(hashedHeaderBytes, headerBytes))) return null;
  const nameEnd = headerBytes + record.readUInt16LE(10);
  const chunk = chunkName.safeParse({
    kind: chunkKinds[record.readUInt8(9)],
    name: record.toString("latin1", headerBytes, nameEnd),
  });
  return chunk.success ? { chunk: chunk.data, at, end, bytes: record.subarray(nameEnd) } : null;
}

/** Where the record would end, as its header says; null where that is no header. */
function endOf(file: Buffer, at: number): number | null {
  if (at + headerBytes > file.length || !file.subarray(at, at + magic.length).equals(magic)) return null;
  if (file.readUInt8(at + 8) !== version) return null;
  return at + headerBytes + file.readUInt16LE(at + 10) + file.readUInt32LE(at + 12);
}

/** Everything whole in a file. After damage it goes on at the next magic that begins a whole record. */
export function scanFile(document: string, file: Buffer): Scanned {
  const records: FoundRecord[] = [];
  let damaged = 0;
  let at = 0;
  while (at < file.length) {
    const record = readRecord(document, file, at) ?? nextRecord(document, file, at + 1);
    if (!record) {
      if (isTorn(file, at)) return { records, damaged, wholeBytes: at };
      damaged++;
      break;
    }
    if (record.at !== at) damaged++;
    records.push(record);
    at = record.end;
  }
  return { records, damaged, wholeBytes: file.length };
}

function nextRecord(document: string, file: Buffer, from: number): FoundRecord | null {
  for (let at = file.indexOf(magic, from); at !== -1; at = file.indexOf(magic, at + 1)) {
    const record = readRecord(document, file, at);
    if (record) return record;
  }
  return null;
}

/** The beginning of a record, and the file ends before it does. */
function isTorn(file: Buffer, at: number): boolean {
  const rest = file.subarray(at);
  if (rest.length < headerBytes) return magic.subarray(0, rest.length).equals(rest.subarray(0, magic.length));
  const end = endOf(file, at);
  return end !== null && end > file.length;
}

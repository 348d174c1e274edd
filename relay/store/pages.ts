/**
 * The rows in the pages of a SQLite file and its write-ahead log, read without SQLite and without believing any tree:
 * what salvaging is left with where the structure is damaged. Rows are handed out as they lie there, current, old or
 * torn; whoever takes one must be able to prove it. The formats are SQLite's (sqlite.org/fileformat2.html).
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

export type Value = null | number | string | Uint8Array;
export interface RawRow {
  readonly row: number;
  readonly values: readonly Value[];
}

const walHeaderBytes = 32;
const frameHeaderBytes = 24;
const tableLeaf = 13;
/** More than any row of ours has; a damaged length must not make us allocate what it says. */
const payloadBytesMax = 256 * 1024 * 1024;

export class Pages {
  readonly #file: number;
  readonly #wal: number | undefined;
  readonly #pageBytes: number;
  readonly #usableBytes: number;
  readonly #pageCount: number;
  /** Where in the log the committed content of a page is. */
  readonly #committed = new Map<number, number>();
  /** All frames, believed or not. */
  readonly #frames: number[] = [];

  constructor(file: string) {
    this.#file = openSync(file, "r");
    this.#wal = existsSync(`${file}-wal`) ? openSync(`${file}-wal`, "r") : undefined;
    const header = read(this.#file, 0, 100);
    const claimed = header.length < 100 ? 0 : header.readUInt16BE(16);
    // Our files have SQLite's usual size; a header that says something impossible is damaged.
    const isPossible = claimed >= 512 && (claimed & (claimed - 1)) === 0;
    this.#pageBytes = isPossible ? claimed : 4096;
    this.#usableBytes = this.#pageBytes;
    this.#pageCount = Math.ceil(fstatSync(this.#file).size / this.#pageBytes);
    if (this.#wal !== undefined) this.#readLog(this.#wal);
  }

  close(): void {
    closeSync(this.#file);
    if (this.#wal !== undefined) closeSync(this.#wal);
  }

  /** What is committed, and what lies in pages that are not used any more. */
  *committedRows(): Generator<RawRow, undefined> {
    const last = Math.max(this.#pageCount, ...this.#committed.keys());
    for (let page = 1; page <= last; page++) yield* this.#rowsOf(this.#page(page), page);
  }

  /** What is committed first, then what the file and the log hold besides. */
  *rows(): Generator<RawRow, undefined> {
    yield* this.committedRows();
    for (const page of this.#committed.keys()) yield* this.#rowsOf(this.#filePage(page), page);
    for (const at of this.#frames) {
      const frame = read(this.#wal ?? this.#file, at - frameHeaderBytes, frameHeaderBytes);
      if (frame.length === frameHeaderBytes) yield* this.#rowsOf(this.#framePage(at), frame.readUInt32BE(0));
    }
  }

  #filePage(page: number): Buffer {
    return read(this.#file, (page - 1) * this.#pageBytes, this.#pageBytes);
  }
  #framePage(at: number): Buffer {
    return this.#wal === undefined ? Buffer.alloc(0) : read(this.#wal, at, this.#pageBytes);
  }
  #page(page: number): Buffer {
    const at = this.#committed.get(page);
    return at === undefined ? this.#filePage(page) : this.#framePage(at);
  }

  /** Follows the log's own checksums up to the last commit that they reach. */
  #readLog(wal: number): void {
    const size = fstatSync(wal).size;
    const header = read(wal, 0, walHeaderBytes);
    if (header.length < walHeaderBytes) return;
    const littleEndian = (header.readUInt32BE(0) & 1) === 0;
    let sum = addTo([0, 0], header.subarray(0, 24), littleEndian);
    let isBelieved = isSum(sum, header, 24);
    const pending = new Map<number, number>();
    for (let at = walHeaderBytes; at + frameHeaderBytes + this.#pageBytes <= size;) {
      const frame = read(wal, at, frameHeaderBytes);
      const content = at + frameHeaderBytes;
      this.#frames.push(content);
      at = content + this.#pageBytes;
      if (!isBelieved) continue;
      sum = addTo(addTo(sum, frame.subarray(0, 8), littleEndian), this.#framePage(content), littleEndian);
      isBelieved = isSum(sum, frame, 16) && frame.subarray(8, 16).equals(header.subarray(16, 24));
      if (!isBelieved) continue;
      pending.set(frame.readUInt32BE(0), content);
      if (frame.readUInt32BE(4) === 0) continue;
      for (const [page, where] of pending) this.#committed.set(page, where);
      pending.clear();
    }
  }

  *#rowsOf(page: Buffer, number: number): Generator<RawRow, undefined> {
    const begin = number === 1 ? 100 : 0;
    if (page.length < this.#pageBytes || page[begin] !== tableLeaf) return;
    const cells = Math.min(page.readUInt16BE(begin + 3), (this.#pageBytes - begin - 8) / 2);
    for (let i = 0; i < cells; i++) {
      const row = this.#rowAt(page, page.readUInt16BE(begin + 8 + 2 * i));
      if (row) yield row;
    }
  }

  #rowAt(page: Buffer, cell: number): RawRow | undefined {
    const [length, afterLength] = varint(page, cell);
    const [row, begin] = varint(page, afterLength);
    if (length === 0 || length > payloadBytesMax || begin >= page.length) return undefined;
    const local = this.#localBytes(length);
    if (local === length) return recordOf(row, page.subarray(begin, begin + length));
    if (begin + local + 4 > page.length) return undefined;
    const payload = Buffer.alloc(length);
    page.copy(payload, 0, begin, begin + local);
    this.#readOverflow(page.readUInt32BE(begin + local), payload, local);
    return recordOf(row, payload);
  }

  /** What cannot be read stays zero: what comes before it may still be whole. */
  #readOverflow(first: number, payload: Buffer, from: number): void {
    let at = from;
    for (let next = first; next !== 0 && at < payload.length;) {
      const page = this.#page(next);
      if (page.length < this.#pageBytes) return;
      at += page.copy(payload, at, 4, Math.min(this.#usableBytes, 4 + payload.length - at));
      next = page.readUInt32BE(0);
    }
  }

  /** How much of a payload lies on its leaf. */
  #localBytes(length: number): number {
    const usable = this.#usableBytes;
    if (length <= usable - 35) return length;
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (usable - 4));
    return fitting <= usable - 35 ? fitting : least;
  }
}

function recordOf(row: number, payload: Buffer): RawRow | undefined {
  const [headerBytes, afterSize] = varint(payload, 0);
  if (headerBytes > payload.length) return undefined;
  const values: Value[] = [];
  let at = headerBytes;
  for (let header = afterSize; header < headerBytes;) {
    const [type, next] = varint(payload, header);
    header = next;
    const bytes = type >= 12 ? Math.floor((type - 12) / 2) : (integerBytes[type] ?? -1);
    if (bytes < 0 || at + bytes > payload.length) return undefined;
    const value = payload.subarray(at, at + bytes);
    at += bytes;
    values.push(valueOf(type, value));
  }
  return { row, values };
}

/** By serial type: null, integers, a float, the constants 0 and 1. */
const integerBytes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function valueOf(type: number, bytes: Buffer): Value {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return bytes.readDoubleBE(0);
  if (type === 6) return Number(bytes.readBigInt64BE(0));
  if (type < 7) return bytes.readIntBE(0, bytes.length);
  return type % 2 === 0 ? bytes : bytes.toString("utf8");
}

/** Big-endian, 7 bits a byte, 8 in the ninth; and where it ends. Numbers above 2^53 lose bits: we have none. */
function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at + i] ?? 0;
    if (i === 8) return [value * 256 + byte, at + 9];
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + i + 1];
  }
  return [value, at + 9];
}

type Sum = readonly [number, number];

function addTo([s0, s1]: Sum, bytes: Buffer, littleEndian: boolean): Sum {
  let [a, b] = [s0, s1];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + b) >>> 0;
    b = (b + (littleEndian ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}

const isSum = ([a, b]: Sum, bytes: Buffer, at: number): boolean =>
  bytes.readUInt32BE(at) === a && bytes.readUInt32BE(at + 4) === b;

/** Less than asked for where the file ends. */
function read(handle: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(handle, buffer, 0, length, Math.max(0, at)));
}

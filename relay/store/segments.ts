/**
 * The rows that hold changes. A row carries two checksums, of its index and of its body, both tied to its document
 * and ordinals: what is torn, flipped or misplaced is found by whoever reads it, and no one else may use it.
 * What SQLite hands out is checked by hand: a damaged record has columns of any type.
 */
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { ordinalsMax } from "../protocol/limits.ts";
import type { Stretch } from "../sync/segment.ts";

/** A row as it was found, with -1, "" or nothing where a column is not what it should be. */
export interface Segment extends Stretch {
  readonly row: number;
  readonly id: string;
  readonly first: number;
  readonly level: number;
  readonly indexChecksum: number;
  readonly bodyChecksum: number;
}
/** The same without what is large. */
export interface SegmentSize extends Pick<Segment, "row" | "first" | "count" | "level"> {
  readonly bodyBytes: number;
}

export const rowOf = (document: number, first: number): number => document * ordinalsMax + first;

/** CRC-32 is SQLite's own size of a checksum for such pages: it finds every flip of up to 32 bits in a row. */
const tiedTo = (id: string, first: number, count: number, part: string, bytes: Uint8Array): number =>
  crc32(bytes, crc32(`${id} ${first} ${count} ${part}`));

export const checksumOfIndex = (id: string, first: number, { count, index }: Omit<Stretch, "body">): number =>
  tiedTo(id, first, count, "index", index);
export const checksumOfBody = (id: string, first: number, { count, body }: Omit<Stretch, "index">): number =>
  tiedTo(id, first, count, "body", body);

const columns = "row, id, first, count, level, indexChecksum, bodyChecksum";
const empty = new Uint8Array();

const numberIn = (value: unknown): number => (typeof value === "number" ? value : -1);
const textIn = (value: unknown): string => (typeof value === "string" ? value : "");
const bytesIn = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : empty);

function asSegment(value: unknown): Segment {
  const [row, id, first, count, level, indexChecksum, bodyChecksum, index, body]: readonly unknown[] =
    Array.isArray(value) ? value : [];
  return {
    row: numberIn(row),
    id: textIn(id),
    first: numberIn(first),
    count: numberIn(count),
    level: numberIn(level),
    indexChecksum: numberIn(indexChecksum),
    bodyChecksum: numberIn(bodyChecksum),
    index: bytesIn(index),
    body: bytesIn(body),
  };
}

export class Segments {
  readonly #insert: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #covering: Database.Statement;
  readonly #indexes: Database.Statement;
  readonly #whole: Database.Statement;
  readonly #sizes: Database.Statement;
  readonly #bytes: Database.Statement;
  readonly #last: Database.Statement;
  readonly #after: Database.Statement;
  readonly #count: Database.Statement;

  constructor(db: Database.Database) {
    const read = (sql: string): Database.Statement => db.prepare(sql).raw();
    this.#insert = db.prepare(
      `INSERT INTO segments (${columns}, indexBytes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = db.prepare("DELETE FROM segments WHERE row = ?");
    this.#covering = read("SELECT row FROM segments WHERE row >= ? AND row <= ? ORDER BY row DESC LIMIT 1");
    this.#indexes = read(
      `SELECT ${columns}, indexBytes FROM segments WHERE row >= ? AND row < ? ORDER BY row`,
    );
    this.#whole = read(
      `SELECT ${columns}, indexBytes, body FROM segments WHERE row >= ? AND row < ? ORDER BY row LIMIT ?`,
    );
    this.#sizes = read(
      "SELECT row, first, count, level, length(body) FROM segments WHERE row >= ? AND row < ? ORDER BY row LIMIT ?",
    );
    this.#bytes = read("SELECT coalesce(sum(length(body)), 0) FROM segments WHERE row >= ? AND row < ?");
    this.#last = read("SELECT row FROM segments ORDER BY row DESC LIMIT 1");
    this.#after = read("SELECT row FROM segments WHERE row >= ? ORDER BY row LIMIT 1");
    this.#count = read("SELECT count(*) FROM segments");
  }

  insert(document: number, id: string, first: number, level: number, stretch: Stretch): void {
    this.#insert.run(
      rowOf(document, first),
      id,
      first,
      stretch.count,
      level,
      checksumOfIndex(id, first, stretch),
      checksumOfBody(id, first, stretch),
      stretch.index,
      stretch.body,
    );
  }

  remove(row: number): void {
    this.#remove.run(row);
  }

  /** The first ordinal of the row that an ordinal lies in or after; the ordinal itself if there is none. */
  begin(document: number, ordinal: number): number {
    const row = rowIn(this.#covering.get(rowOf(document, 0), rowOf(document, ordinal)));
    return row === undefined ? ordinal : row - rowOf(document, 0);
  }

  /** Rows by the ordinals they claim, without their bodies, as SQLite finds them. */
  *indexes(document: number, from: number): Generator<Segment, undefined> {
    const rows = this.#indexes.iterate(rowOf(document, from), rowOf(document + 1, 0));
    for (const value of rows) yield asSegment(value);
  }

  /** Whole rows, at most `limit`. */
  whole(document: number, from: number, to: number, limit: number): Segment[] {
    return this.#whole.all(rowOf(document, from), rowOf(document, to), limit).map(asSegment);
  }

  sizes(document: number, from: number, limit: number): SegmentSize[] {
    const rows = this.#sizes.all(rowOf(document, from), rowOf(document + 1, 0), limit);
    return rows.map((value) => {
      const [row = -1, first = -1, count = -1, level = -1, bodyBytes = -1] = (
        Array.isArray(value) ? value : []
      ).map(numberIn);
      return { row, first, count, level, bodyBytes };
    });
  }

  /** Of all bodies of a document. */
  bodyBytes(document: number): number {
    return rowIn(this.#bytes.get(rowOf(document, 0), rowOf(document + 1, 0))) ?? 0;
  }

  /** The largest number of a document that any row claims, 0 if there is no row. */
  lastDocument(): number {
    return Math.floor((rowIn(this.#last.get()) ?? 0) / ordinalsMax);
  }
  /** The first document from this number on that any row claims. */
  documentFrom(document: number): number | undefined {
    const row = rowIn(this.#after.get(rowOf(document, 0)));
    return row === undefined ? undefined : Math.floor(row / ordinalsMax);
  }
  count(): number {
    return rowIn(this.#count.get()) ?? 0;
  }
}

function rowIn(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === "number" ? first : undefined;
}

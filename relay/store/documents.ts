/**
 * The rows that say of each document where its log ends, what its heads are, and when it was last committed to: the
 * feed. Each row has a checksum; one that does not fit is "damaged", and is made again from the document's segments.
 */
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { documentIdPattern } from "../protocol/ids.ts";

export interface Document {
  readonly number: number;
  readonly id: string;
  /** The ordinal that the next commit gets. */
  readonly next: number;
  readonly sequence: number;
  /** Of all bodies. */
  readonly bytes: number;
  readonly heads: Uint8Array;
  /** Ordinals below this lie in full segments. Only a hint. */
  readonly settled: number;
  /** Segments since the last merge. Only a hint. */
  readonly tail: number;
}
/** A row that is not what was written: only its place is known. */
export interface DamagedDocument {
  readonly number: number;
  readonly damaged: true;
}
export type Found = Document | DamagedDocument;

/** In the order of the table. */
const columns = "number, id, next, sequence, bytes, heads, settled, tail, checksum";

function checksumOf({
  number,
  id,
  next,
  sequence,
  bytes,
  heads,
}: Omit<Document, "settled" | "tail">): number {
  return crc32(heads, crc32(`${number} ${id} ${next} ${sequence} ${bytes}`));
}

/** A damaged record has columns of any type. */
function asFound(value: unknown): Found {
  const [number, id, next, sequence, bytes, heads, settled, tail, checksum]: readonly unknown[] =
    Array.isArray(value) ? value : [];
  const place = typeof number === "number" ? number : -1;
  const damaged: Found = { number: place, damaged: true };
  if (typeof id !== "string" || !documentIdPattern.test(id) || typeof next !== "number") return damaged;
  if (typeof sequence !== "number" || typeof bytes !== "number" || !(heads instanceof Uint8Array))
    return damaged;
  const row = { number: place, id, next, sequence, bytes, heads };
  if (checksum !== checksumOf(row)) return damaged;
  const hint = (each: unknown): number => (typeof each === "number" && each > 0 && each <= next ? each : 0);
  return { ...row, settled: hint(settled), tail: hint(tail) };
}

/** A row as it lies in the table, if it proves itself. */
export function provenDocument(values: readonly unknown[]): Document | undefined {
  const found = asFound(values);
  return "damaged" in found ? undefined : found;
}

export class Documents {
  readonly #find: Database.Statement;
  readonly #add: Database.Statement;
  readonly #append: Database.Statement;
  readonly #hint: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #feed: Database.Statement;
  readonly #after: Database.Statement;
  readonly #numbers: Database.Statement;
  readonly #last: Database.Statement;

  constructor(db: Database.Database) {
    const read = (sql: string): Database.Statement => db.prepare(sql).raw();
    this.#find = read(`SELECT ${columns} FROM documents WHERE id = ?`);
    this.#add = db.prepare(`INSERT INTO documents (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#append = db.prepare(
      "UPDATE documents SET next = ?, sequence = ?, bytes = ?, heads = ?, tail = ?, checksum = ? WHERE number = ?",
    );
    this.#hint = db.prepare("UPDATE documents SET settled = ?, tail = ? WHERE number = ?");
    this.#remove = db.prepare("DELETE FROM documents WHERE number = ?");
    this.#feed = read(`SELECT ${columns} FROM documents WHERE sequence > ? ORDER BY sequence LIMIT ?`);
    this.#after = read(`SELECT ${columns} FROM documents WHERE number > ? ORDER BY number LIMIT ?`);
    this.#numbers = read("SELECT max(number) FROM documents");
    this.#last = read("SELECT max(sequence) FROM documents");
  }

  find(id: string): Found | undefined {
    const value = this.#find.get(id);
    return value === undefined ? undefined : asFound(value);
  }

  /** A new row. */
  add(document: Document): void {
    const { number, id, next, sequence, bytes, heads, settled, tail } = document;
    this.#add.run(number, id, next, sequence, bytes, heads, settled, tail, checksumOf(document));
  }

  /** What a commit changes. */
  append(document: Document): void {
    const { number, next, sequence, bytes, heads, tail } = document;
    this.#append.run(next, sequence, bytes, heads, tail, checksumOf(document), number);
  }

  hint(number: number, settled: number, tail: number): void {
    this.#hint.run(settled, tail, number);
  }

  remove(number: number): void {
    this.#remove.run(number);
  }

  /** By place in the feed. */
  feed(after: number, count: number): Found[] {
    return this.#feed.all(after, count).map(asFound);
  }

  /** By number. */
  after(number: number, count: number): Found[] {
    return this.#after.all(number, count).map(asFound);
  }

  lastNumber(): number {
    return maxIn(this.#numbers.get());
  }
  lastSequence(): number {
    return maxIn(this.#last.get());
  }
}

function maxIn(value: unknown): number {
  const max: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof max === "number" ? max : 0;
}

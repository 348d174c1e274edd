/**
 * Documents saved whole, as a cache. One is written and read piece by piece (each `yield` lets others have their turn
 * of the disk), not forced to disk, and counts from the moment its row names its generation. What does not fit its
 * checksum is not there.
 */
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { snapshotPieceBytes } from "../protocol/limits.ts";
import type { Snapshot } from "../sync/ports.ts";

interface Row {
  readonly generation: number;
  readonly upTo: number;
  readonly heads: Uint8Array;
  readonly pieces: number;
}

const piecesMax = 2 ** 20;
/** Old pieces that one turn takes away: each is a walk over 64 pages. */
const removedPerTurn = 16;
/** Generations that one turn looks at after opening, for pieces that a crash left. */
const walkedPerTurn = 64;

export class Snapshots {
  readonly #db: Database.Database;
  readonly #get: Database.Statement;
  readonly #put: Database.Statement;
  readonly #forget: Database.Statement;
  readonly #piece: Database.Statement;
  readonly #putPiece: Database.Statement;
  readonly #removePieces: Database.Statement;
  readonly #nextPiece: Database.Statement;
  readonly #named: Database.Statement;
  /** Generations that are being written or read. */
  readonly #inUse = new Set<number>();
  /** Generations that no row names any more. */
  readonly #obsolete = new Set<number>();
  #generation: number;
  /** Generations below this were there at opening and have been looked at. */
  #walked = 0;
  readonly #walkEnd: number;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#get = db
      .prepare("SELECT generation, upTo, heads, pieces, checksum FROM snapshots WHERE document = ?")
      .raw();
    this.#put = db.prepare(
      `INSERT OR REPLACE INTO snapshots (document, generation, upTo, heads, pieces, checksum)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#forget = db.prepare("DELETE FROM snapshots WHERE document = ?");
    this.#piece = db.prepare("SELECT checksum, bytes FROM snapshotPieces WHERE row = ?").raw();
    this.#putPiece = db.prepare("INSERT INTO snapshotPieces (row, checksum, bytes) VALUES (?, ?, ?)");
    this.#removePieces = db.prepare(
      `DELETE FROM snapshotPieces WHERE row IN
       (SELECT row FROM snapshotPieces WHERE row >= ? AND row < ? ORDER BY row LIMIT ${removedPerTurn})`,
    );
    this.#nextPiece = db.prepare("SELECT row FROM snapshotPieces WHERE row >= ? ORDER BY row LIMIT 1").raw();
    this.#named = db.prepare("SELECT 1 FROM snapshots WHERE generation = ?").raw();
    const last = db
      .prepare(
        `SELECT max((SELECT coalesce(max(row), 0) / ${piecesMax} FROM snapshotPieces),
                    (SELECT coalesce(max(generation), 0) FROM snapshots))`,
      )
      .raw();
    this.#generation = firstNumber(last.get()) ?? 0;
    this.#walkEnd = this.#generation + 1;
  }

  /** `next` is where the document's log ends: a snapshot of more is of another log. */
  *read(document: number, id: string, next: number): Generator<undefined, Snapshot | undefined> {
    const row = this.#row(document, id);
    if (!row || row.upTo > next) return undefined;
    const { generation, upTo, heads, pieces } = row;
    this.#inUse.add(generation);
    try {
      const parts: Uint8Array[] = [];
      for (let i = 0; i < pieces; i++) {
        const bytes = this.#pieceOf(generation, i);
        if (!bytes) return this.#drop(document, generation);
        parts.push(bytes);
        yield;
      }
      return { upTo, heads, bytes: Buffer.concat(parts) };
    } finally {
      this.#inUse.delete(generation);
    }
  }

  *keep(document: number, id: string, { upTo, heads, bytes }: Snapshot): Generator<undefined, void> {
    const generation = ++this.#generation;
    const pieces = Math.ceil(bytes.length / snapshotPieceBytes);
    if (pieces > piecesMax) return;
    this.#inUse.add(generation);
    // Until it is named, whatever ends this leaves nothing but pieces.
    this.#obsolete.add(generation);
    try {
      for (let i = 0; i < pieces; i++) {
        const piece = bytes.subarray(i * snapshotPieceBytes, (i + 1) * snapshotPieceBytes);
        const row = generation * piecesMax + i;
        unforced(this.#db, () => this.#putPiece.run(row, crc32(piece, crc32(String(row))), piece));
        yield;
      }
      const checksum = checksumOf(id, { generation, upTo, heads, pieces });
      const before = this.#row(document, id);
      unforced(this.#db, () => this.#put.run(document, generation, upTo, heads, pieces, checksum));
      this.#obsolete.delete(generation);
      if (before) this.#obsolete.add(before.generation);
    } finally {
      this.#inUse.delete(generation);
    }
  }

  /** Takes away some of what no row names; whether there may be more. */
  tidy(): boolean {
    for (const generation of this.#obsolete) {
      if (this.#inUse.has(generation)) continue;
      const [from, to] = [generation * piecesMax, (generation + 1) * piecesMax];
      const { changes } = unforced(this.#db, () => this.#removePieces.run(from, to));
      if (changes < removedPerTurn) this.#obsolete.delete(generation);
      return true;
    }
    return this.#walk();
  }

  /** Looks for pieces that a crash left without a row that names them. */
  #walk(): boolean {
    for (let left = walkedPerTurn; left > 0; left--) {
      const row = firstNumber(this.#nextPiece.get(this.#walked * piecesMax));
      const generation = row === undefined ? this.#walkEnd : Math.floor(row / piecesMax);
      // A damaged tree may lead in circles.
      if (generation < this.#walked) return false;
      this.#walked = Math.min(generation + 1, this.#walkEnd);
      if (generation >= this.#walkEnd) return [...this.#obsolete].some((each) => !this.#inUse.has(each));
      if (this.#named.get(generation) === undefined) this.#obsolete.add(generation);
    }
    return true;
  }

  /** A line for each document whose snapshot is not what was written. */
  *verify(document: number, id: string): Generator<undefined, string | undefined> {
    const values: unknown = this.#get.get(document);
    if (values === undefined) return undefined;
    const row = this.#row(document, id, true);
    if (!row) return `${id}: the entry of its snapshot is damaged`;
    for (let i = 0; i < row.pieces; i++) {
      // A reader at the same time may have it taken away.
      if (!this.#pieceOf(row.generation, i)) return `${id}: its snapshot is damaged`;
      yield;
    }
    return undefined;
  }

  #row(document: number, id: string, onlyLook = false): Row | undefined {
    const value: unknown = this.#get.get(document);
    if (!Array.isArray(value)) return undefined;
    const [generation, upTo, heads, pieces, checksum]: readonly unknown[] = value;
    if (typeof generation === "number" && typeof upTo === "number" && typeof pieces === "number") {
      if (heads instanceof Uint8Array) {
        const row = { generation, upTo, heads, pieces };
        if (checksum === checksumOf(id, row)) return row;
      }
    }
    // Whose pieces its are is not known any more; the next opening finds them.
    if (!onlyLook) this.#forget.run(document);
    return undefined;
  }

  #pieceOf(generation: number, piece: number): Uint8Array | undefined {
    const row = generation * piecesMax + piece;
    const value: unknown = this.#piece.get(row);
    const [checksum, bytes]: readonly unknown[] = Array.isArray(value) ? value : [];
    return bytes instanceof Uint8Array && checksum === crc32(bytes, crc32(String(row))) ? bytes : undefined;
  }

  #drop(document: number, generation: number): undefined {
    this.#forget.run(document);
    this.#obsolete.add(generation);
  }
}

/** A transaction that need not survive power loss. The log is written in order, so it cannot come before others. */
export function unforced<T>(db: Database.Database, run: () => T): T {
  db.pragma("synchronous = NORMAL");
  try {
    return run();
  } finally {
    db.pragma("synchronous = FULL");
  }
}

function checksumOf(id: string, { generation, upTo, heads, pieces }: Row): number {
  return crc32(heads, crc32(`${id} ${generation} ${upTo} ${pieces}`));
}

function firstNumber(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === "number" ? first : undefined;
}

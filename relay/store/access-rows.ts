/**
 * Who may do what, as rows: a key and a value, each row with its checksum, and an audit that only grows. What a row
 * says is `relay/access/`'s. A row that is not what was written is left out: what it allowed is not allowed.
 *
 * `meta` has a sum over all rows. Where it is not theirs, one of them is of another time, which its own checksum cannot
 * tell: a device that was revoked could be back. Nothing is believed then.
 */
import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import type { AuditPage, Row, RowChange } from "../access/ports.ts";
import { readIdentityValue, writeIdentityValue } from "./identity.ts";
import { StoreProblem } from "./problem.ts";

export const sumKey = "accessSum";
/** How many times rows were written: by this the mark tells that the file is behind. */
export const revisionKey = "accessRevision";

export const checksumOfRow = ({ key, value }: Row): number => crc32(`access ${key} ${value}`);
export const checksumOfEntry = (entry: number, value: string): number => crc32(`audit ${entry} ${value}`);
export const sumOf = (rows: readonly Row[]): number =>
  rows.reduce((sum, row) => (sum ^ checksumOfRow(row)) >>> 0, 0);

/** Rolls a write back: somebody else wrote first. */
export class Stale extends Error {}

export class AccessRows {
  readonly #db: Database.Database;
  readonly #all: Database.Statement;
  readonly #one: Database.Statement;
  readonly #put: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #add: Database.Statement;
  readonly #page: Database.Statement;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#all = db.prepare("SELECT key, value, checksum FROM access ORDER BY key").raw();
    this.#one = db.prepare("SELECT value FROM access WHERE key = ?").raw();
    this.#put = db.prepare("INSERT OR REPLACE INTO access (key, value, checksum) VALUES (?, ?, ?)");
    this.#remove = db.prepare("DELETE FROM access WHERE key = ?");
    this.#add = db.prepare("INSERT INTO audit (value, checksum) VALUES (?, 0)");
    this.#page = db
      .prepare("SELECT entry, value, checksum FROM audit WHERE entry > ? ORDER BY entry LIMIT ?")
      .raw();
  }

  /** Undefined where they are not all what was last written. */
  load(): readonly Row[] | undefined {
    const rows: Row[] = [];
    let sum = 0;
    for (const found of this.#all.iterate()) {
      if (!Array.isArray(found)) return undefined;
      const [key, value, checksum]: readonly unknown[] = found;
      if (typeof key !== "string" || typeof value !== "string") return undefined;
      const row = { key, value };
      if (checksum !== checksumOfRow(row)) return undefined;
      sum = (sum ^ checksum) >>> 0;
      rows.push(row);
    }
    return this.#sum() === sum ? rows : undefined;
  }

  /** Inside a transaction. Throws `Stale`, and `StoreProblem` where there is nothing to believe. */
  write(changes: readonly RowChange[], audit: readonly string[]): void {
    let sum = this.#sum() ?? Number.NaN;
    if (changes.length > 0 && Number.isNaN(sum)) throw new StoreProblem("who may do what is not whole");
    for (const { key, was, value } of changes) {
      const found: unknown = this.#one.get(key);
      const [now]: readonly unknown[] = Array.isArray(found) ? found : [];
      if (now !== was) throw new Stale();
      if (typeof now === "string") sum ^= checksumOfRow({ key, value: now });
      if (value === undefined) this.#remove.run(key);
      else {
        const checksum = checksumOfRow({ key, value });
        this.#put.run(key, value, checksum);
        sum ^= checksum;
      }
    }
    if (changes.length > 0) {
      writeIdentityValue(this.#db, sumKey, String(sum >>> 0));
      writeIdentityValue(this.#db, revisionKey, String(this.revision + 1));
    }
    for (const value of audit) {
      const entry = Number(this.#add.run(value).lastInsertRowid);
      this.#db
        .prepare("UPDATE audit SET checksum = ? WHERE entry = ?")
        .run(checksumOfEntry(entry, value), entry);
    }
  }

  /** Entries after this one; those that are not what was written are left out. */
  audit(after: number, count: number): AuditPage {
    const entries = this.#page.all(after, count).flatMap((found) => {
      const [number, value, checksum]: readonly unknown[] = Array.isArray(found) ? found : [];
      const isWhole =
        typeof number === "number" &&
        typeof value === "string" &&
        checksum === checksumOfEntry(number, value);
      return isWhole ? [{ number, value }] : [];
    });
    return { entries };
  }

  get revision(): number {
    return Number(readIdentityValue(this.#db, revisionKey) ?? 0);
  }

  /** From now on nobody is let in: what stands here is of another time. */
  disbelieve(): void {
    writeIdentityValue(this.#db, sumKey, "lost");
  }

  /** Under its own number: of a store that is made out of another. */
  keepEntry(entry: number, value: string): void {
    this.#db
      .prepare("INSERT INTO audit (entry, value, checksum) VALUES (?, ?, ?)")
      .run(entry, value, checksumOfEntry(entry, value));
  }

  /** Undefined where it is not what was written. */
  #sum(): number | undefined {
    const said = readIdentityValue(this.#db, sumKey);
    const sum = said === null ? Number.NaN : Number(said ?? 0);
    return Number.isNaN(sum) ? undefined : sum;
  }
}

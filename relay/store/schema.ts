/**
 * The tables of a store's file, and how the file is opened: WAL, `synchronous=FULL`, one process (the file is locked).
 *
 * Opening brings an older file to this version in one transaction, refuses a newer one, and compares the schema in
 * the file with what is expected letter by letter, because SQLite would believe a damaged one.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { z } from "zod";
import { storeCacheBytes, walKeptBytesMax, walPagesMax } from "../protocol/limits.ts";
import { migrateRows } from "./migrate-rows.ts";
import { reasonOf, salvageAdvice, StoreProblem } from "./problem.ts";

export const schemaVersion = 3;

const accessTables: readonly string[] = [
  "CREATE TABLE access (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT",
  "CREATE TABLE audit (entry INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT",
];

/**
 * `documents`: `next` is the ordinal that the next commit gets, `sequence` its place in the feed. `settled` and `tail`
 * only guide merging: below `settled` all segments are full, and `tail` were added since the last merge.
 * `segments`: the row is document × ordinalsMax + first; id and first are there again so that a row whose place in the
 * file was damaged, or that is all that is left of it, says whose it is. The blobs come last: SQLite walks over what
 * is before a column.
 * `damaged`: what was set aside. The ordinals from `first` on are not given again. `hashes`, 32 bytes each, where known.
 * `access`, `audit`: `access-rows.ts`.
 * `snapshotPieces`: the row is generation × 2^20 + number of the piece.
 */
export const tables: readonly string[] = [
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT",
  `CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, next INTEGER NOT NULL,
    sequence INTEGER NOT NULL UNIQUE, bytes INTEGER NOT NULL, heads BLOB NOT NULL, settled INTEGER NOT NULL,
    tail INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT`,
  `CREATE TABLE segments (row INTEGER PRIMARY KEY, id TEXT NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL,
    level INTEGER NOT NULL, indexChecksum INTEGER NOT NULL, bodyChecksum INTEGER NOT NULL, indexBytes BLOB NOT NULL,
    body BLOB NOT NULL) STRICT`,
  `CREATE TABLE damaged (entry INTEGER PRIMARY KEY, id TEXT, first INTEGER NOT NULL, count INTEGER NOT NULL,
    reason TEXT NOT NULL, hashes BLOB NOT NULL, bytes BLOB NOT NULL) STRICT`,
  "CREATE INDEX damagedByDocument ON damaged (id, first)",
  `CREATE TABLE snapshots (document INTEGER PRIMARY KEY, generation INTEGER NOT NULL UNIQUE, upTo INTEGER NOT NULL,
    heads BLOB NOT NULL, pieces INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT`,
  "CREATE TABLE snapshotPieces (row INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT",
  ...accessTables,
];

/** Throws `StoreProblem`. */
export function openFile(file: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    db = new Database(file, { timeout: 1_000 });
    // Two relays on one file would each believe their own memory of it.
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    // Only macOS needs to be asked for more than fsync.
    db.pragma("fullfsync = ON");
    // A page that cannot be read through a map would be a signal, not a value.
    db.pragma("mmap_size = 0");
    db.pragma(`cache_size = -${storeCacheBytes / 1024}`);
    db.pragma(`journal_size_limit = ${walKeptBytesMax}`);
    db.pragma(`wal_autocheckpoint = ${walPagesMax}`);
    migrate(db, file);
    checkSchema(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw problemOf(file, error);
  }
}

/** For proof and copying; throws `StoreProblem`. A file of another version is refused too. */
export function openReadOnly(file: string): Database.Database {
  if (!existsSync(file)) throw new StoreProblem(`${file} is not there`);
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly: true, timeout: 1_000 });
    const version = versionOf(db);
    if (version > schemaVersion) throw newer(file, version);
    if (version < schemaVersion)
      throw new StoreProblem(
        `${file} is of an older version (schema ${version}): start this relay on it once`,
      );
    checkSchema(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw problemOf(file, error);
  }
}

function problemOf(file: string, error: unknown): StoreProblem {
  if (error instanceof StoreProblem) return error;
  const reason = reasonOf(error);
  return new StoreProblem(reason.startsWith("the file ") ? file + reason.slice(8) : `${file}: ${reason}`);
}

const newer = (file: string, version: number): StoreProblem =>
  new StoreProblem(`${file} was written by a newer relay (schema ${version}): update this one`);

const versionOf = (db: Database.Database): number =>
  z.number().parse(db.pragma("user_version", { simple: true }));

function migrate(db: Database.Database, file: string): void {
  const version = versionOf(db);
  if (version > schemaVersion) throw newer(file, version);
  if (version === schemaVersion) return;
  db.transaction(() => {
    const create = (wanted: readonly string[]): void => {
      for (const sql of wanted) db.exec(sql);
    };
    if (version === 0) create(tables);
    else if (version === 1) migrateRows(db, () => create(tables));
    else create(accessTables);
    db.pragma(`user_version = ${schemaVersion}`);
  }).immediate();
}

const schemaRow = z.object({ sql: z.string().nullable(), name: z.string() });

function checkSchema(db: Database.Database, file: string): void {
  const found = z
    .array(schemaRow)
    .parse(db.prepare("SELECT name, sql FROM sqlite_schema").all())
    .flatMap(({ name, sql }) => (sql === null || name.startsWith("sqlite_") ? [] : [sql]));
  if ([...found].sort().join("\n") !== [...tables].sort().join("\n"))
    throw new StoreProblem(`${file} is damaged where it says what its tables are: ${salvageAdvice}`);
}

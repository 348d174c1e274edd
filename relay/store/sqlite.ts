/**
 * The store in one SQLite file: WAL, `synchronous=FULL`, one process (the file is locked), one transaction a commit.
 *
 * Every row carries two checksums, of what describes the change and of its chunk, both tied to the document: a torn,
 * flipped or misplaced row is found when it is read, moved to `damaged` and no longer listed, and heals when a peer
 * brings the change again. Rows are never reused. Failures of the disk are values; the caller decides.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import Database from "better-sqlite3";
import { z } from "zod";
import { parseChange, type Change, type Hashing } from "../sync/chunk.ts";
import type { LoggedChange } from "../sync/graph.ts";
import type { Batch, Bytes, Committed, Listed } from "../sync/ports.ts";
import { makeDocumentId } from "./documentId.ts";
import type { Identity, Store, Verified } from "./store.ts";

/** Each entry brings a file from the version of its index to the next. Never edit one that was released. */
const migrations = [
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
   CREATE TABLE documents (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE changes (
     row INTEGER PRIMARY KEY AUTOINCREMENT,
     document INTEGER NOT NULL REFERENCES documents (number),
     hash BLOB NOT NULL, deps BLOB NOT NULL, actor BLOB NOT NULL, seq INTEGER NOT NULL,
     size INTEGER NOT NULL, headerChecksum INTEGER NOT NULL, chunkChecksum INTEGER NOT NULL,
     chunk BLOB NOT NULL,
     UNIQUE (document, hash)
   ) STRICT;
   CREATE INDEX changesByDocument ON changes (document, row);
   CREATE TABLE damaged (row INTEGER PRIMARY KEY, document INTEGER, hash BLOB, deps BLOB, actor BLOB, seq INTEGER,
     size INTEGER, headerChecksum INTEGER, chunkChecksum INTEGER, chunk BLOB) STRICT;`,
];

const numberRow = z.object({ number: z.number() });
const valueRow = z.object({ value: z.string() });
const insertedRow = z.object({ row: z.number() });
const chunkRow = z.object({ chunk: z.instanceof(Uint8Array), chunkChecksum: z.number() });

/** What a row says of a change; read on every opening of a document, so checked by hand rather than by a schema. */
interface HeaderRow {
  readonly row: number;
  readonly hash: Buffer;
  readonly deps: Buffer;
  readonly actor: Buffer;
  readonly seq: number;
  readonly size: number;
  readonly headerChecksum: number;
}

export class StoreProblem extends Error {}

export class SqliteStore implements Store {
  readonly identity: Identity;
  readonly #db: Database.Database;
  readonly #hashing: Hashing;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #write: (batches: readonly Batch[]) => number[][];

  /** Throws `StoreProblem` with words for the person who starts the relay. */
  constructor(file: string, hashing: Hashing) {
    this.#hashing = hashing;
    this.#db = openFile(file);
    this.identity = readIdentity(this.#db);
    this.#statements = prepare(this.#db);
    this.#write = this.#db.transaction((batches: readonly Batch[]) =>
      batches.map((each) => this.#writeBatch(each)),
    );
  }

  isReady(): boolean {
    return this.#db.open;
  }

  async list(documentId: string, afterRow: number): Promise<Listed> {
    try {
      const document = this.#documentNumber(documentId);
      if (document === undefined) return { ok: true, changes: [] };
      const changes: LoggedChange[] = [];
      const damaged: number[] = [];
      for (const value of this.#statements.list.iterate(document, afterRow)) {
        const row = asHeader(value);
        if (!row) continue;
        if (row.headerChecksum === headerChecksum(documentId, row)) changes.push(fromRow(row));
        else damaged.push(row.row);
      }
      for (const row of damaged) this.#setAside(row);
      return { ok: true, changes };
    } catch (error) {
      return { ok: false, reason: reasonOf(error) };
    }
  }

  async read(documentId: string, rows: readonly number[]): Promise<Bytes> {
    try {
      const chunks: Uint8Array[] = [];
      for (const row of rows) {
        const found = chunkRow.safeParse(this.#statements.read.get(row));
        if (!found.success || found.data.chunkChecksum !== crc32(found.data.chunk, crc32(documentId))) {
          this.#setAside(row);
          return { ok: false, reason: `row ${row} is damaged` };
        }
        chunks.push(found.data.chunk);
      }
      return { ok: true, chunks };
    } catch (error) {
      return { ok: false, reason: reasonOf(error) };
    }
  }

  async commit(batches: readonly Batch[]): Promise<Committed> {
    try {
      return { ok: true, rows: this.#write(batches) };
    } catch (error) {
      return { ok: false, reason: reasonOf(error) };
    }
  }

  async backup(file: string): Promise<void> {
    await this.#db.backup(file);
  }

  async verify(): Promise<Verified> {
    const faults = z
      .array(z.object({ integrity_check: z.string() }))
      .parse(this.#db.pragma("integrity_check"))
      .flatMap((each) => (each.integrity_check === "ok" ? [] : [each.integrity_check]));
    const ids = z
      .array(z.object({ id: z.string(), number: z.number() }))
      .parse(this.#statements.documents.all());
    let changes = 0;
    for (const { id, number } of ids) {
      const rows = this.#statements.list.all(number, 0).flatMap((value) => asHeader(value) ?? []);
      // A change that was healed has a later row than what depends on it: presence counts, not order.
      const held = new Set(rows.map((row) => row.hash.toString("hex")));
      changes += rows.length;
      for (const row of rows) faults.push(...this.#faultsOf(id, row, held));
    }
    const setAside = z.object({ count: z.number() }).parse(this.#statements.countDamaged.get()).count;
    if (setAside > 0) faults.push(`${setAside} damaged rows were set aside`);
    return { documents: ids.length, changes, faults };
  }

  async stop(): Promise<void> {
    this.#db.close();
  }

  #faultsOf(documentId: string, row: HeaderRow, held: ReadonlySet<string>): string[] {
    const where = `${documentId} row ${row.row}`;
    if (row.headerChecksum !== headerChecksum(documentId, row)) return [`${where}: header checksum`];
    const found = chunkRow.safeParse(this.#statements.read.get(row.row));
    if (!found.success) return [`${where}: unreadable`];
    if (found.data.chunkChecksum !== crc32(found.data.chunk, crc32(documentId)))
      return [`${where}: chunk checksum`];
    const parsed = parseChange(found.data.chunk, this.#hashing);
    if (!parsed.ok) return [`${where}: ${parsed.fault}`];
    if (parsed.change.hash !== row.hash.toString("hex")) return [`${where}: another change`];
    return parsed.change.deps.filter((dep) => !held.has(dep)).map((dep) => `${where}: lacks ${dep}`);
  }

  #writeBatch({ documentId, changes }: Batch): number[] {
    if (changes.length === 0) return [];
    const number =
      this.#documentNumber(documentId) ??
      Number(this.#statements.addDocument.run(documentId).lastInsertRowid);
    return changes.map((change) => this.#writeChange(documentId, number, change));
  }

  #writeChange(documentId: string, document: number, change: Change): number {
    const row = {
      hash: Buffer.from(change.hash, "hex"),
      deps: Buffer.from(change.deps.join(""), "hex"),
      actor: Buffer.from(change.actor, "hex"),
      seq: change.seq,
      size: change.bytes.length,
    };
    const { hash, deps, actor, seq, size } = row;
    const checksum = headerChecksum(documentId, row);
    const chunkChecksum = crc32(change.bytes, crc32(documentId));
    const added = this.#statements.add.run(
      document,
      hash,
      deps,
      actor,
      seq,
      size,
      checksum,
      chunkChecksum,
      change.bytes,
    );
    if (added.changes === 1) return Number(added.lastInsertRowid);
    return insertedRow.parse(this.#statements.find.get(document, hash)).row;
  }

  #documentNumber(documentId: string): number | undefined {
    const found = this.#statements.document.get(documentId);
    return found === undefined ? undefined : numberRow.parse(found).number;
  }

  #setAside(row: number): void {
    this.#db.transaction(() => {
      this.#statements.copyDamaged.run(row);
      this.#statements.remove.run(row);
    })();
  }
}

function openFile(file: string): Database.Database {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const db = new Database(file, { timeout: 1_000 });
    // Two relays on one file would each believe their own memory of it.
    db.pragma("locking_mode = EXCLUSIVE");
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma("foreign_keys = ON");
    migrate(db, file);
    return db;
  } catch (error) {
    if (error instanceof StoreProblem) throw error;
    const reason = reasonOf(error);
    if (reason.includes("locked"))
      throw new StoreProblem(`${file} is in use by another relay: stop it first`);
    throw new StoreProblem(
      `${file} cannot be opened (${reason}): check that the folder is writable and the file whole`,
    );
  }
}

function migrate(db: Database.Database, file: string): void {
  const version = z.number().parse(db.pragma("user_version", { simple: true }));
  if (version > migrations.length) {
    throw new StoreProblem(`${file} was written by a newer relay (schema ${version}): update this one`);
  }
  db.transaction(() => {
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}

function readIdentity(db: Database.Database): Identity {
  const add = db.prepare("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const get = db.prepare("SELECT value FROM meta WHERE key = ?");
  return db.transaction(() => {
    add.run("relayId", `relay-${randomBytes(12).toString("hex")}`);
    add.run("workspace", makeDocumentId());
    const read = (key: string): string => valueRow.parse(get.get(key)).value;
    return { relayId: read("relayId"), workspace: read("workspace") };
  })();
}

function prepare(db: Database.Database) {
  return {
    document: db.prepare("SELECT number FROM documents WHERE id = ?"),
    documents: db.prepare("SELECT number, id FROM documents ORDER BY number"),
    addDocument: db.prepare("INSERT INTO documents (id) VALUES (?)"),
    list: db.prepare(
      "SELECT row, hash, deps, actor, seq, size, headerChecksum FROM changes WHERE document = ? AND row > ? ORDER BY row",
    ),
    read: db.prepare("SELECT chunk, chunkChecksum FROM changes WHERE row = ?"),
    add: db.prepare(
      `INSERT INTO changes (document, hash, deps, actor, seq, size, headerChecksum, chunkChecksum, chunk)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (document, hash) DO NOTHING`,
    ),
    find: db.prepare("SELECT row FROM changes WHERE document = ? AND hash = ?"),
    copyDamaged: db.prepare(
      `INSERT OR REPLACE INTO damaged SELECT row, document, hash, deps, actor, seq, size, headerChecksum, chunkChecksum, chunk
       FROM changes WHERE row = ?`,
    ),
    countDamaged: db.prepare("SELECT count(*) AS count FROM damaged"),
    remove: db.prepare("DELETE FROM changes WHERE row = ?"),
  };
}

function headerChecksum(
  documentId: string,
  row: Pick<HeaderRow, "hash" | "deps" | "actor" | "seq" | "size">,
): number {
  const text = crc32(`${row.seq} ${row.size}`, crc32(documentId));
  return crc32(row.actor, crc32(row.deps, crc32(row.hash, text)));
}

function asHeader(value: unknown): HeaderRow | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("row" in value && "hash" in value && "deps" in value && "actor" in value)) return undefined;
  if (!("seq" in value && "size" in value && "headerChecksum" in value)) return undefined;
  const { row, hash, deps, actor, seq, size, headerChecksum: checksum } = value;
  if (typeof row !== "number" || typeof seq !== "number" || typeof size !== "number") return undefined;
  if (!Buffer.isBuffer(hash) || !Buffer.isBuffer(deps) || !Buffer.isBuffer(actor)) return undefined;
  return typeof checksum === "number"
    ? { row, hash, deps, actor, seq, size, headerChecksum: checksum }
    : undefined;
}

function fromRow({ row, hash, deps, actor, seq, size }: HeaderRow): LoggedChange {
  const allDeps = deps.toString("hex");
  return {
    row,
    hash: hash.toString("hex"),
    deps: Array.from({ length: deps.length / 32 }, (_, i) => allDeps.slice(64 * i, 64 * i + 64)),
    actor: actor.toString("hex"),
    seq,
    size,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

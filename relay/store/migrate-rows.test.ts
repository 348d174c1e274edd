/** Files of schema 1, made with its own tables, become segments without a loss, or stay as they are. */
import { spawn } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toHex } from "../sync/bytes.ts";
import type { Change } from "../sync/chunk.ts";
import { restore } from "./backup.ts";
import { makeDocumentId } from "./documentId.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { SqliteStore } from "./sqlite.ts";
import { entriesOf } from "./stretches.ts";
import { verifyFile } from "./verify.ts";

/** As released. */
const schema1 = `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
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
     size INTEGER, headerChecksum INTEGER, chunkChecksum INTEGER, chunk BLOB) STRICT;`;

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, "relay.sqlite");
});
afterEach(() => folder[Symbol.dispose]());

const workspace = makeDocumentId();

/** `order` says whose next change each row is. */
function writeSchema1(authors: readonly Author[], order: readonly number[]): void {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.exec(schema1);
  db.pragma("user_version = 1");
  db.prepare("INSERT INTO meta VALUES ('relayId', 'relay-0011'), ('workspace', ?)").run(workspace);
  const document = db.prepare("INSERT INTO documents (id) VALUES (?)");
  for (const { documentId } of authors) document.run(documentId);
  const insert = db.prepare(
    `INSERT INTO changes (document, hash, deps, actor, seq, size, headerChecksum, chunkChecksum, chunk)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const next = authors.map(() => 0);
  db.transaction(() => {
    for (const i of order) {
      const author = authors[i];
      const change: Change | undefined = author?.log[next[i] ?? 0];
      next[i] = (next[i] ?? 0) + 1;
      if (!author || !change) continue;
      const [hash, deps, actor] = [change.hash, change.deps.join(""), change.actor].map((hex) =>
        Buffer.from(hex, "hex"),
      );
      const ofId = crc32(author.documentId);
      const header = crc32(
        actor ?? "",
        crc32(deps ?? "", crc32(hash ?? "", crc32(`${change.seq} ${change.bytes.length}`, ofId))),
      );
      const size = change.bytes.length;
      insert.run(i + 1, hash, deps, actor, change.seq, size, header, crc32(change.bytes, ofId), change.bytes);
    }
  })();
  db.close();
}

function makeAuthors(count: number, changes: number): Author[] {
  const random = randomFrom(8);
  return Array.from({ length: count }, () => {
    const author = new Author(makeDocumentId(), random);
    author.batch(changes);
    return author;
  });
}

function hashesIn(store: SqliteStore, documentId: string): string[] {
  const listed = store.list(documentId, 0);
  if (!listed.ok) throw new Error(listed.reason);
  return listed.stretches.flatMap(({ index, count }) =>
    (entriesOf(index, count) ?? []).map(({ hash }) => toHex(hash)),
  );
}

function check(authors: readonly Author[]): void {
  const store = new SqliteStore(file);
  expect(store.identity).toMatchObject({ relayId: "relay-0011", workspace });
  for (const { documentId, log } of authors)
    expect(hashesIn(store, documentId)).toEqual(log.map((change) => change.hash));
  store.close();
  const changes = authors.reduce((sum, { log }) => sum + log.length, 0);
  expect(verifyFile(file)).toMatchObject({ faults: [], notes: [], documents: authors.length, changes });
}

test("every change of every document is there, in order; the feed is in the order of the last commits", () => {
  const authors = makeAuthors(3, 400);
  const order = Array.from({ length: 1_200 }, (_, i) => i % 3).filter((i, at) => i !== 0 || at < 1_100);
  order.splice(5, 0, ...Array.from({ length: 400 - order.filter((i) => i === 0).length }, () => 0));
  writeSchema1(authors, order);
  check(authors);
  const store = new SqliteStore(file);
  const feed = store.feed(0, 10);
  expect(feed.ok && feed.entries.map((entry) => [entry.documentId, toHex(entry.heads)])).toEqual(
    authors.map(({ documentId, heads }) => [documentId, toHex(heads)]),
  );
  const [one] = authors;
  expect(one && store.commit([one.batch(2)])).toEqual({ ok: true, sequences: [4] });
  store.close();
  check(authors);
});

test("what was damaged or set aside before is set aside, and said", () => {
  const authors = makeAuthors(2, 30);
  const [one, two] = authors;
  writeSchema1(
    authors,
    Array.from({ length: 60 }, (_, i) => i % 2),
  );
  const db = new Database(file);
  db.prepare("UPDATE changes SET chunk = zeroblob(40) WHERE row = 9").run();
  db.prepare("UPDATE changes SET document = 2 WHERE row = 59").run();
  db.exec("INSERT INTO damaged SELECT * FROM changes WHERE row = 20; DELETE FROM changes WHERE row = 20");
  db.close();
  const store = new SqliteStore(file);
  const hashes = (author?: Author): string[] => author?.log.map((change) => change.hash) ?? [];
  expect(hashesIn(store, one?.documentId ?? "")).toEqual(hashes(one).filter((_, i) => i !== 4 && i !== 29));
  expect(hashesIn(store, two?.documentId ?? "")).toEqual(hashes(two).filter((_, i) => i !== 9));
  store.close();
  const { faults } = verifyFile(file);
  const aside = faults.filter((each) => each.includes("set aside"));
  expect(aside.filter((each) => each.startsWith(one?.documentId ?? "-"))).toHaveLength(1);
  expect(aside.filter((each) => each.startsWith(two?.documentId ?? "-"))).toHaveLength(2);
});

test("a migration that is killed again and again leaves the old file or the new one", async () => {
  const authors = makeAuthors(4, 2_000);
  writeSchema1(
    authors,
    Array.from({ length: 8_000 }, (_, i) => i % 4),
  );
  const old = join(folder.path, "old.sqlite");
  copyFileSync(file, old);
  const script = join(folder.path, "open.mjs");
  const core = JSON.stringify(import.meta.resolve("./sqlite.ts"));
  writeFileSync(
    script,
    `console.log("go"); const { SqliteStore } = await import(${core}); new SqliteStore(process.argv[2]); console.log("done");`,
  );
  let unfinished = 0;
  for (let round = 0; round < 6; round++) {
    for (const end of ["-wal", "-shm", "-mark"]) rmSync(file + end, { force: true });
    copyFileSync(old, file);
    const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.stdout.on("data", (data: Buffer) => (said += data.toString()));
    // Killed once the log shows that the transaction writes, later each time, or after it was done.
    const started = Date.now();
    while (child.exitCode === null && Date.now() - started < 20_000 && !said.includes("done")) {
      if (sizeOf(`${file}-wal`) > round * 150_000) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    child.kill("SIGKILL");
    await closed;
    if (!said.includes("done")) unfinished++;
    check(authors);
  }
  expect(unfinished).toBeGreaterThan(0);
}, 120_000);

function sizeOf(path: string): number {
  try {
    return readFileSync(path).length;
  } catch {
    return -1;
  }
}

test("a file of a newer version is refused in words, one of an older is not proved but started on", async () => {
  const db = new Database(file);
  db.pragma("user_version = 99");
  db.close();
  expect(() => new SqliteStore(file)).toThrow(/newer relay \(schema 99\)/);
  expect(() => verifyFile(file)).toThrow(/newer relay/);
  rmSync(file);
  const authors = makeAuthors(1, 5);
  writeSchema1(authors, [0, 0, 0, 0, 0]);
  expect(() => verifyFile(file)).toThrow(/older version \(schema 1\)/);
  // A backup of that version can be restored all the same.
  const to = join(folder.path, "restored.sqlite");
  expect(await restore(file, to)).toEqual({ ok: true });
  expect(verifyFile(to)).toMatchObject({ faults: [], changes: 5 });
});

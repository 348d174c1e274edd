/** Damage that is placed on purpose: what survives, where it is then, and what is said of it. */
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ordinalsMax, storedDocumentsMax } from "../protocol/limits.ts";
import { toHex } from "../sync/bytes.ts";
import { packStretch } from "../sync/segment.ts";
import { makeDocumentId } from "./documentId.ts";
import { Documents } from "./documents.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { salvage } from "./salvage.ts";
import { SqliteStore } from "./sqlite.ts";
import { entriesOf } from "./stretches.ts";
import { verifyFile } from "./verify.ts";

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let one: Author;
let two: Author;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, "relay.sqlite");
  const random = randomFrom(5);
  [one, two] = [new Author(makeDocumentId(), random), new Author(makeDocumentId(), random)];
});
afterEach(() => folder[Symbol.dispose]());

/** Runs SQL on the closed file, as a fault of the disk would. */
function tamper(sql: string, ...values: unknown[]): void {
  const db = new Database(file);
  expect(db.prepare(sql).run(...values).changes).toBeGreaterThan(0);
  db.close();
}

/** Turns over a byte of the file where these bytes lie; SQLite may have left a copy in what is free. */
function flip(bytes: Uint8Array, at: number): void {
  const content = readFileSync(file);
  const handle = openSync(file, "r+");
  expect(content.indexOf(bytes)).toBeGreaterThan(0);
  for (let found = content.indexOf(bytes); found >= 0; found = content.indexOf(bytes, found + 1))
    writeSync(handle, Uint8Array.of((bytes[at] ?? 0) ^ 0xff), 0, 1, found + at);
  closeSync(handle);
}

/** Hashes by ordinal. */
function held(store: SqliteStore, documentId: string): Map<number, string> {
  const listed = store.list(documentId, 0);
  if (!listed.ok) throw new Error(listed.reason);
  const hashes = new Map<number, string>();
  for (const { first, count, index } of listed.stretches)
    for (const [i, { hash }] of (entriesOf(index, count) ?? []).entries()) hashes.set(first + i, toHex(hash));
  return hashes;
}

function write(...batches: Parameters<SqliteStore["commit"]>[0]): void {
  const store = new SqliteStore(file);
  expect(store.commit(batches).ok).toBe(true);
  store.close();
}

function withStore<Result>(use: (store: SqliteStore, events: string[]) => Result): Result {
  const events: string[] = [];
  const store = new SqliteStore(file, (event) => events.push(event));
  try {
    return use(store, events);
  } finally {
    store.close();
  }
}

const allBut = (author: Author, ...lost: number[]): Map<number, string> =>
  new Map([...author.log.entries()].filter(([i]) => !lost.includes(i)).map(([i, { hash }]) => [i, hash]));

test("a flipped byte in a chunk costs that change alone; its neighbours keep their ordinals; it heals", () => {
  write(one.batch(20, 60, false), two.batch(5));
  flip(one.log[7]?.bytes ?? new Uint8Array(), 40);
  expect(verifyFile(file).faults).toEqual([
    `${one.documentId}: changes 0 to 19: the checksum of their bytes is wrong`,
  ]);
  withStore((store, events) => {
    expect(store.read(one.documentId, [{ from: 10, to: 12 }])).toMatchObject({ ok: false });
    expect(events).toContain("store-changes-damaged");
    expect(held(store, one.documentId)).toEqual(allBut(one, 7));
    expect(held(store, two.documentId)).toEqual(allBut(two));
    const read = store.read(one.documentId, [{ from: 8, to: 20 }]);
    expect(read.ok && toHex(read.body)).toBe(toHex(packStretch(one.log.slice(8)).body));
    expect(store.read(one.documentId, [{ from: 7, to: 8 }]).ok).toBe(false);
    expect(store.stats()).toMatchObject({ damaged: 1, changes: 24 });
    // What depends on it has no place until it is back: the feed says so, and somebody brings it.
    const feed = store.feed(0, 10);
    const entry = feed.ok ? feed.entries.at(-1) : undefined;
    expect(entry && [entry.documentId, toHex(entry.heads)]).toEqual([one.documentId, one.log[6]?.hash]);
  });
  expect([...verifyFile(file).faults].sort()).toEqual(
    [
      `${one.documentId}: changes 7 to 7 were set aside (damaged)`,
      `${one.documentId}: lacks ${one.log[7]?.hash}, which others depend on`,
    ].sort(),
  );
  write({ documentId: one.documentId, first: 20, heads: one.heads, ...packStretch(one.log.slice(7, 8)) });
  withStore((store) => {
    expect(held(store, one.documentId)).toEqual(allBut(one, 7).set(20, one.log[7]?.hash ?? ""));
    const feed = store.feed(0, 10);
    expect(feed.ok && toHex(feed.entries.at(-1)?.heads ?? new Uint8Array())).toBe(toHex(one.heads));
  });
  expect(verifyFile(file)).toMatchObject({
    faults: [],
    notes: [`${one.documentId}: changes 7 to 7 were set aside (damaged), and came again`],
  });
});

test("a damaged index is made again from the changes themselves: nothing is lost", () => {
  write(one.batch(20));
  tamper("UPDATE segments SET indexBytes = zeroblob(length(indexBytes))");
  expect(verifyFile(file).faults.join()).toContain("the checksum of their index is wrong");
  withStore((store) => expect(held(store, one.documentId)).toEqual(allBut(one)));
  expect(verifyFile(file)).toMatchObject({ faults: [], notes: [], changes: 20 });
});

test("index and bytes damaged: what can be counted from either end survives, at its ordinal", () => {
  write(one.batch(20));
  flip(one.log[9]?.bytes ?? new Uint8Array(), 3);
  tamper("UPDATE segments SET indexBytes = x'00'");
  withStore((store) => expect(held(store, one.documentId)).toEqual(allBut(one, 9)));
  expect(verifyFile(file).faults.join()).toContain("changes 9 to 9 were set aside (damaged)");
});

test("a length inside a body that was turned over costs nothing: the index knows it", () => {
  const batch = one.batch(20);
  write(batch);
  const [, second] = one.log;
  const prefix = Buffer.concat([Uint8Array.of(second?.bytes.length ?? 0), second?.bytes ?? new Uint8Array()]);
  flip(prefix, 0);
  withStore((store) => {
    expect(store.read(one.documentId, [{ from: 0, to: 20 }]).ok).toBe(false);
    expect(held(store, one.documentId)).toEqual(allBut(one));
  });
  expect(verifyFile(file)).toMatchObject({ faults: [], changes: 20 });
});

test("rows that change places are not taken for each other", () => {
  write(one.batch(3), two.batch(3));
  tamper("UPDATE segments SET row = CASE row WHEN ? THEN -1 ELSE row END", ordinalsMax);
  tamper("UPDATE segments SET row = ? WHERE row = ?", ordinalsMax, 2 * ordinalsMax);
  tamper("UPDATE segments SET row = ? WHERE row = -1", 2 * ordinalsMax);
  withStore((store) => {
    expect(held(store, one.documentId)).toEqual(new Map());
    expect(held(store, two.documentId)).toEqual(new Map());
    expect(store.list(one.documentId, 0)).toMatchObject({ next: 3 });
  });
});

test("a row that is gone is noticed by its ordinals", () => {
  const batches = Array.from({ length: 5 }, () => one.batch(2, 60, false));
  write(...batches);
  tamper("DELETE FROM segments WHERE first = 4");
  expect(verifyFile(file).faults).toContain(`${one.documentId}: changes 4 to 5 are lost`);
  withStore((store, events) => {
    expect(held(store, one.documentId)).toEqual(allBut(one, 4, 5));
    expect(events).toContain("store-changes-lost");
    // The last ordinals are not given again.
    expect(store.list(one.documentId, 0)).toMatchObject({ ok: true, next: 10 });
  });
  expect(verifyFile(file).faults).toContain(`${one.documentId}: changes 4 to 5 were set aside (lost)`);
  write({ documentId: one.documentId, first: 10, heads: one.heads, ...packStretch(one.log.slice(4, 6)) });
  expect(verifyFile(file)).toMatchObject({
    faults: [],
    notes: [`${one.documentId}: changes 4 to 5 were set aside (lost), and came again`],
  });
});

test("what was lost with its index is back only once all that the document had is", () => {
  write(one.batch(20));
  for (const at of [9, 12]) flip(one.log[at]?.bytes ?? new Uint8Array(), 3);
  tamper("UPDATE segments SET indexBytes = x'00'");
  withStore((store) => expect(held(store, one.documentId)).toEqual(allBut(one, 9, 10, 11, 12)));
  const bring = (first: number, ...places: number[]): void =>
    write({
      documentId: one.documentId,
      first,
      heads: one.heads,
      ...packStretch(places.flatMap((at) => one.log[at] ?? [])),
    });
  bring(20, 9, 10, 12);
  expect(verifyFile(file).faults).toContain(`${one.documentId}: changes 9 to 12 were set aside (damaged)`);
  bring(23, 11);
  expect(verifyFile(file)).toMatchObject({
    faults: [],
    notes: [`${one.documentId}: changes 9 to 12 were set aside (damaged), and came again`],
  });
});

test("where a document's entry is damaged as well, nothing says what was lost, and that is said", () => {
  write(...Array.from({ length: 3 }, () => one.batch(2, 60, false)));
  tamper("DELETE FROM segments WHERE first = 2");
  tamper("UPDATE documents SET heads = zeroblob(32) WHERE id = ?", one.documentId);
  withStore((store) => expect(held(store, one.documentId)).toEqual(allBut(one, 2, 3)));
  expect(verifyFile(file).faults).toContain(
    `${one.documentId}: changes 2 to 3 were set aside (lost), and nothing says which they were`,
  );
});

test("the entry of a document is made again from its changes", () => {
  write(one.batch(5), two.batch(4));
  tamper("UPDATE documents SET next = 3 WHERE id = ?", one.documentId);
  tamper("UPDATE documents SET heads = zeroblob(32) WHERE id = ?", two.documentId);
  expect(verifyFile(file).faults).toEqual([1, 2].map((n) => `the entry of document ${n} is damaged`));
  withStore((store, events) => {
    expect(events).toContain("store-entry-rebuilt");
    expect(held(store, one.documentId)).toEqual(allBut(one));
    const feed = store.feed(0, 10);
    const told = new Map(feed.ok ? feed.entries.map((each) => [each.documentId, toHex(each.heads)]) : []);
    expect(told).toEqual(new Map([one, two].map((each) => [each.documentId, toHex(each.heads)])));
  });
  expect(verifyFile(file).faults).toEqual([]);
});

test("a damaged snapshot is not there", () => {
  write(one.batch(5));
  const keep = (store: SqliteStore): void => {
    const bytes = new Uint8Array(600_000).fill(3);
    for (const _ of store.keepSnapshot(one.documentId, { upTo: 5, heads: one.heads, bytes }));
  };
  const read = (store: SqliteStore): unknown => {
    const steps = store.snapshot(one.documentId);
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  };
  withStore(keep);
  tamper("UPDATE snapshotPieces SET bytes = zeroblob(length(bytes)) WHERE row % 2 = 1");
  expect(verifyFile(file).faults).toEqual([`${one.documentId}: its snapshot is damaged`]);
  withStore((store) => expect(read(store)).toBeUndefined());
  withStore(keep);
  tamper("UPDATE snapshots SET upTo = 4");
  withStore((store) => expect(read(store)).toBeUndefined());
  expect(verifyFile(file).faults).toEqual([]);
});

test("pieces of snapshots that nothing names are taken away", () => {
  write(one.batch(5));
  withStore((store) => {
    const steps = store.keepSnapshot(one.documentId, {
      upTo: 5,
      heads: one.heads,
      bytes: new Uint8Array(9_000_000),
    });
    for (let i = 0; i < 5; i++) steps.next();
    // The process is killed here.
  });
  const pieces = (): unknown => {
    const db = new Database(file, { readonly: true });
    const count = db.prepare("SELECT count(*) FROM snapshotPieces").pluck().get();
    db.close();
    return count;
  };
  expect(pieces()).toBe(5);
  withStore((store) => {
    while (store.tidy());
  });
  expect(pieces()).toBe(0);
});

test("who the relay is comes back from the note beside the file; without it the file is refused", () => {
  write(one.batch(1));
  const identity = withStore((store) => store.identity);
  tamper("UPDATE meta SET value = 'relay-x' WHERE key = 'relayId'");
  expect(verifyFile(file).faults).toEqual(["who the relay is (relayId) is damaged"]);
  withStore((store) => expect(store.identity).toEqual(identity));
  tamper("UPDATE meta SET value = value || 'x' WHERE key = 'workspace'");
  rmSync(`${file}-mark`);
  expect(() => new SqliteStore(file)).toThrow(/does not say any more who this relay is \(workspace\)/);
});

test("a file whose structure is damaged is not written to, says so, and is salvaged", () => {
  write(one.batch(30, 2_000), two.batch(30, 2_000));
  const page = readFileSync(file).indexOf(two.log[10]?.bytes.subarray(50, 90) ?? "");
  const handle = openSync(file, "r+");
  // The number of the next page in the chain that holds this row.
  writeSync(handle, Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0, 4, page - (page % 4096));
  closeSync(handle);
  withStore((store) => {
    expect(store.read(two.documentId, [{ from: 0, to: 30 }])).toMatchObject({ ok: false });
    expect(store.isReady()).toBe(false);
    expect(store.commit([one.batch(1)])).toMatchObject({
      ok: false,
      reason: expect.stringContaining("stop the relay"),
    });
    expect(held(store, one.documentId).size).toBe(30);
  });
  one.log.pop();
  const to = join(folder.path, "new.sqlite");
  const salvaged = salvage(file, to);
  expect(salvaged.ok && salvaged.verified.changes).toBeGreaterThan(35);
  expect(salvage(file, to)).toMatchObject({ ok: false, reason: expect.stringContaining("already") });
  const store = new SqliteStore(to);
  expect(held(store, one.documentId)).toEqual(allBut(one));
  const rest = held(store, two.documentId);
  expect([...rest].filter(([i, hash]) => two.log[i]?.hash !== hash)).toEqual([]);
  expect(store.list(two.documentId, 0)).toMatchObject({ ok: true, next: 30 });
  store.close();
});

test("a file that is no database is refused in words, and so is one whose tables are not ours", () => {
  write(one.batch(1));
  const db = new Database(file);
  db.exec("CREATE TABLE another (a)");
  db.close();
  expect(() => new SqliteStore(file)).toThrow(/damaged where it says what its tables are/);
  truncateSync(file, 0);
  const handle = openSync(file, "r+");
  writeSync(
    handle,
    "this is a text, and not a short one either: it is longer than the header of a database, 100",
  );
  writeSync(handle, "bytes and more.");
  closeSync(handle);
  expect(() => new SqliteStore(file)).toThrow(/structure is damaged/);
  expect(() => verifyFile(file)).toThrow(/structure is damaged/);
  expect(() => verifyFile(join(folder.path, "none"))).toThrow(/is not there/);
});

/** Puts an entry into the closed file as if its log were that long, its number that high. */
function pretend(id: string, number: number, next: number): void {
  const db = new Database(file);
  const documents = new Documents(db);
  const heads = new Uint8Array(32);
  documents.remove(number);
  documents.add({ number, id, next, sequence: number, bytes: 0, heads, settled: 0, tail: 0 });
  db.close();
}

test("a document takes changes up to its last ordinal, and none past it", () => {
  write(two.batch(1));
  pretend(one.documentId, 2, ordinalsMax - 2);
  withStore((store) => {
    const batch = one.batch(2);
    const past = { ...batch, ...packStretch([...one.log, ...two.log]), first: ordinalsMax - 2 };
    expect(store.commit([past])).toMatchObject({
      ok: false,
      reason: expect.stringContaining("as many changes"),
    });
    expect(store.commit([{ ...batch, first: ordinalsMax - 2 }])).toMatchObject({ ok: true });
    expect(store.read(one.documentId, [{ from: ordinalsMax - 2, to: ordinalsMax }])).toMatchObject({
      ok: true,
    });
  });
});

test("a store takes documents up to its last number, and none past it", () => {
  write(two.batch(1));
  pretend(one.documentId, storedDocumentsMax - 1, 0);
  withStore((store) => {
    const [last, past] = [3, 4].map((seed) => new Author(makeDocumentId(), randomFrom(seed)).batch(1));
    expect(last && store.commit([last])).toMatchObject({ ok: true });
    expect(past && store.commit([past])).toMatchObject({
      ok: false,
      reason: expect.stringContaining("as many documents"),
    });
    expect(last && store.read(last.documentId, [{ from: 0, to: 1 }])).toMatchObject({ ok: true });
  });
});

/** Merging against a model: whatever was merged, listed, read and opened again in whatever order, it is the same log. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { mergeFanIn, segmentBytesMax } from "../protocol/limits.ts";
import { toHex } from "../sync/bytes.ts";
import { packStretch } from "../sync/segment.ts";
import { makeDocumentId } from "./documentId.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { levelFull } from "./merge.ts";
import { SqliteStore } from "./sqlite.ts";
import { cutStretch, entriesOf, isStretch, joinStretches, piecesOf } from "./stretches.ts";
import { verifyFile } from "./verify.ts";

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder({ inMemory: true });
  file = join(folder.path, "relay.sqlite");
});
afterEach(() => folder[Symbol.dispose]());

const segmentRows = z.array(
  z.object({ first: z.number(), count: z.number(), level: z.number(), bytes: z.number() }),
);
function segmentsOf(documentId: string): z.infer<typeof segmentRows> {
  const db = new Database(file, { readonly: true });
  const rows = db.prepare(
    "SELECT first, count, level, length(body) AS bytes FROM segments WHERE id = ? ORDER BY row",
  );
  const found = segmentRows.parse(rows.all(documentId));
  db.close();
  return found;
}

function checkAgainst(store: SqliteStore, author: Author, random: () => number): void {
  const { documentId, log } = author;
  const from = random() < 0.5 ? 0 : Math.floor(random() * (log.length + 1));
  const listed = store.list(documentId, from);
  if (!listed.ok) throw new Error(listed.reason);
  const hashes: string[] = [];
  let next = Math.min(from, log.length);
  for (const { first, count, index } of listed.stretches) {
    expect(first).toBe(next);
    for (const { hash } of entriesOf(index, count) ?? []) hashes.push(toHex(hash));
    next += count;
  }
  expect(hashes).toEqual(log.slice(from).map((change) => change.hash));
  const ranges = Array.from({ length: 3 }, () => {
    const begin = Math.floor(random() * log.length);
    return { from: begin, to: begin + 1 + Math.floor(random() * (log.length - begin)) };
  }).filter(({ to }) => to <= log.length);
  const read = store.read(documentId, ranges);
  const written = ranges.map((range) => packStretch(log.slice(range.from, range.to)).body);
  expect(log.length === 0 || (read.ok && Buffer.compare(read.body, Buffer.concat(written)) === 0)).toBe(true);
}

test("random commits, merges, readings and openings keep every document's log", () => {
  const random = randomFrom(Number(process.env["STORE_SEED"] ?? 3));
  const authors = Array.from({ length: 4 }, () => new Author(makeDocumentId(), random));
  let store = new SqliteStore(file);
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 25; i++) {
      const batches = authors
        .filter(() => random() < 0.6)
        .map((each) => each.batch(1 + Math.floor(random() ** 4 * 40), Math.floor(random() ** 12 * 60_000)));
      expect(store.commit(batches)).toMatchObject({ ok: true });
      if (random() < 0.3) store.tidy();
    }
    if (random() < 0.3) while (store.tidy());
    if (random() < 0.2) {
      store.close();
      store = new SqliteStore(file);
    }
    for (const each of authors) checkAgainst(store, each, random);
  }
  while (store.tidy());
  for (const each of authors) checkAgainst(store, each, random);
  store.close();
  expect(verifyFile(file)).toMatchObject({ faults: [], notes: [], documents: 4 });
  for (const { documentId, log } of authors) {
    const segments = segmentsOf(documentId);
    const isFull = segments.map(({ level }) => level === levelFull);
    const open = segments.slice(isFull.lastIndexOf(true) + 1);
    for (const level of new Set(open.map((each) => each.level))) {
      expect(open.filter((each) => each.level === level).length).toBeLessThan(mergeFanIn);
      expect(level).toBeLessThanOrEqual(3);
    }
    // Between full ones there is at most one that is not.
    const closed = isFull.slice(0, isFull.lastIndexOf(true) + 1);
    expect(closed.some((each, i) => !each && i > 0 && !closed[i - 1])).toBe(false);
    expect(segments.reduce((sum, each) => sum + each.count, 0)).toBe(log.length);
    expect(segments.filter(({ bytes, count }) => bytes > segmentBytesMax && count > 1)).toEqual([]);
  }
});

test("a long history becomes full segments, and is not touched after that", () => {
  const one = new Author(makeDocumentId(), randomFrom(1));
  const store = new SqliteStore(file);
  const grow = (commits: number): void => {
    for (let i = 0; i < commits; i++) expect(store.commit([one.batch(1, 4_000, false)]).ok).toBe(true);
    while (store.tidy());
  };
  grow(400);
  const before = store.list(one.documentId, 0);
  grow(400);
  const after = store.list(one.documentId, 0);
  store.close();
  expect(before.ok && after.ok && before.stretches[0]).toEqual(after.ok && after.stretches[0]);
  const segments = segmentsOf(one.documentId);
  expect(segments.filter((each) => each.level === levelFull).length).toBeGreaterThanOrEqual(2);
  expect(segments.length).toBeLessThan(2 * mergeFanIn);
});

test("a damaged segment is never merged away: it is set aside, and its neighbours are merged", () => {
  const one = new Author(makeDocumentId(), randomFrom(2));
  let store = new SqliteStore(file);
  for (let i = 0; i < mergeFanIn + 9; i++) expect(store.commit([one.batch(1, 50, false)]).ok).toBe(true);
  store.close();
  const db = new Database(file);
  db.prepare("UPDATE segments SET body = zeroblob(length(body)) WHERE first = 30").run();
  db.close();
  const events: string[] = [];
  store = new SqliteStore(file, (event) => events.push(event));
  while (store.tidy());
  for (let i = 0; i < mergeFanIn; i++) expect(store.commit([one.batch(1, 50, false)]).ok).toBe(true);
  while (store.tidy());
  expect(events).toContain("store-changes-damaged");
  const listed = store.list(one.documentId, 0);
  const ordinals = listed.ok
    ? listed.stretches.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
    : [];
  expect(ordinals).toEqual([...one.log.keys()].filter((i) => i !== 30));
  expect(store.read(one.documentId, [{ from: 31, to: one.log.length }])).toMatchObject({ ok: true });
  store.close();
  expect(segmentsOf(one.documentId).length).toBeLessThan(mergeFanIn + 40);
  expect(verifyFile(file).faults.join()).toContain("changes 30 to 30 were set aside (damaged)");
});

test("cutting and joining stretches anywhere gives the same changes, and deps that say the same", () => {
  const random = randomFrom(9);
  for (let run = 0; run < 40; run++) {
    const one = new Author(makeDocumentId(), random);
    one.batch(2 + Math.floor(random() * 60), 20);
    const whole = packStretch(one.log);
    const starts = [0, ...one.log.keys()].filter((at, i) => i === 0 || (at > 0 && random() < 0.2));
    const cut = cutStretch(whole, starts);
    expect(cut?.map((piece) => [piece.count, isStretch(piece)])).toEqual(
      starts.map((at, i) => [(starts[i + 1] ?? one.log.length) - at, true]),
    );
    const pieces = starts.map((at, i) => packStretch(one.log.slice(at, starts[i + 1])));
    expect(cut?.map((piece) => toHex(piece.index))).toEqual(pieces.map((piece) => toHex(piece.index)));
    const joined = joinStretches(cut ?? []);
    expect(joined && [toHex(joined.index), toHex(joined.body)]).toEqual([
      toHex(whole.index),
      toHex(whole.body),
    ]);
    for (const bytesMax of [1, 100, 500, 1e6]) {
      const sizes =
        cutStretch(whole, piecesOf(whole, bytesMax))?.map(({ body, count }) => ({ body, count })) ?? [];
      expect(sizes.filter(({ body, count }) => body.length > bytesMax && count > 1)).toEqual([]);
      expect(Buffer.compare(Buffer.concat(sizes.map(({ body }) => body)), whole.body)).toBe(0);
    }
  }
});

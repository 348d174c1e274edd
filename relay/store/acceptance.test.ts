/** What any Store must do. A new implementation adds itself to `stores`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { snapshotPieceBytes, segmentBytesMax } from "../protocol/limits.ts";
import { isDocumentId } from "../protocol/ids.ts";
import { toHex } from "../sync/bytes.ts";
import type { Batch } from "../sync/ports.ts";
import { readBody } from "../sync/segment.ts";
import { makeDocumentId } from "./documentId.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { LocalStore } from "./local.ts";
import type { Store } from "./store.ts";
import { entriesOf } from "./stretches.ts";
import { ThreadedStore } from "./threaded.ts";
import { verifyFile } from "./verify.ts";

const stores: [string, (file: string) => Promise<Store>][] = [
  ["direct", async (file) => new LocalStore(file)],
  ["in a thread", (file) => ThreadedStore.open(file)],
];

const random = randomFrom(20_260_101);
const author = (): Author => new Author(makeDocumentId(), random);

describe.each(stores)("%s", (_name, open) => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;
  let store: Store;
  beforeEach(async () => {
    folder = temporaryFolder();
    file = join(folder.path, "data", "relay.sqlite");
    store = await open(file);
  });
  afterEach(async () => {
    await store.stop();
    folder[Symbol.dispose]();
  });
  const reopen = async (): Promise<void> => {
    await store.stop();
    store = await open(file);
  };
  const commit = async (...batches: Batch[]): Promise<(number | undefined)[]> => {
    const committed = await store.commit(batches);
    if (!committed.ok) throw new Error(committed.reason);
    return [...committed.sequences];
  };

  /** What the store says of a document must be what was committed, told in hashes. */
  const check = async (wanted: Author, from = 0): Promise<void> => {
    const listed = await store.list(wanted.documentId, from);
    if (!listed.ok) throw new Error(listed.reason);
    expect(listed.next).toBe(wanted.log.length);
    let next = from;
    for (const { first, count, index } of listed.stretches) {
      expect(first).toBe(next);
      const entries = entriesOf(index, count);
      const told = entries?.map(({ hash, deps, actor, seq, size }) => ({
        hash: toHex(hash),
        deps: deps.map((dep) =>
          toHex(typeof dep === "number" ? (entries[dep]?.hash ?? new Uint8Array()) : dep),
        ),
        actor,
        seq,
        size,
      }));
      const written = wanted.log.slice(first, first + count);
      expect(told).toEqual(
        written.map(({ hash, deps, actor, seq, bytes }) => ({ hash, deps, actor, seq, size: bytes.length })),
      );
      next += count;
    }
    expect(next).toBe(wanted.log.length);
  };
  const checkRead = async (wanted: Author, ...ranges: { from: number; to: number }[]): Promise<void> => {
    const read = await store.read(wanted.documentId, ranges);
    if (!read.ok) throw new Error(read.reason);
    const chunks: string[] = [];
    expect(readBody(read.body, read.count, (chunk) => chunks.push(toHex(chunk)))).toBe(true);
    const written = ranges.flatMap(({ from, to }) => wanted.log.slice(from, to));
    expect(chunks).toEqual(written.map((change) => toHex(change.bytes)));
  };

  test("what was committed is listed in order and read back, also after it was opened again", async () => {
    const [one, two] = [author(), author()];
    const { identity } = store;
    expect(isDocumentId(identity.workspace)).toBe(true);
    expect(await commit(one.batch(20), two.batch(3))).toEqual([1, 2]);
    expect(await commit(one.batch(1))).toEqual([3]);
    for (const again of [false, true]) {
      if (again) await reopen();
      expect(store.identity).toEqual(identity);
      await check(one);
      await check(two);
      await check(one, 13);
      await check(one, 20);
      await check(one, 21);
      await checkRead(one, { from: 0, to: 21 });
      await checkRead(one, { from: 4, to: 6 }, { from: 19, to: 21 }, { from: 5, to: 6 });
      await checkRead(two, { from: 2, to: 3 });
    }
    const { documents, changes, faults, notes } = await store.verify();
    expect({ documents, changes, faults, notes }).toEqual({
      documents: 2,
      changes: 24,
      faults: [],
      notes: [],
    });
  });

  test("an unknown document is empty; ordinals that are not there cannot be read", async () => {
    const one = author();
    expect(await store.list(one.documentId, 0)).toEqual({ ok: true, stretches: [], next: 0 });
    expect((await store.read(one.documentId, [{ from: 0, to: 1 }])).ok).toBe(false);
    await commit(one.batch(2));
    expect((await store.read(one.documentId, [{ from: 1, to: 3 }])).ok).toBe(false);
    await checkRead(one, { from: 0, to: 2 });
  });

  test("a batch whose log ends elsewhere is not taken, the others of its commit are", async () => {
    const [one, two] = [author(), author()];
    const taken = one.batch(3);
    await commit(taken);
    expect(await commit(taken, two.batch(1), { ...one.batch(1), first: 2 })).toEqual([
      undefined,
      2,
      undefined,
    ]);
    one.log.pop();
    await check(one);
    await check(two);
  });

  test("two batches of one document in one commit follow each other", async () => {
    const one = author();
    expect(await commit(one.batch(2), one.batch(3))).toEqual([1, 2]);
    await check(one);
  });

  test("a batch that is not what it says is refused, and nothing of its commit is kept", async () => {
    const [one, two] = [author(), author()];
    const good = one.batch(2);
    const bad = two.batch(2);
    for (const batch of [
      { ...bad, count: 3 },
      { ...bad, count: 0 },
      { ...bad, body: bad.body.subarray(1) },
      { ...bad, index: bad.index.subarray(0, 40) },
      { ...bad, heads: bad.heads.subarray(1) },
    ]) {
      expect((await store.commit([good, batch])).ok).toBe(false);
      expect(await store.list(one.documentId, 0)).toEqual({ ok: true, stretches: [], next: 0 });
    }
    expect(await commit(good)).toHaveLength(1);
  });

  test("the feed has each document once, where it was last committed to, page by page", async () => {
    const authors = Array.from({ length: 5 }, author);
    expect(await store.feed(0, 10)).toEqual({ ok: true, entries: [], isLast: true });
    for (const each of authors) await commit(each.batch(1));
    const [, second] = authors;
    if (second) await commit(second.batch(2));
    await reopen();
    const ids = [0, 2, 3, 4, 1].map((i) => authors[i]?.documentId);
    const seen: string[] = [];
    let after = 0;
    for (let isLast = false; !isLast;) {
      const page = await store.feed(after, 2);
      if (!page.ok) throw new Error(page.reason);
      ({ isLast } = page);
      for (const { sequence, documentId, heads } of page.entries) {
        expect(sequence).toBeGreaterThan(after);
        after = sequence;
        seen.push(documentId);
        const wanted = authors.find((each) => each.documentId === documentId);
        expect(toHex(heads)).toBe(toHex(wanted?.heads ?? new Uint8Array()));
      }
    }
    expect(seen).toEqual(ids);
    expect(await store.feed(after, 2)).toEqual({ ok: true, entries: [], isLast: true });
    expect(await commit((authors[0] ?? author()).batch(1))).toEqual([after + 1]);
  });

  test("a large commit is cut, one larger change is not", async () => {
    const one = author();
    await commit(one.batch(30, 100_000), one.batch(1, 3 * segmentBytesMax));
    const listed = await store.list(one.documentId, 0);
    expect(listed.ok && listed.stretches.length).toBe(4);
    await check(one);
    await checkRead(one, { from: 0, to: 31 });
    await checkRead(one, { from: 9, to: 11 });
  });

  test("many small commits become few stretches in a while, and stay the same changes", async () => {
    const one = author();
    for (let i = 0; i < 300; i++) await commit(one.batch(1 + (i % 3)));
    for (let tries = 0; tries < 200; tries++) {
      const listed = await store.list(one.documentId, 0);
      if (listed.ok && listed.stretches.length < 70) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const listed = await store.list(one.documentId, 0);
    expect(listed.ok && listed.stretches.length).toBeLessThan(70);
    await check(one);
    await check(one, 123);
    await checkRead(one, { from: 0, to: one.log.length });
    await checkRead(one, { from: 17, to: 18 }, { from: 31, to: 40 });
    await reopen();
    await check(one);
    expect((await store.verify()).faults).toEqual([]);
  });

  test("a snapshot is kept until the next, also of a document that others write to", async () => {
    const [one, two] = [author(), author()];
    await commit(one.batch(3), two.batch(1));
    expect(await store.snapshot(one.documentId)).toBeUndefined();
    for (const size of [10, 3 * snapshotPieceBytes + 5, 0]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) % 251);
      const kept = store.keepSnapshot(one.documentId, { upTo: 3, heads: one.heads, bytes });
      await commit(two.batch(1));
      await kept;
      await reopen();
      const snapshot = await store.snapshot(one.documentId);
      expect(snapshot?.upTo).toBe(3);
      expect(toHex(snapshot?.heads ?? bytes)).toBe(toHex(one.heads));
      expect(Buffer.compare(snapshot?.bytes ?? Buffer.from("none"), bytes)).toBe(0);
    }
    expect(await store.snapshot(two.documentId)).toBeUndefined();
    expect((await store.verify()).faults).toEqual([]);
  });

  test("a backup taken while others write is whole, needs nothing beside it, and overwrites nothing", async () => {
    const one = author();
    await commit(one.batch(5));
    const copy = join(folder.path, "copy.sqlite");
    const backup = store.backup(copy);
    for (let i = 0; i < 20; i++) await commit(one.batch(1));
    expect(await backup).toEqual({ ok: true });
    expect(existsSync(`${copy}-wal`)).toBe(false);
    const verified = verifyFile(copy);
    expect(verified.faults).toEqual([]);
    expect(verified.changes).toBeGreaterThanOrEqual(5);
    expect(await store.backup(copy)).toEqual({ ok: false, reason: expect.stringContaining("already") });
    expect((await store.backup(join(folder.path, "no", "where.sqlite"))).ok).toBe(false);
    expect(store.isReady()).toBe(true);
  });

  test("statistics say what there is", async () => {
    const [one, two] = [author(), author()];
    await commit(one.batch(5), two.batch(50));
    const stats = await store.stats();
    expect(stats).toMatchObject({ documents: 2, changes: 55, segments: 2, damaged: 0 });
    expect(stats?.largest.map((each) => each.documentId)).toEqual([two.documentId, one.documentId]);
    expect(stats?.largest.reduce((sum, each) => sum + each.bytes, 0)).toBe(stats?.bytes);
  });

  test("everything after it was closed is a value, not a throw", async () => {
    const one = author();
    await commit(one.batch(1));
    await store.stop();
    await store.stop();
    expect(store.isReady()).toBe(false);
    const closed = { ok: false, reason: "the store is closed" };
    expect(await store.commit([one.batch(1)])).toEqual(closed);
    expect(await store.list(one.documentId, 0)).toEqual(closed);
    expect(await store.read(one.documentId, [{ from: 0, to: 1 }])).toEqual(closed);
    expect(await store.feed(0, 1)).toEqual(closed);
    expect(await store.snapshot(one.documentId)).toBeUndefined();
    await store.keepSnapshot(one.documentId, { upTo: 1, heads: one.heads, bytes: new Uint8Array(9) });
    expect((await store.verify()).faults).toEqual(["the store is closed"]);
    expect(await store.stats()).toBeUndefined();
    expect((await store.backup(join(folder.path, "late.sqlite"))).ok).toBe(false);
  });

  test("a file that another has open is refused in words", async () => {
    await commit(author().batch(1));
    await expect(open(file)).rejects.toThrow(/in use by another relay/);
  });
});

/** Backups and restoring: what is refused, what is kept, and that a restored feed is another feed. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { restore } from "./backup.ts";
import { makeDocumentId } from "./documentId.ts";
import { Author, randomFrom, temporaryFolder } from "./harness.ts";
import { ThreadedStore } from "./threaded.ts";
import { verifyFile } from "./verify.ts";

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let copy: string;
let one: Author;
let store: ThreadedStore;
beforeEach(async () => {
  folder = temporaryFolder();
  [file, copy] = [join(folder.path, "relay.sqlite"), join(folder.path, "copy.sqlite")];
  one = new Author(makeDocumentId(), randomFrom(6));
  store = await ThreadedStore.open(file);
  await store.commit([one.batch(30)]);
});
afterEach(async () => {
  await store.stop();
  folder[Symbol.dispose]();
});

async function flipIn(path: string): Promise<void> {
  const bytes = readFileSync(path);
  const chunk = one.log[3]?.bytes ?? new Uint8Array();
  for (let at = bytes.indexOf(chunk); at >= 0; at = bytes.indexOf(chunk, at + 1))
    bytes[at + 50] = ~(bytes[at + 50] ?? 0);
  writeFileSync(path, bytes);
}

test("what was backed up is restored: same relay, same changes, another feed", async () => {
  expect(await store.backup(copy)).toEqual({ ok: true });
  const { identity } = store;
  await store.commit([one.batch(5)]);
  const to = join(folder.path, "restored", "relay.sqlite");
  expect(await restore(copy, to)).toMatchObject({ ok: false });
  expect(await restore(copy, join(folder.path, "restored.sqlite"))).toEqual({ ok: true });
  const restored = await ThreadedStore.open(join(folder.path, "restored.sqlite"));
  expect({ ...restored.identity, epoch: "" }).toEqual({ ...identity, epoch: "" });
  expect(restored.identity.epoch).not.toBe(identity.epoch);
  expect(await restored.list(one.documentId, 0)).toMatchObject({ ok: true, next: 30 });
  expect(await restored.commit([{ ...one.batch(1), first: 30 }])).toEqual({ ok: true, sequences: [2] });
  await restored.stop();
});

test("a store is not written over unless told to, and then it is kept; never under a running relay", async () => {
  expect(await store.backup(copy)).toEqual({ ok: true });
  await store.commit([one.batch(5)]);
  expect(await restore(copy, file, { replace: true })).toMatchObject({
    ok: false,
    reason: expect.stringContaining("in use"),
  });
  await store.stop();
  expect(await restore(copy, file)).toMatchObject({ ok: false, reason: expect.stringContaining("already") });
  expect(await restore(copy, file, { replace: true })).toEqual({ ok: true });
  expect(verifyFile(file)).toMatchObject({ faults: [], changes: 30 });
  expect(verifyFile(`${file}.replaced-1`)).toMatchObject({ faults: [], changes: 35 });
  expect(await restore(copy, file, { replace: true })).toEqual({ ok: true });
  expect(verifyFile(`${file}.replaced-2`)).toMatchObject({ faults: [], changes: 30 });
  const again = await ThreadedStore.open(file);
  expect(await again.commit([{ ...one.batch(1), first: 30 }])).toMatchObject({ ok: true });
  await again.stop();
});

test("a damaged backup is not restored, and what is there stays", async () => {
  expect(await store.backup(copy)).toEqual({ ok: true });
  await store.stop();
  await flipIn(copy);
  expect(await restore(copy, file, { replace: true })).toMatchObject({
    ok: false,
    reason: expect.stringContaining("not whole"),
  });
  expect(verifyFile(file)).toMatchObject({ faults: [], changes: 30 });
  expect(await restore(join(folder.path, "none"), file, { replace: true })).toMatchObject({ ok: false });
  writeFileSync(copy, "not a database at all, whatever its name is");
  expect(await restore(copy, file, { replace: true })).toMatchObject({ ok: false });
  expect(readdirSync(folder.path).filter((name) => name.includes("part"))).toEqual([]);
});

test("a damaged store has no backup that looks whole", async () => {
  await store.stop();
  await flipIn(file);
  store = await ThreadedStore.open(file);
  const backup = await store.backup(copy);
  expect(backup).toMatchObject({ ok: false, reason: expect.stringContaining("not whole") });
  expect(existsSync(copy)).toBe(false);
  expect(readdirSync(folder.path).filter((name) => name.includes("part"))).toEqual([]);
});

test("a store is restored from a copy of a killed process' files as well", async () => {
  await store.commit([one.batch(5)]);
  const killed = join(folder.path, "killed.sqlite");
  for (const end of ["", "-wal"]) copyFileSync(file + end, killed + end);
  const to = join(folder.path, "new.sqlite");
  expect(await restore(killed, to)).toEqual({ ok: true });
  expect(verifyFile(to)).toMatchObject({ faults: [], changes: 35 });
});

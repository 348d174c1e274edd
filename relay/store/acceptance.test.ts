/** What any Store must do. A new implementation adds itself to `stores`. */
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync, closeSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as A from "@automerge/automerge";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isDocumentId } from "../protocol/ids.ts";
import { parseChange, type Change, type Hashing } from "../sync/chunk.ts";
import { makeDocumentId } from "./documentId.ts";
import { SqliteStore } from "./sqlite.ts";
import type { Store } from "./store.ts";

const hashing: Hashing = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  inflate: () => undefined,
};
const stores: [string, (folder: string) => Store][] = [
  ["sqlite", (folder) => new SqliteStore(join(folder, "relay.sqlite"), hashing)],
];

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "deckle-store-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function history(length: number): Change[] {
  let doc = A.from<{ n: number }>({ n: 0 });
  for (let i = 1; i < length; i++) doc = A.change(doc, (draft) => void (draft.n = i));
  return A.getAllChanges(doc).map((bytes) => {
    const parsed = parseChange(bytes, hashing);
    if (!parsed.ok) throw new Error(parsed.fault);
    return parsed.change;
  });
}
const [one, two] = [makeDocumentId(), makeDocumentId()];

describe.each(stores)("%s", (_name, open) => {
  test("what was committed is listed in order and read back, also after it was opened again", async () => {
    const changes = history(20);
    let store = open(folder);
    const { identity } = store;
    const result = await store.commit([
      { documentId: one, changes },
      { documentId: two, changes: changes.slice(0, 3) },
    ]);
    expect(result.ok && result.rows.map((each) => each.length)).toEqual([20, 3]);
    await store.stop();
    store = open(folder);
    expect(store.identity).toEqual(identity);
    expect(isDocumentId(identity.workspace)).toBe(true);
    const listed = await store.list(one, 0);
    if (!listed.ok) throw new Error(listed.reason);
    expect(listed.changes.map(({ hash, deps, actor, seq }) => ({ hash, deps, actor, seq }))).toEqual(
      changes.map(({ hash, deps, actor, seq }) => ({ hash, deps, actor, seq })),
    );
    const rows = listed.changes.map((each) => each.row);
    const read = await store.read(one, rows);
    expect(read.ok && read.chunks.map((each) => Buffer.from(each).toString("hex"))).toEqual(
      changes.map((each) => Buffer.from(each.bytes).toString("hex")),
    );
    const later = await store.list(one, rows[9] ?? 0);
    expect(later.ok && later.changes).toHaveLength(10);
    expect(await store.verify()).toEqual({ documents: 2, changes: 23, faults: [] });
    await store.stop();
  });

  test("a change is kept once; an unknown document is empty", async () => {
    const store = open(folder);
    const changes = history(2);
    const first = await store.commit([{ documentId: one, changes }]);
    const again = await store.commit([{ documentId: one, changes }]);
    expect(again).toEqual(first);
    expect(await store.list(two, 0)).toEqual({ ok: true, changes: [] });
    await store.stop();
  });

  test("a backup taken while open is whole", async () => {
    const store = open(folder);
    await store.commit([{ documentId: one, changes: history(5) }]);
    const { identity } = store;
    await store.backup(join(folder, "copy.sqlite"));
    await store.stop();
    const copy = new SqliteStore(join(folder, "copy.sqlite"), hashing);
    expect(copy.identity).toEqual(identity);
    expect((await copy.verify()).changes).toBe(5);
    await copy.stop();
  });

  test("a commit after it was closed is a value, not a throw", async () => {
    const store = open(folder);
    await store.stop();
    expect((await store.commit([{ documentId: one, changes: history(1) }])).ok).toBe(false);
    expect((await store.list(one, 0)).ok).toBe(false);
  });
});

test("sqlite: a flipped byte in a chunk is found, set aside, and heals when the change comes again", async () => {
  const file = join(folder, "relay.sqlite");
  const changes = history(6);
  let store = new SqliteStore(file, hashing);
  await store.commit([{ documentId: one, changes }]);
  await store.stop();
  const bytes = readFileSync(file);
  const victim = Buffer.from(changes[3]?.bytes ?? []);
  const at = bytes.indexOf(victim);
  expect(at).toBeGreaterThan(0);
  const handle = openSync(file, "r+");
  writeSync(handle, Uint8Array.of((victim[victim.length - 1] ?? 0) ^ 0xff), 0, 1, at + victim.length - 1);
  closeSync(handle);
  store = new SqliteStore(file, hashing);
  expect((await store.verify()).faults.join()).toContain("chunk checksum");
  const listed = await store.list(one, 0);
  if (!listed.ok) throw new Error(listed.reason);
  const rows = listed.changes.map((each) => each.row);
  expect((await store.read(one, rows)).ok).toBe(false);
  const rest = await store.list(one, 0);
  expect(rest.ok && rest.changes).toHaveLength(5);
  expect((await store.commit([{ documentId: one, changes: changes.slice(3, 4) }])).ok).toBe(true);
  const healed = await store.list(one, 0);
  expect(
    healed.ok &&
      (
        await store.read(
          one,
          healed.changes.map((each) => each.row),
        )
      ).ok,
  ).toBe(true);
  await store.stop();
});

test("sqlite: a file of a newer schema is refused with words", () => {
  const file = join(folder, "relay.sqlite");
  const db = new Database(file);
  db.pragma("user_version = 99");
  db.close();
  expect(() => new SqliteStore(file, hashing)).toThrow(/newer relay/);
});

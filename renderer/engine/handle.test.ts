import * as A from "@automerge/automerge/slim";
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocHandle, StorageAdapterInterface } from "@automerge/automerge-repo/slim";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { bodySpans, emptyDocument, firstBlock, lighten, runOperations } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import type { Handle } from "../document/change.ts";
import type { Clock } from "./clock.ts";
import { changeOf, writeAt } from "./handle.ts";

beforeAll(useAutomerge);

const clock: Clock = { now: () => 1_782_000_000_000, after: () => ({ cancel: () => {} }) };

function open(storage?: StorageAdapterInterface): DocHandle<DeckleDocument> {
  const handle = new Repo({ ...(storage && { storage }), saveDebounceRate: 1 }).create<DeckleDocument>(
    emptyDocument("t"),
  );
  handle.change((draft) =>
    runOperations(draft, [firstBlock, { type: "splice", at: 1, deleteCount: 0, text: "text" }]),
  );
  lighten(handle.doc());
  return handle;
}

const bodyOf = (handle: Handle): string => (handle.getWithType("_root", "body") as ["text", string])[1];
const type = (handle: Handle): void => handle.splice(bodyOf(handle), 1, 0, "x");

test("each change is said once to who saves and once to who syncs, with its patches where they were wanted", () => {
  const handle = open();
  const said: unknown[] = [];
  handle.on("heads-changed", ({ doc }) => said.push(A.getHeads(doc)));
  handle.on("change", ({ patches, doc }) => said.push([A.getHeads(doc), patches]));
  const change = changeOf(handle, clock);
  const patches = [{ action: "splice", path: ["body", 1], value: "x" }];
  expect(change(type, true)).toEqual(patches);
  const first = A.getHeads(handle.doc());
  expect(said.splice(0)).toEqual([first, [first, patches]]);
  expect(change(type, false)).toEqual([]);
  const second = A.getHeads(handle.doc());
  expect(said.splice(0)).toEqual([second, [second, []]]);
  // Wanted, and there are none: what was typed is gone again.
  change((backend) => {
    type(backend);
    backend.splice(bodyOf(backend), 1, 1, "");
  }, true);
  expect(said.splice(0).length).toBe(2);
  expect(change(() => {}, true)).toEqual([]);
  expect(() =>
    change(() => {
      throw new Error("no");
    }, true),
  ).toThrow("no");
  expect(said).toEqual([]);
  handle.change((draft) => A.splice(draft, ["title"], 0, 0, "T"));
  expect(said.length).toBe(2);
  expect(A.inspectChange(handle.doc(), second[0] as string)?.time).toBe(1_782_000_000);
});

test("what was written is in the storage", async () => {
  const chunks = new Map<string, Uint8Array>();
  const name = (key: readonly string[]): string => key.join("/");
  const storage: StorageAdapterInterface = {
    load: (key) => Promise.resolve(chunks.get(name(key))),
    save: (key, data) => Promise.resolve(void chunks.set(name(key), data)),
    remove: (key) => Promise.resolve(void chunks.delete(name(key))),
    loadRange: (prefix) =>
      Promise.resolve(
        [...chunks]
          .filter(([key]) => key.startsWith(name(prefix)))
          .map(([key, data]) => ({ key: key.split("/"), data })),
      ),
    removeRange: (prefix) => {
      for (const key of chunks.keys()) if (key.startsWith(name(prefix))) chunks.delete(key);
      return Promise.resolve();
    },
  };
  const handle = open(storage);
  const change = changeOf(handle, clock);
  for (let i = 0; i < 10; i++) change(type, i % 2 === 0);
  await expect.poll(() => chunks.size).toBeGreaterThan(1);
  const again = new Repo({ storage });
  await expect
    .poll(async () => {
      const stored = await new Repo({ storage }).find<DeckleDocument>(handle.url);
      return A.getHeads(stored.doc());
    })
    .toEqual(A.getHeads(handle.doc()));
  expect(bodySpans((await again.find<DeckleDocument>(handle.url)).doc())).toEqual(bodySpans(handle.doc()));
});

test("a document that is not there is not written to", () => {
  const handle = open();
  handle.unload();
  expect(() => changeOf(handle, clock)(type, true)).toThrow(/unloaded/);
});

test("beside what came in: written at the old heads, or not at all and the document stands where it did", () => {
  const handle = open();
  const change = changeOf(handle, clock);
  const heads = A.getHeads(handle.doc());
  change(type, false); // what came in
  const both = A.getHeads(handle.doc());
  const past = { type: "splice", at: 10_000, deleteCount: 0, text: "z" } as const;
  const fits = { type: "splice", at: 5, deleteCount: 0, text: "z" } as const;
  expect(() => writeAt(handle, heads, [fits, past])).toThrow(/bounds/);
  expect(A.getHeads(handle.doc())).toEqual(both);
  writeAt(handle, heads, [fits]);
  expect(bodySpans(handle.doc())).toMatchObject([{ type: "block" }, { value: "xtextz" }]);
  change(type, true);
  expect(bodySpans(handle.doc())).toMatchObject([{ type: "block" }, { value: "xxtextz" }]);
});

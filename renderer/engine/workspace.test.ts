import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { listGenesisHash } from "../../relay/protocol/list-genesis.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { entriesOf, genesis, makeGenesis, needsEntry, putEntry } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

beforeAll(useAutomerge);

const open = (): A.Doc<Workspace> => A.loadIncremental(A.init<Workspace>(), genesis());

test("the written-out genesis is what its recipe makes", () => {
  const written = A.load<Workspace>(genesis());
  const made = A.load<Workspace>(makeGenesis());
  expect(A.getHeads(written)).toEqual(A.getHeads(made));
  expect(entriesOf(written)).toEqual([]);
  // A relay knows it by this: it is nobody's change, and everybody may bring it.
  expect(A.getHeads(written)).toEqual([listGenesisHash]);
});

test("two devices that begin apart keep both their entries", () => {
  const one = A.change(open(), (draft) => putEntry(draft, { document: "a", title: "A", createdAt: 1 }));
  const two = A.change(open(), (draft) => putEntry(draft, { document: "b", title: "B", createdAt: 2 }));
  const merged = A.merge(one, two);
  expect(entriesOf(merged).map(({ document }) => document)).toEqual(["b", "a"]);
});

test("a title is brought up to date, and only when it changed", () => {
  const entry = { document: "a", title: "A", createdAt: 1 };
  let doc = A.change(open(), (draft) => putEntry(draft, entry));
  expect(needsEntry(doc, entry)).toBe(false);
  doc = A.change(doc, (draft) => putEntry(draft, { ...entry, title: "B", createdAt: 9 }));
  expect(entriesOf(doc)).toEqual([{ document: "a", title: "B", createdAt: 1 }]);
});

test("a blank document stops being one when it is written in", () => {
  const entry = { document: "a", title: "", createdAt: 1 };
  let doc = A.change(open(), (draft) => putEntry(draft, entry, true));
  expect(doc.entries["a"]?.blank).toBe(true);
  expect(needsEntry(doc, entry)).toBe(true);
  doc = A.change(doc, (draft) => putEntry(draft, entry));
  expect(doc.entries["a"]?.blank).toBeUndefined();
  expect(needsEntry(doc, entry)).toBe(false);
});

test("entries that are not documents are passed over", () => {
  const doc = A.change(open(), (draft) => {
    (draft.entries as Record<string, unknown>)["f"] = { kind: "folder", title: "F" };
    (draft.entries as Record<string, unknown>)["x"] = 3;
  });
  expect(entriesOf(doc)).toEqual([]);
});

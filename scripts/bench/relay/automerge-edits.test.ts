import * as A from "@automerge/automerge";
import { expect, test } from "vitest";
import {
  buildChange,
  deleteColumns,
  insertColumns,
  makeTextColumns,
  putBytesColumns,
} from "./automerge-edits.ts";
import { makeSeed } from "./automerge-seed.ts";

const load = (chunks: readonly Uint8Array[]): A.Doc<{ text: string; [key: string]: unknown }> =>
  A.applyChanges(A.init<{ text: string }>(), [...chunks])[0];

test("changes made by hand are those that Automerge would write", () => {
  const actor = Buffer.alloc(16, 0xaa);
  const other = Buffer.alloc(16, 0xbb);
  const object = { actor: 0, counter: 1 };
  const first = buildChange({
    deps: new Uint8Array(0),
    actor,
    seq: 1,
    startOp: 1,
    other: undefined,
    columns: makeTextColumns(),
  });
  const typed = buildChange({
    deps: first.hash,
    actor,
    seq: 2,
    startOp: 2,
    other: undefined,
    columns: insertColumns(object, undefined, 2, "hello"),
  });
  const more = buildChange({
    deps: typed.hash,
    actor: other,
    seq: 1,
    startOp: 7,
    other: actor,
    columns: insertColumns({ actor: 1, counter: 1 }, undefined, 7, "x"),
  });
  const last = buildChange({
    deps: more.hash,
    actor: other,
    seq: 2,
    startOp: 8,
    other: actor,
    columns: insertColumns({ actor: 1, counter: 1 }, { actor: 0, counter: 7 }, 8, "yz!"),
  });
  const gone = buildChange({
    deps: last.hash,
    actor,
    seq: 3,
    startOp: 11,
    other: undefined,
    columns: deleteColumns(object, { actor: 0, counter: 3 }),
  });
  const bytes = buildChange({
    deps: gone.hash,
    actor,
    seq: 4,
    startOp: 12,
    other: undefined,
    columns: putBytesColumns("k", Uint8Array.of(1, 2, 3)),
  });
  const all = [first, typed, more, last, gone, bytes];
  const document = load(all.map((each) => each.bytes));
  expect(document.text).toBe("xyz!hllo");
  expect(document["k"]).toEqual(Uint8Array.of(1, 2, 3));
  expect(A.getHeads(document)).toEqual([bytes.hash.toString("hex")]);
  // Out of a saved document each change is written anew; only the same bytes have the same hash.
  const again = A.getAllChanges(A.load(A.save(document)));
  expect(again.map((each) => Buffer.from(each).toString("hex"))).toEqual(
    all.map((each) => each.bytes.toString("hex")),
  );
});

test("a seed is a document", async () => {
  const seed = await makeSeed({ kind: "text", chars: 1000, charsPerChange: 30 });
  const document = load(seed.pieces.flatMap(({ changes }) => changes));
  expect(document.text.length).toBe(1000);
  expect(A.getHeads(document)).toEqual([seed.heads.toString("hex")]);
});

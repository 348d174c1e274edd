import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { bodySpans, emptyDocument, runOperations } from "./body.ts";
import type { DeckleDocument } from "./body.ts";
import { guardedInsertionsMin } from "./limits.ts";
import type { Operation } from "./operations.ts";

beforeAll(useAutomerge);

type Doc = A.Doc<DeckleDocument>;
const empty = (): Doc => A.from<DeckleDocument>(emptyDocument("body"), { actor: "aa".repeat(16) });
const written = (doc: Doc, operations: readonly Operation[]): Doc =>
  A.change(doc, (draft) => runOperations(draft, operations));

/** Paragraphs of a letter and a marked one, in the order of the text; the marks after all of it, as steps come to it. */
function paragraphs(count: number, from: number): Operation[] {
  const places = Array.from({ length: count }, (_, i) => from + 3 * i);
  return [
    ...places.flatMap((at): Operation[] => [
      { type: "insertBlock", at, block: { type: "paragraph", parents: [], attrs: {} } },
      { type: "splice", at: at + 1, deleteCount: 0, text: "xy" },
    ]),
    ...places.map((at): Operation => ({
      type: "mark",
      from: at + 2,
      to: at + 3,
      name: "strong",
      value: true,
    })),
  ];
}

test.each([1, guardedInsertionsMin / 2 - 1, guardedInsertionsMin / 2, guardedInsertionsMin])(
  "%i paragraphs written at once are those that are written one by one",
  (count) => {
    const start = written(empty(), paragraphs(3, 0));
    const operations = paragraphs(count, 3);
    const oneByOne = operations.reduce((doc, operation) => written(doc, [operation]), A.clone(start));
    const after: Operation = { type: "splice", at: 1, deleteCount: 1, text: "changed" };
    const [all, each] = [written(start, [...operations, after]), written(oneByOne, [after])];
    expect(bodySpans(all)).toEqual(bodySpans(each));
    expect(all.body).toBe(each.body);
  },
);

test("where much that was marked was deleted, as much is written as quickly as where nothing was", () => {
  const count = 400;
  const spent = (doc: Doc): number => {
    const startedAt = performance.now();
    expect(written(doc, paragraphs(count, 0)).body).toHaveLength(3 * count);
    return performance.now() - startedAt;
  };
  const full = written(empty(), paragraphs(count * 4, 0));
  const emptied = written(full, [{ type: "splice", at: 0, deleteCount: 3 * 4 * count, text: "" }]);
  spent(empty());
  // It was fifty times as long, and more with more of it.
  expect(spent(emptied) / spent(empty())).toBeLessThan(5);
});

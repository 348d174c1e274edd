import type { Node } from "prosemirror-model";
import { EditorState } from "prosemirror-state";
import { CellSelection } from "prosemirror-tables";
import { Transform } from "prosemirror-transform";
import { expect, test } from "vitest";
import { schema } from "../document/schema.ts";
import { collabPlugin } from "./collab.ts";
import { splitDeletionWorkMax } from "./limits.ts";
import { receive, redo, undoFrom } from "./rebase.ts";

const { doc, table, table_row, table_cell, paragraph } = schema.nodes;

test("selected rows do not break when their table is no rectangle for a moment", () => {
  const cell = (column: string) => table_cell.create({ id: column }, paragraph.create());
  const row = (id: string, ...columns: string[]) => table_row.create({ id }, columns.map(cell));
  const start = doc.create(null, [table.create({ id: "t" }, [row("1", "a", "b"), row("2", "a", "b")])]);
  let state = EditorState.create({ doc: start, plugins: [collabPlugin("own")] });
  // The second row, selected from its last cell to its first.
  state = state.apply(state.tr.setSelection(CellSelection.create(state.doc, 16, 12)));
  // Others' step gives the first row a third cell, and the second row has none there yet.
  const { steps } = new Transform(start).insert(10, cell("c"));
  state = state.apply(receive(state, steps, ["other"], "own"));
  expect(state.doc.firstChild?.firstChild?.childCount).toBe(3);
});

test.each([3, 4, 5])(
  "a split at %i, in somebody's words that were taken back and came again, overwrites none of them",
  (at) => {
    const start = schema.node("doc", null, [schema.node("paragraph", null, schema.text("ab"))]);
    const before = new Transform(start);
    before.insert(2, schema.text("UVXYZ"));
    before.split(at);
    for (const [i, letter] of [..."pqr"].entries()) before.insert(at + 2 + i, schema.text(letter));
    const entries = before.steps.map((step, i) => ({ step, inverted: step.invert(before.docs[i] as Node) }));
    const tr = new Transform(before.doc);
    undoFrom(tr, entries, 0);
    tr.insert(2, schema.text("UVXYZ"));
    for (const index of entries.keys()) if (index > 0) redo(tr, entries, index);
    const text = tr.doc.textBetween(0, tr.doc.content.size, "|");
    expect(
      [...text]
        .filter((char) => char !== "|" && char !== " ")
        .toSorted()
        .join(""),
    ).toBe("UVXYZabpqr");
  },
);

test.each([
  ["closed", schema.text("own")],
  ["none", null],
])(
  "a deletion whose end somebody has replaced leaves what is new there; what is typed over it: %s",
  (_name, typed) => {
    const start = schema.node("doc", null, [schema.node("paragraph", null, schema.text("abcdefg"))]);
    const before = new Transform(start);
    if (typed) before.replaceWith(3, 7, typed);
    else before.delete(3, 7);
    const entries = before.steps.map((step, i) => ({ step, inverted: step.invert(before.docs[i] as Node) }));
    const tr = new Transform(before.doc);
    undoFrom(tr, entries, 0);
    tr.replaceWith(4, 7, schema.text("others"));
    redo(tr, entries, 0);
    expect(tr.doc.textContent).toBe(`abothers${typed?.text ?? ""}g`);
  },
);

test("a deletion that is too long to be told from what others wrote into it takes away nothing of theirs", () => {
  const long = "x".repeat(splitDeletionWorkMax / 2);
  const start = schema.node("doc", null, [schema.node("paragraph", null, schema.text(long))]);
  const before = new Transform(start).delete(1, 1 + long.length);
  const entries = before.steps.map((step, i) => ({ step, inverted: step.invert(before.docs[i] as Node) }));
  const tr = new Transform(before.doc);
  undoFrom(tr, entries, 0);
  for (const at of [5, 9]) tr.insert(at, schema.text("Y"));
  redo(tr, entries, 0);
  expect(tr.doc.textContent.replaceAll("x", "")).toBe("YY");
});

/** Own steps on "abcdef" in a paragraph, done again over somebody else's. */
function over(own: (tr: Transform) => void, others: (tr: Transform) => void, text = "abcdef"): string {
  const start = schema.node("doc", null, [schema.node("paragraph", null, schema.text(text))]);
  const before = new Transform(start);
  own(before);
  const entries = before.steps.map((step, i) => ({ step, inverted: step.invert(before.docs[i] as Node) }));
  const tr = new Transform(before.doc);
  undoFrom(tr, entries, 0);
  others(tr);
  for (const index of entries.keys()) redo(tr, entries, index);
  return tr.doc.textBetween(0, tr.doc.content.size, "|");
}

test.each<[string, (tr: Transform) => void, (tr: Transform) => void, string]>([
  [
    "typed over a stretch and deleted again, where somebody wrote",
    (tr) => void tr.replaceWith(2, 6, schema.text("x")).delete(2, 3),
    (tr) => void tr.insert(4, schema.text("OTH")),
    "aOTHf",
  ],
  [
    "typed over, and over again, where somebody deleted",
    (tr) => void tr.replaceWith(2, 6, schema.text("ka")).replaceWith(2, 4, schema.text("kan")),
    (tr) => void tr.delete(4, 6),
    "akanf",
  ],
  [
    "one letter over a stretch, composed into another",
    (tr) => void tr.replaceWith(2, 6, schema.text("k")).replaceWith(2, 3, schema.text("か")),
    (tr) => void tr.delete(4, 6),
    "aかf",
  ],
  [
    "a word over a stretch stays one word",
    (tr) => void tr.replaceWith(2, 6, schema.text("x")).insert(3, schema.text("y")),
    (tr) => void tr.insert(4, schema.text("OTH")),
    "aOTHxyf",
  ],
  [
    "one letter is deleted that came as part of more",
    (tr) => void tr.delete(2, 3),
    (tr) => void tr.replaceWith(2, 3, schema.text("xbx")),
    "axbxcdef",
  ],
])("%s: nobody's words go, and none come twice", (_name, own, others, expected) => {
  expect(over(own, others)).toBe(expected);
});

test("paragraphs are joined though one of them has become a heading meanwhile", () => {
  const words = (text: string) => schema.node("paragraph", null, schema.text(text));
  const start = schema.node("doc", null, [words("ab"), words("cd")]);
  const before = new Transform(start).join(4);
  const entries = before.steps.map((step, i) => ({ step, inverted: step.invert(before.docs[i] as Node) }));
  const tr = new Transform(before.doc);
  undoFrom(tr, entries, 0);
  tr.setNodeMarkup(4, schema.nodes.heading, { level: 2 });
  redo(tr, entries, 0);
  expect([tr.doc.childCount, tr.doc.textContent]).toEqual([1, "abcd"]);
});

import type { Node } from "prosemirror-model";
import { CellSelection } from "prosemirror-tables";
import { expect, test } from "vitest";
import { moveColumn, moveColumnBefore, moveRow, moveRowBefore } from "./table-moves.ts";
import { block, Typist } from "./typist.ts";

const cell = (text: string, attrs: Record<string, unknown> = {}, type = "table_cell"): Node =>
  block(type, attrs, block("paragraph", null, text));
const head = (text: string): Node => cell(text, {}, "table_header");
const table = (...rows: Node[][]): Node =>
  block("table", null, ...rows.map((cells) => block("table_row", null, ...cells)));
const grid = ({ state }: Typist): string[] =>
  (state.doc.firstChild?.children ?? []).map((row) => row.children.map((each) => each.textContent).join(" "));

test("a row moves past its neighbour with the caret, and not above the headings", () => {
  const typist = new Typist(table([head("h"), head("i")], [cell("a"), cell("b")], [cell("c"), cell("d|")]));
  expect(moveRow("down")(typist.state, typist.dispatch)).toBe(false);
  expect(moveRow("up")(typist.state, typist.dispatch)).toBe(true);
  expect(grid(typist)).toEqual(["h i", "c d", "a b"]);
  typist.type("!");
  expect(grid(typist)).toEqual(["h i", "c d!", "a b"]);
  expect(moveRow("up")(typist.state, typist.dispatch)).toBe(false);
  const top = new Typist(table([head("h|")], [cell("a")]));
  expect(moveRow("down")(top.state, top.dispatch)).toBe(false);
  const plain = new Typist(table([cell("h|")], [cell("a")]));
  expect(moveRow("down")(plain.state, plain.dispatch)).toBe(true);
  expect(grid(plain)).toEqual(["a", "h"]);
});

test("a column moves past its neighbour, headings and widths with it", () => {
  const wide = cell("b|", { colwidth: [200] });
  const typist = new Typist(table([head("h"), head("i"), head("j")], [cell("a"), wide, cell("c")]));
  expect(moveColumn("after")(typist.state, typist.dispatch)).toBe(true);
  expect(grid(typist)).toEqual(["h j i", "a c b"]);
  expect(typist.state.doc.firstChild?.child(1).child(2).attrs["colwidth"]).toEqual([200]);
  typist.type("!");
  expect(grid(typist)).toEqual(["h j i", "a c b!"]);
  expect(moveColumn("after")(typist.state, typist.dispatch)).toBe(false);
  moveColumn("before")(typist.state, typist.dispatch);
  moveColumn("before")(typist.state, typist.dispatch);
  expect(grid(typist)).toEqual(["i h j", "b! a c"]);
  expect(moveColumn("before")(typist.state, typist.dispatch)).toBe(false);
});

test("several that are selected move together; one undo brings them back", () => {
  const typist = new Typist(table([cell("a|"), cell("b")], [cell("c"), cell("d")], [cell("e"), cell("f")]));
  const { doc } = typist.state;
  typist.dispatch(typist.state.tr.setSelection(CellSelection.create(doc, 2, 14)));
  expect(moveRow("down")(typist.state, typist.dispatch)).toBe(true);
  expect(grid(typist)).toEqual(["e f", "a b", "c d"]);
  const { selection } = typist.state;
  expect(selection instanceof CellSelection && selection.ranges.length).toBe(2);
  typist.press("Mod-z");
  expect(grid(typist)).toEqual(["a b", "c d", "e f"]);
});

test("what covers both sides stands in the way; what moves with it does not", () => {
  const tall = cell("t", { rowspan: 2 });
  const typist = new Typist(table([cell("a|"), cell("b")], [tall, cell("c")], [cell("d")]));
  expect(moveRow("down")(typist.state, typist.dispatch)).toBe(false);
  const wide = cell("w", { colspan: 2 });
  const other = new Typist(table([cell("a|"), cell("b"), cell("c")], [wide, cell("d")]));
  expect(moveColumn("after")(other.state, other.dispatch)).toBe(false);
  const beside = new Typist(table([tall, cell("b|"), cell("c")], [cell("d"), cell("e")]));
  expect(moveColumn("before")(beside.state, beside.dispatch)).toBe(true);
  expect(grid(beside)).toEqual(["b t c", "d e"]);
});

test("further than past the neighbour, both ways", () => {
  const typist = new Typist(table([cell("a|"), cell("b"), cell("c")], [cell("d")], [cell("e")], [cell("f")]));
  expect(moveRowBefore(4)(typist.state, typist.dispatch)).toBe(true);
  expect(grid(typist).map((row) => row.trim())).toEqual(["d", "e", "f", "a b c"]);
  expect(moveRowBefore(1)(typist.state, typist.dispatch)).toBe(true);
  expect(grid(typist).map((row) => row.trim())).toEqual(["d", "a b c", "e", "f"]);
  expect(moveColumnBefore(3)(typist.state, typist.dispatch)).toBe(true);
  expect(grid(typist)[1]).toBe("b c a");
  typist.type("!");
  expect(moveColumnBefore(0)(typist.state, typist.dispatch)).toBe(true);
  expect(grid(typist)[1]).toBe("a! b c");
  for (const before of [-1, 0, 1, 9]) expect(moveColumnBefore(before)(typist.state)).toBe(false);
});

import fc from "fast-check";
import type { Node } from "prosemirror-model";
import { TableMap } from "prosemirror-tables";
import { describe, expect, test } from "vitest";
import { flatLength } from "./flat.ts";
import { columnsMax } from "./limits.ts";
import { schema } from "./schema.ts";
import { columnIndices, tableRows } from "./table.ts";
import type { RawCell, RawRow } from "./table.ts";
import { cellsOf, paragraph } from "./writer.ts";

const { nodes } = schema;

/** A cell of column `column` with its name as text; "#" before it makes it a header. */
function cell(name: string, attrs: Record<string, unknown> = {}): RawCell {
  const column = name.replace("#", "").charAt(0);
  const children = [paragraph(name.replace("#", ""))];
  return { column, isHeader: name.startsWith("#"), attrs, children, tail: 1 };
}
const row = (...cells: (string | RawCell)[]): RawRow => ({
  id: "r",
  cells: cells.map((one) => (typeof one === "string" ? cell(one) : one)),
  tail: 1,
});
const tableOf = (...rows: RawRow[]): Node => nodes.table.create({ id: "t" }, tableRows("t", rows));
const shown = (...rows: RawRow[]): string[][] => cellsOf(tableOf(...rows));

describe("columns", () => {
  test("stand in the order of the first row; what a later row has more stands where it has it", () => {
    expect(shown(row("a1", "c1"), row("a2", "b2", "c2"), row("a3", "d3"))).toEqual([
      ["a1", "", "", "c1"],
      ["a2", "", "b2", "c2"],
      ["a3", "d3", "", ""],
    ]);
  });

  test("a row's cells that stand in another order join a neighbour, none is lost", () => {
    expect(shown(row("a1", "b1", "c1"), row("c2", "a2", "b2"))).toEqual([
      ["a1", "b1", "c1"],
      ["c2/a2", "b2", ""],
    ]);
    expect(shown(row("a1", "b1", "c1"), row("b2", "c2", "a2"))).toEqual([
      ["a1", "b1", "c1"],
      ["", "b2", "c2/a2"],
    ]);
  });

  test("one column twice in a row is one cell", () => {
    expect(shown(row("a1", "b1"), row("a2", "a3", "b2"))).toEqual([
      ["a1", "b1"],
      ["a2/a3", "b2"],
    ]);
  });

  test("a table without a cell has one in each row", () => {
    expect(shown(row(), row())).toEqual([[""], [""]]);
  });

  test(`more than ${columnsMax} join the last one`, () => {
    const cells = Array.from({ length: columnsMax + 100 }, (_, i): RawCell => ({
      ...cell("x"),
      column: `c${i}`,
    }));
    const table = tableOf(row(...cells));
    expect(table.firstChild?.childCount).toBe(columnsMax);
    expect(table.firstChild?.lastChild?.childCount).toBe(101);
    expect(flatLength(table)).toBe((columnsMax + 100) * 3 + 1);
  });
});

describe("cells that nobody wrote", () => {
  test("are headers where all of their row or of their column are", () => {
    expect(shown(row("#a1", "#b1"), row("#a2"), row("c3"))).toEqual([
      ["#", "#a1", "#b1"],
      ["#", "#a2", "#"],
      ["c3", "#", "#"],
    ]);
  });

  test("are aligned and as wide as their column", () => {
    const table = tableOf(row("a1", cell("b1", { align: "right", colwidth: [120] })), row("a2"));
    expect(table.child(1).child(1).attrs).toMatchObject({
      align: "right",
      colwidth: [120],
      tail: 0,
      id: "b",
    });
    expect(table.child(1).child(1).firstChild?.attrs).toMatchObject({ implicit: true });
  });

  test("stand for no unit of the CRDT", () => {
    expect(flatLength(tableOf(row("a1"), row("b2")))).toBe(2 * (1 + 2 + 1) + 2);
  });
});

describe("spans", () => {
  test("go as far as no other cell is", () => {
    const first = row("a1", "b1", "c1");
    expect(shown(first, row(cell("a2", { colspan: 5, rowspan: 5 })), row("c3"), row("b4", "c4"))).toEqual([
      ["a1", "b1", "c1"],
      ["a2 3×1"],
      ["", "", "c3"],
      ["", "b4", "c4"],
    ]);
    expect(shown(first, row(cell("a2", { colspan: 2, rowspan: 5 })), row("c3"), row("b4", "c4"))).toEqual([
      ["a1", "b1", "c1"],
      ["a2 2×2", ""],
      ["c3"],
      ["", "b4", "c4"],
    ]);
  });

  test("over each other: the first one has the place", () => {
    expect(shown(row(cell("a1", { rowspan: 2 }), "b1"), row("b2"))).toEqual([["a1 1×2", "b1"], ["b2"]]);
    expect(shown(row("a1", cell("b1", { rowspan: 2 }), "c1"), row(cell("a2", { colspan: 3 })))).toEqual([
      ["a1", "b1 1×2", "c1"],
      ["a2", ""],
    ]);
  });

  test("end with the table", () => {
    expect(shown(row("a1", cell("b1", { colspan: 1000, rowspan: 1000 })))).toEqual([["a1", "b1"]]);
  });

  test("have the widths of their columns", () => {
    const table = tableOf(row(cell("a1", { colspan: 2 })), row(cell("a2", { colwidth: [50] }), "b2"));
    expect(table.child(0).child(0).attrs).toMatchObject({ colspan: 2, colwidth: [50, 0] });
  });
});

test("end markers between two parts of one cell are hidden, and counted", () => {
  const table = tableOf(row("a1", "b1"), row("a2", "a3", "b2"));
  const joined = table.child(1).child(0);
  expect(joined.attrs["tail"]).toBe(1);
  expect(joined.children.map(({ attrs }) => attrs["hidden"] as number)).toEqual([0, 1]);
  expect(flatLength(table)).toBe(5 * (1 + 2 + 1) + 2);
});

test("any rows are a full rectangle, and hold all that was in the cells, in order", () => {
  const cells = fc.record({
    column: fc.constantFrom("a", "b", "c", "d", "e", ""),
    isHeader: fc.boolean(),
    attrs: fc.record(
      {
        colspan: fc.integer({ min: 1, max: 7 }),
        rowspan: fc.integer({ min: 1, max: 7 }),
        align: fc.constantFrom("", "left", "right"),
        colwidth: fc.oneof(fc.constant(null), fc.array(fc.nat(300), { maxLength: 4 })),
      },
      { requiredKeys: [] },
    ),
    children: fc.array(
      fc.string({ maxLength: 2, unit: "grapheme-ascii" }).map((text) => paragraph(text)),
      { maxLength: 2 },
    ),
    tail: fc.nat(2),
  });
  const rows = fc.record({
    id: fc.constantFrom("1", "2", "3"),
    cells: fc.array(cells, { maxLength: 7 }),
    tail: fc.nat(2),
  });
  fc.assert(
    fc.property(fc.array(rows, { minLength: 1, maxLength: 6 }), (raw) => {
      const table = tableOf(...raw);
      table.check();
      const map = TableMap.get(table);
      expect(map.problems).toBeNull();
      expect(table.childCount).toBe(raw.length);
      expect(table.textContent).toBe(
        raw
          .flatMap((one) =>
            one.cells.flatMap(({ children }) => children.map(({ textContent }) => textContent)),
          )
          .join(""),
      );
      const units = raw.reduce(
        (sum, one) =>
          sum +
          one.tail +
          one.cells.reduce(
            (more, { children, tail }) =>
              children.reduce((all, child) => all + flatLength(child), more + tail),
            0,
          ),
        0,
      );
      expect(flatLength(table)).toBe(units);
      // Where each cell begins is where prosemirror-tables has it, and all of a column have one id.
      const ids = new Map<number, string>();
      let pos = 0;
      for (const [i, indices] of columnIndices(table.children).entries()) {
        pos++;
        const rowNode = table.child(i);
        for (const [j, index] of indices.entries()) {
          expect(map.colCount(pos)).toBe(index);
          const id = rowNode.child(j).attrs["id"] as string;
          expect(ids.get(index) ?? id).toBe(id);
          ids.set(index, id);
          pos += rowNode.child(j).nodeSize;
        }
        pos++;
      }
      expect(new Set(ids.values()).size).toBe(ids.size);
    }),
    { numRuns: 1000 },
  );
});

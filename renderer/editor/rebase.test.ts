import { EditorState } from "prosemirror-state";
import { CellSelection } from "prosemirror-tables";
import { Transform } from "prosemirror-transform";
import { expect, test } from "vitest";
import { schema } from "../document/schema.ts";
import { collabPlugin } from "./collab.ts";
import { receive } from "./rebase.ts";

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

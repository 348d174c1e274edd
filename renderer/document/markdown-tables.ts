/**
 * GFM tables → tables. The first row is of header cells, each cell is as its column is aligned, and
 * a row that says less or more than the others is filled up or widens them all: a full rectangle.
 */
import type { PhrasingContent, Table } from "mdast";
import type { Node } from "prosemirror-model";
import { columnsMax } from "./limits.ts";
import { nodeType, schema } from "./schema.ts";

/**
 * Cells that are only there to fill up: as many as three for each that is written, and a few. A short
 * source with one wide row must not become a million cells.
 */
export const madeUpMax = (written: number): number => 3 * written + 100;

/** Null where the table is too wide to show, or would be almost empty. */
export function tableFrom(
  { align, children: rows }: Table,
  newId: () => string,
  inlines: (children: readonly PhrasingContent[]) => Node[],
): Node | null {
  const written = rows.reduce((sum, row) => sum + row.children.length, 0);
  const width = rows.reduce((widest, row) => Math.max(widest, row.children.length), 1);
  if (width > columnsMax || width * rows.length - written > madeUpMax(written)) return null;
  const id = newId();
  const columns = Array.from({ length: width }, newId);
  return schema.nodes.table.create(
    { id },
    rows.map((row, rowIndex) =>
      schema.nodes.table_row.create(
        { id: newId() },
        columns.map((column, index) =>
          nodeType(rowIndex === 0 ? "table_header" : "table_cell").create(
            { id: column, align: align?.[index] ?? "" },
            schema.nodes.paragraph.create(null, inlines(row.children[index]?.children ?? [])),
          ),
        ),
      ),
    ),
  );
}

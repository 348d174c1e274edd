/** Tables → GFM tables: a line a row. What a cell holds stands in its line, one block after the other. */
import type { Node } from "prosemirror-model";

/** The lines of a textblock; null where it is the blocks in it that say something. */
type Write = (block: Node) => readonly string[] | null;
type Cell = { text: string; align: string };

const rules: Readonly<Record<string, string>> = { left: ":--", center: ":-:", right: "--:" };

/** No lines where the table has no cell. */
export function tableLines(table: Node, write: Write): readonly string[] {
  const rows = rowsOf(table, write);
  const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
  if (width === 0) return [];
  const columns = Array.from({ length: width }, (_, column) => column);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const [header = "", ...others] = rows.map((row) => line(columns.map((column) => row[column]?.text ?? "")));
  const rule = line(columns.map((column) => rules[rows[0]?.[column]?.align ?? ""] ?? "---"));
  return [header, rule, ...others];
}

/** The cells of each row by column. One over several rows or columns stands in the first; the others are empty. */
function rowsOf(table: Node, write: Write): Cell[][] {
  const covered = new Map<number, number>(); // rows still covered from above, by column
  return table.children.map((row) => {
    const cells: Cell[] = [];
    const skip = (): void => {
      for (let left = covered.get(cells.length); left !== undefined; left = covered.get(cells.length)) {
        if (left > 1) covered.set(cells.length, left - 1);
        else covered.delete(cells.length);
        cells.push({ text: "", align: "" });
      }
    };
    for (const cell of row.children) {
      skip();
      const { colspan, rowspan, align } = cell.attrs as { colspan: number; rowspan: number; align: string };
      for (let column = 0; column < colspan; column++) {
        if (rowspan > 1) covered.set(cells.length, rowspan - 1);
        cells.push({ text: column === 0 ? textOf(cell, write).join(" ") : "", align });
      }
    }
    skip();
    return cells;
  });
}

function textOf(block: Node, write: Write): readonly string[] {
  const written = write(block);
  if (written === null) return block.children.flatMap((child) => textOf(child, write));
  return written.filter((line) => line !== "");
}

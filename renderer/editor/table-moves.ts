/**
 * Rows and columns of a table past their neighbours. Only what moves is written anew: others who write in the rest of
 * the table meanwhile keep their places. A cell that covers both sides of where one would be put stands in the way, and
 * nothing goes above the row of headings.
 */
import { closeHistory } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { TextSelection } from "prosemirror-state";
import type { Command, EditorState, Transaction } from "prosemirror-state";
import { CellSelection, selectedRect, TableMap } from "prosemirror-tables";
import type { TableRect } from "prosemirror-tables";
import { schema } from "../document/schema.ts";
import { hasHeaderRow, isInTable } from "./tables.ts";

/** Whether a cell covers both sides of the line above row `y`. */
const coversRow = ({ width, height, map }: TableMap, y: number): boolean =>
  y > 0 &&
  y < height &&
  Array.from({ length: width }, (_, x) => x).some((x) => map[(y - 1) * width + x] === map[y * width + x]);

/** Whether a cell covers both sides of the line before column `x`. */
const coversColumn = ({ width, height, map }: TableMap, x: number): boolean =>
  x > 0 &&
  x < width &&
  Array.from({ length: height }, (_, y) => y).some((y) => map[y * width + x - 1] === map[y * width + x]);

/** Puts the selection where the cells are now that it was in, `down` rows and `right` columns from there. */
function follow(
  tr: Transaction,
  { selection }: EditorState,
  rect: TableRect,
  down: number,
  right: number,
): void {
  const { tableStart, map, table } = rect;
  const now = tr.doc.nodeAt(tableStart - 1) ?? table;
  const nowMap = TableMap.get(now);
  const moved = (cell: number): number => {
    const { top, left } = map.findCell(cell - tableStart);
    return tableStart + nowMap.positionAt(top + down, left + right, now);
  };
  if (selection instanceof CellSelection) {
    const { $anchorCell, $headCell } = selection;
    tr.setSelection(CellSelection.create(tr.doc, moved($anchorCell.pos), moved($headCell.pos)));
    return;
  }
  const depth = tr.docs[0]?.resolve(tableStart).depth ?? 0;
  const cell = selection.$from.before(depth + 2);
  const by = moved(cell) - cell;
  tr.setSelection(TextSelection.create(tr.doc, selection.anchor + by, selection.head + by));
}

/** Puts the selected rows before another; after all of them where that is their number. */
export const moveRowBefore =
  (before: number): Command =>
  (state, dispatch) => {
    if (!isInTable(state)) return false;
    const rect = selectedRect(state);
    const { top, bottom, map, table, tableStart } = rect;
    const isPastHeadings = hasHeaderRow(state) && (top === 0 || before === 0);
    if (before < 0 || before > map.height || (before >= top && before <= bottom) || isPastHeadings)
      return false;
    if ([top, bottom, before].some((y) => coversRow(map, y))) return false;
    if (!dispatch) return true;
    const startOf = (row: number): number =>
      tableStart + table.children.slice(0, row).reduce((sum, { nodeSize }) => sum + nodeSize, 0);
    const [start, end, target] = [startOf(top), startOf(bottom), startOf(before)];
    const tr = closeHistory(state.tr).delete(start, end);
    tr.insert(tr.mapping.map(target), table.children.slice(top, bottom));
    follow(tr, state, rect, before < top ? before - top : before - bottom, 0);
    dispatch(tr.scrollIntoView());
    return true;
  };

/** Puts the selected columns before another; after all of them where that is their number. */
export const moveColumnBefore =
  (before: number): Command =>
  (state, dispatch) => {
    if (!isInTable(state)) return false;
    const rect = selectedRect(state);
    const { left, right, map, table, tableStart } = rect;
    if (before < 0 || before > map.width || (before >= left && before <= right)) return false;
    if ([left, right, before].some((x) => coversColumn(map, x))) return false;
    if (!dispatch) return true;
    const tr = closeHistory(state.tr);
    // From the last row to the first: what is before it is where it was.
    for (let y = map.height - 1; y >= 0; y--) {
      const moved = cellsOf(table, map, y, left, right);
      const [first, last] = [moved[0], moved.at(-1)];
      if (!first || !last) continue;
      const target = tableStart + map.positionAt(y, before, table);
      const [start, end] = [tableStart + first.pos, tableStart + last.pos + last.cell.nodeSize];
      tr.delete(start, end).insert(
        target < end ? target : target - (end - start),
        moved.map(({ cell }) => cell),
      );
    }
    follow(tr, state, rect, 0, before < left ? before - left : before - right);
    dispatch(tr.scrollIntoView());
    return true;
  };

export const moveRow =
  (way: "up" | "down"): Command =>
  (state, dispatch) => {
    if (!isInTable(state)) return false;
    const { top, bottom } = selectedRect(state);
    return moveRowBefore(way === "up" ? top - 1 : bottom + 1)(state, dispatch);
  };

export const moveColumn =
  (way: "before" | "after"): Command =>
  (state, dispatch) => {
    if (!isInTable(state)) return false;
    const { left, right } = selectedRect(state);
    return moveColumnBefore(way === "before" ? left - 1 : right + 1)(state, dispatch);
  };

/** The cells that begin in a row and in one of these columns. */
function cellsOf(
  table: Node,
  map: TableMap,
  y: number,
  from: number,
  to: number,
): { pos: number; cell: Node }[] {
  const cells: { pos: number; cell: Node }[] = [];
  for (let x = from; x < to; x++) {
    const pos = map.map[y * map.width + x];
    if (pos === undefined || cells.at(-1)?.pos === pos) continue;
    const cell = table.nodeAt(pos);
    if (cell && cell.type !== schema.nodes.table_row && map.findCell(pos).top === y)
      cells.push({ pos, cell });
  }
  return cells;
}

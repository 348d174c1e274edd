/**
 * Tables in the window: prosemirror-tables for selecting and editing cells, and what it lacks. Its
 * repairs are left out: `identify` makes each edited table the rectangle that it will be rendered
 * as, and what others edited is one already. Repairing that here would be an edit of our own, made
 * by every window at once.
 */
import { chainCommands } from "prosemirror-commands";
import { GapCursor } from "prosemirror-gapcursor";
import { closeHistory } from "prosemirror-history";
import type { Fragment, Node } from "prosemirror-model";
import { Plugin, Selection, TextSelection } from "prosemirror-state";
import type { Command, EditorState } from "prosemirror-state";
import {
  addRowAfter,
  cellAround,
  CellSelection,
  columnResizing,
  deleteCellSelection,
  deleteTable,
  goToNextCell,
  mergeCells as mergeSelected,
  nextCell,
  selectionCell,
  setCellAttr,
  splitCell,
  tableEditing,
  TableMap,
  TableView,
} from "prosemirror-tables";
import type { EditorView, NodeViewConstructor } from "prosemirror-view";
import { columnsMax } from "../document/limits.ts";
import { schema } from "../document/schema.ts";
import { depthAround } from "./blocks.ts";
import { cellWidthMin, tableSizeAtFirst } from "./limits.ts";

const { table, table_row, table_cell, table_header, paragraph, list_item } = schema.nodes;

/** A table in a box that scrolls where the table is wider than the page. */
export const tableView: NodeViewConstructor = (node) => {
  const view = new TableView(node, cellWidthMin);
  // As in the schema: in Arabic the first column is the one on the right.
  view.table.dir = "auto";
  return view;
};

/** The edges of columns are drawn to their widths. Before `tablesPlugin`, which would begin to select cells there. */
export const columnsPlugin = (): Plugin =>
  columnResizing({ cellMinWidth: cellWidthMin, defaultCellMinWidth: cellWidthMin });

export function tablesPlugin(): Plugin {
  const editing = tableEditing();
  const append = editing.spec.appendTransaction;
  return new Plugin({
    ...editing.spec,
    // With no state before, nothing has changed, and so nothing is repaired; selections are.
    appendTransaction: (transactions, _before, state) => append?.call(editing, transactions, state, state),
  });
}

const cellDepth = (state: EditorState): number =>
  depthAround(state, (type) => type === table_cell || type === table_header);

export const isInTable = (state: EditorState): boolean => cellDepth(state) > 0;

/** Whether the caret is in a cell, and in no list within it. */
const isInCellDirectly = (state: EditorState): boolean =>
  isInTable(state) && depthAround(state, (type) => type === list_item) < cellDepth(state);

/** The table around the caret. */
const tableAt = (state: EditorState): Node => state.selection.$from.node(cellDepth(state) - 2);

export const hasHeaderRow = (state: EditorState): boolean =>
  isInTable(state) &&
  (tableAt(state).firstChild?.children.every(({ type }) => type === table_header) ?? false);

/** Several cells are selected: they can be made one. */
export const areCellsSelected = ({ selection }: EditorState): boolean =>
  selection instanceof CellSelection && selection.ranges.length > 1;

/** The cell at the caret was several. */
export const isCellMerged = (state: EditorState): boolean => {
  if (!isInTable(state)) return false;
  const { colspan, rowspan } = selectionCell(state).nodeAfter?.attrs ?? {};
  return colspan > 1 || rowspan > 1;
};

/** Selected cells become one, with the blocks of all of them. */
export const mergeCells: Command = (state, dispatch) =>
  mergeSelected(state, dispatch && ((tr) => dispatch(tr.scrollIntoView())));
export const separateCell: Command = (state, dispatch) => isCellMerged(state) && splitCell(state, dispatch);

type Alignment = "" | "center" | "right";

/** "" is the side where the text begins. */
export const alignCells =
  (align: Alignment): Command =>
  (state, dispatch) =>
    // What is so already is not changed, which is no failure to do it.
    isInTable(state) && (setCellAttr("align", align)(state, dispatch) || true);
export const areCellsAligned =
  (align: Alignment) =>
  (state: EditorState): boolean =>
    isInTable(state) && selectionCell(state).nodeAfter?.attrs["align"] === align;

function newTable(): Node {
  const row = (type: typeof table_cell): Node =>
    table_row.create(
      null,
      Array.from({ length: tableSizeAtFirst }, () => type.create(null, paragraph.create())),
    );
  const below = Array.from({ length: tableSizeAtFirst - 1 }, () => row(table_cell));
  return table.create(null, [row(table_header), ...below]);
}

/** A table after the caret's block, or instead of it where it is empty. What comes last can be written after. */
export const insertTable: Command = (state, dispatch) => {
  const { $to, empty } = state.selection;
  if (isInTable(state)) return false;
  const to = $to.parent.inlineContent ? $to.after() : $to.pos;
  const $after = state.doc.resolve(to);
  const { parent } = $after;
  if (!parent.canReplaceWith($after.index(), $after.index(), table)) return false;
  if (dispatch) {
    const isBlank = empty && $to.parent.type === paragraph && $to.parent.content.size === 0;
    const from = isBlank ? $to.before() : to;
    const isLast = $after.index() === parent.childCount;
    const { tr } = state;
    tr.replaceWith(from, to, isLast ? [newTable(), paragraph.create()] : newTable());
    dispatch(tr.setSelection(Selection.near(tr.doc.resolve(from + 1), 1)).scrollIntoView());
  }
  return true;
};

/** What stands between the bars of `|a|b|`; null where a paragraph is no such row, or says more than text. */
function headingsOf(row: Node): Fragment[] | null {
  const text = row.textContent;
  if (row.type !== paragraph || text.length !== row.content.size || !/^\|.+\|$/.test(text)) return null;
  const bars = [...text.matchAll(/(?<!\\)\|/g)].map(({ index }) => index);
  if (bars.length < 3 || bars.length > columnsMax + 1) return null;
  return bars.slice(1).map((to, i) => {
    const from = (bars[i] ?? 0) + 1;
    const words = text.slice(from, to);
    const indent = words.length - words.trimStart().length;
    return row.content.cut(from + indent, Math.max(from + indent, from + words.trimEnd().length));
  });
}

/** Enter at the end of `|a|b|`: a table under these headings, with the caret in its first row. */
export const openTableAtRow: Command = (state, dispatch) => {
  const { $from, empty } = state.selection;
  const { parent } = $from;
  if (!empty || $from.depth === 0 || $from.pos !== $from.end() || isInTable(state)) return false;
  const headings = headingsOf(parent);
  const index = $from.index(-1);
  const isLast = index === $from.node(-1).childCount - 1;
  if (!headings || !$from.node(-1).canReplaceWith(index, index + 1, table)) return false;
  if (!dispatch) return true;
  const row = (cells: Node[]): Node => table_row.create(null, cells);
  const made = table.create(null, [
    row(headings.map((words) => table_header.create(null, paragraph.create(null, words)))),
    row(headings.map(() => table_cell.create(null, paragraph.create()))),
  ]);
  const from = $from.before();
  // Undo gives the bars back, however quickly Enter came after them.
  const tr = closeHistory(state.tr).replaceWith(
    from,
    $from.after(),
    isLast ? [made, paragraph.create()] : [made],
  );
  const below = from + 1 + (made.firstChild?.nodeSize ?? 0);
  dispatch(tr.setSelection(Selection.near(tr.doc.resolve(below + 1), 1)).scrollIntoView());
  return true;
};

/** Tab: to the next cell; from the last one to a new row. */
export const toNextCell: Command = (state, dispatch) => {
  if (!isInCellDirectly(state)) return false;
  if (goToNextCell(1)(state, dispatch)) return true;
  const pos = selectionCell(state).before(-1);
  return addRowAfter(
    state,
    dispatch &&
      ((tr) => {
        const node = tr.doc.nodeAt(pos);
        const rowPos = pos + (node?.nodeSize ?? 0) - 1 - (node?.lastChild?.nodeSize ?? 0);
        dispatch(tr.setSelection(Selection.near(tr.doc.resolve(rowPos + 1), 1)).scrollIntoView());
      }),
  );
};

/** Shift-Tab: to the cell before. In the first one it does nothing, rather than leave the text. */
export const toPreviousCell: Command = (state, dispatch) =>
  isInCellDirectly(state) && (goToNextCell(-1)(state, dispatch) || true);

/** Mod-Enter: to the paragraph after the table, a new one unless an empty one is there. */
export const leaveTable: Command = (state, dispatch) => {
  const depth = cellDepth(state) - 2;
  if (depth < 1) return false;
  const { $from } = state.selection;
  const after = $from.after(depth);
  const next = $from.node(depth - 1).maybeChild($from.index(depth - 1) + 1);
  const { tr } = state;
  if (next?.type !== paragraph || next.content.size > 0) tr.insert(after, paragraph.create());
  dispatch?.(tr.setSelection(TextSelection.create(tr.doc, after + 1)).scrollIntoView());
  return true;
};

/** Enter on selected cells: they are not split; the caret goes into the last of them. */
export const enterCells: Command = (state, dispatch) => {
  if (!(state.selection instanceof CellSelection)) return false;
  const { $headCell } = state.selection;
  const end = $headCell.pos + ($headCell.nodeAfter?.nodeSize ?? 1) - 1;
  dispatch?.(state.tr.setSelection(Selection.near(state.doc.resolve(end), -1)).scrollIntoView());
  return true;
};

/** A table that is selected whole and has nothing in it goes. */
const deleteBlankTable: Command = (state, dispatch) => {
  const { selection } = state;
  if (!(selection instanceof CellSelection) || !selection.isColSelection() || !selection.isRowSelection())
    return false;
  const isBlank = !selection.$anchorCell
    .node(-1)
    .children.some((row) => row.children.some((cell) => cell.content.size > 2));
  return isBlank && deleteTable(state, dispatch);
};

/** Backspace and Delete on selected cells: first what is in them, then the table if that was all of it. */
export const deleteCells: Command = chainCommands(deleteBlankTable, deleteCellSelection);

/** At the start of a cell Backspace has nothing to take, at its end Delete: the browser would join cells. */
export const stayInCell =
  (side: -1 | 1): Command =>
  (state) => {
    const { selection } = state;
    const $cell = selection instanceof TextSelection && selection.empty ? cellAround(selection.$from) : null;
    if (!$cell?.nodeAfter) return false;
    const edge = side === -1 ? $cell.pos + 1 : $cell.pos + $cell.nodeAfter.nodeSize - 1;
    return Selection.near(state.doc.resolve(edge), side === -1 ? 1 : -1).from === selection.from;
  };

/** Shift and an arrow at the table's edge: what is selected stays; the browser would select text instead. */
export const stopAtEdge =
  (axis: "horiz" | "vert", direction: -1 | 1): Command =>
  ({ selection }) =>
    selection instanceof CellSelection && nextCell(selection.$headCell, axis, direction) === null;

/** Whether the caret's next line in this direction is outside of the cell. */
function isAtEdge(view: EditorView, cellPos: number, cell: Node, direction: -1 | 1): boolean {
  const { doc, selection } = view.state;
  const edge = direction === -1 ? cellPos + 1 : cellPos + cell.nodeSize - 1;
  const last = Selection.near(doc.resolve(edge), direction === -1 ? 1 : -1);
  return (
    last.$from.parent === selection.$from.parent && view.endOfTextblock(direction === -1 ? "up" : "down")
  );
}

/** An arrow out of a table that nothing follows: to the place after it, where a key makes a paragraph. */
export const arrowOut =
  (direction: -1 | 1): Command =>
  (state, dispatch, view) => {
    const { selection } = state;
    const $cell = selection instanceof TextSelection && selection.empty ? cellAround(selection.$from) : null;
    if (!view || !$cell?.nodeAfter) return false;
    const map = TableMap.get($cell.node(-1));
    const { top, bottom } = map.findCell($cell.pos - $cell.start(-1));
    if (direction === -1 ? top > 0 : bottom < map.height) return false;
    const $out = state.doc.resolve(direction === -1 ? $cell.before(-1) : $cell.after(-1));
    if (Selection.findFrom($out, direction) || !isAtEdge(view, $cell.pos, $cell.nodeAfter, direction))
      return false;
    dispatch?.(state.tr.setSelection(new GapCursor($out)).scrollIntoView());
    return true;
  };

/** The cell that the mouse is over, for the handles of its row and its column. */
import type { Plugin } from "prosemirror-state";
import { CellSelection } from "prosemirror-tables";
import type { EditorView } from "prosemirror-view";
import { schema } from "../document/schema.ts";
import { mouseWatchPlugin } from "./mouse-watch.ts";

export type Axis = "row" | "column";

/** Where it begins in the document; the edges, in the window, of its row, its column and what is seen of its table. */
export type HoveredCell = {
  readonly pos: number;
  readonly row: readonly [top: number, bottom: number];
  readonly column: readonly [left: number, right: number];
  readonly table: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
};

/** What the handles bear, so that the mouse on them is still at their cell. */
export const cellHandleAttribute = "data-cell-handle";

const cellTypes: readonly unknown[] = [schema.nodes.table_cell, schema.nodes.table_header];

function cellAt(view: EditorView, over: EventTarget | null): HoveredCell | null {
  const cell = over instanceof Element ? over.closest("td, th") : null;
  const [row, table, box] = [cell?.parentElement, cell?.closest("table"), cell?.closest(".tableWrapper")];
  if (!cell || !row || !table || !view.dom.contains(cell)) return null;
  const $inside = view.state.doc.resolve(view.posAtDOM(cell, 0));
  let depth = $inside.depth;
  while (depth > 0 && !cellTypes.includes($inside.node(depth).type)) depth--;
  if (depth === 0) return null;
  const [own, line, seen] = [cell, row, box ?? table].map((one) => one.getBoundingClientRect());
  if (!own || !line || !seen) return null;
  const { left, right, bottom } = seen;
  return {
    pos: $inside.before(depth),
    row: [line.top, line.bottom],
    column: [Math.max(own.left, left), Math.min(own.right, right)],
    table: { left, top: table.getBoundingClientRect().top, right, bottom },
  };
}

export const hoveredCellPlugin = (tell: (cell: HoveredCell | null) => void): Plugin =>
  mouseWatchPlugin(
    // On a handle its own cell stays the one.
    (view, { over }) =>
      over instanceof Element && over.closest(`[${cellHandleAttribute}]`) ? undefined : cellAt(view, over),
    tell,
  );

/** Selects all of the row, or column, of the cell at `pos`. */
export function selectLine(view: EditorView, pos: number, axis: Axis): void {
  const { doc, tr } = view.state;
  if (!cellTypes.includes(doc.nodeAt(pos)?.type)) return;
  const $cell = doc.resolve(pos);
  const whole = axis === "row" ? CellSelection.rowSelection($cell) : CellSelection.colSelection($cell);
  view.dispatch(tr.setSelection(whole));
}

/**
 * Before which row, or column, something lies that is let go at `at`; and where that edge is in the window. The edges
 * of columns are those of the first row, whose cells say how many columns they cover.
 */
export function lineAt(
  view: EditorView,
  pos: number,
  axis: Axis,
  at: number,
): { readonly before: number; readonly edge: number } | null {
  const { node: dom } = view.domAtPos(pos + 1);
  const table = (dom instanceof Element ? dom : dom.parentElement)?.closest("table");
  if (!table) return null;
  const parts =
    axis === "row"
      ? [...table.rows]
      : [...(table.rows[0]?.cells ?? [])].toSorted((a, b) => a.offsetLeft - b.offsetLeft);
  let before = 0;
  let edge: number | null = null;
  for (const part of parts) {
    const { top, bottom, left, right } = part.getBoundingClientRect();
    const [from, to] = axis === "row" ? [top, bottom] : [left, right];
    edge ??= from;
    if (at < (from + to) / 2) break;
    before += part instanceof HTMLTableCellElement ? part.colSpan : 1;
    edge = to;
  }
  return edge === null ? null : { before, edge };
}

/**
 * Tables: from rows of cells as a merge left them to a full rectangle.
 *
 * A cell is where a row and a column meet, and the CRDT holds those that somebody wrote. One person
 * adds a row, another a column: where these meet there is no cell, and an empty one is made up here;
 * the first edit in it writes it. The order of the columns is that of the first row; a later row that
 * has more puts them where it has them. Spans give way to cells that are there.
 */
import type { Attrs, Node } from "prosemirror-model";
import { columnsMax } from "./limits.ts";
import { nodeType, schema } from "./schema.ts";

/** A cell as it was read, before the table is known. `tail`: how many end markers it has. */
export type RawCell = {
  column: string;
  isHeader: boolean;
  attrs: Record<string, unknown>;
  children: Node[];
  tail: number;
};
export type RawRow = { id: string; cells: RawCell[]; tail: number };

const implicitParagraph = (): Node => schema.nodes.paragraph.create({ implicit: true });

/** Columns in order, by id. */
function columnsOf(rows: readonly RawRow[], fallback: string): string[] {
  const columns: string[] = [];
  for (const { cells } of rows) {
    let at = 0;
    for (const { column } of cells) {
      const known = columns.indexOf(column);
      if (known >= 0) at = known + 1;
      else if (columns.length < columnsMax) columns.splice(at++, 0, column);
    }
  }
  return columns.length > 0 ? columns : [fallback];
}

/** Which of `indices` to keep so that what is left grows: a longest increasing subsequence. */
function growing(indices: readonly number[]): Set<number> {
  const ends: number[] = []; // ends[n]: where the best run of n + 1 ends
  const before: number[] = [];
  for (const [i, index] of indices.entries()) {
    if (index < 0) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((indices[ends[middle] as number] as number) < index) low = middle + 1;
      else high = middle;
    }
    // A column that comes again joins where it came first.
    if (low < ends.length && indices[ends[low] as number] === index) continue;
    before[i] = low > 0 ? (ends[low - 1] as number) : -1;
    ends[low] = i;
  }
  const kept = new Set<number>();
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i] ?? -1) kept.add(i);
  return kept;
}

/** Content of `cell` goes to the end of `into`; end markers between the two are hidden from then on. */
function append(into: RawCell, cell: RawCell): void {
  const [first, ...rest] = cell.children;
  if (!first) {
    into.tail += cell.tail;
    return;
  }
  into.children.push(hide(first, into.tail));
  for (const child of rest) into.children.push(child); // there may be more than a call takes arguments
  into.tail = cell.tail;
}

/** Says of the first leaf block of `node` that `count` more units before it show nothing. */
function hide(node: Node, count: number): Node {
  if (count === 0) return node;
  const first = node.firstChild;
  if (first && !node.isTextblock && !node.isLeaf)
    return node.copy(node.content.replaceChild(0, hide(first, count)));
  const attrs = { ...node.attrs, hidden: (node.attrs["hidden"] as number) + count };
  return node.type.create(attrs, node.content, node.marks);
}

/** The cells of a row by the index of their column; those that stand in no order join a neighbour. */
function placed({ cells }: RawRow, columns: ReadonlyMap<string, number>): Map<number, RawCell> {
  const indices = cells.map(({ column }) => columns.get(column) ?? -1);
  const kept = growing(indices);
  const found = new Map<number, RawCell>();
  let last: RawCell | null = null;
  let early: RawCell | null = null;
  for (const [i, cell] of cells.entries()) {
    const copy: RawCell = { ...cell, children: [...cell.children] };
    if (!kept.has(i)) {
      if (last) append(last, copy);
      else if (early) append(early, copy);
      else early = copy;
      continue;
    }
    if (early) {
      append(early, copy);
      last = { ...copy, children: early.children, tail: early.tail };
      early = null;
    } else last = copy;
    found.set(indices[i] as number, last);
  }
  // A row of nothing but cells of no column: only beyond `columnsMax`.
  if (early) found.set(0, early);
  return found;
}

/** What a column says of a cell that nobody wrote. */
type Column = { isHeader: boolean; align: unknown; width: number };

function columnOf(index: number, rows: readonly Map<number, RawCell>[]): Column {
  const cells = rows.flatMap((row) => row.get(index) ?? []);
  let width = 0;
  for (const { attrs } of cells) width ||= (attrs["colwidth"] as number[] | undefined)?.[0] ?? 0;
  return {
    isHeader: cells.length > 0 && cells.every(({ isHeader }) => isHeader),
    align: cells[0]?.attrs["align"],
    width,
  };
}

/**
 * @param id the table's
 * @returns its rows as nodes, a full rectangle: each place is a cell's or covered by a span
 */
export function tableRows(id: string, rawRows: readonly RawRow[]): Node[] {
  const columns = columnsOf(rawRows, id);
  const byId = new Map(columns.map((column, i) => [column, i]));
  const rows = rawRows.map((row) => placed(row, byId));
  const about = columns.map((_, i) => columnOf(i, rows));
  const coveredUntil = columns.map(() => 0); // the first row that no span from above covers
  return rawRows.map((raw, row) => {
    const cells: Node[] = [];
    const own = rows[row] as Map<number, RawCell>;
    const headerRow = own.size > 0 && [...own.values()].every(({ isHeader }) => isHeader);
    const isFree = (column: number): boolean =>
      column < columns.length && !own.has(column) && (coveredUntil[column] as number) <= row;
    for (let column = 0; column < columns.length; column++) {
      const cell = own.get(column);
      if (!cell) {
        if (!isFree(column)) continue;
        const { isHeader, align, width } = about[column] as Column;
        const attrs = {
          id: columns[column],
          tail: 0,
          colwidth: width > 0 ? [width] : null,
          ...(align ? { align } : {}),
        };
        cells.push(cellNode(isHeader || headerRow, attrs, []));
        continue;
      }
      let colspan = 1;
      while (colspan < ((cell.attrs["colspan"] as number | undefined) ?? 1) && isFree(column + colspan))
        colspan++;
      const rowspan = freeRows(
        rows,
        row,
        column,
        colspan,
        (cell.attrs["rowspan"] as number | undefined) ?? 1,
      );
      for (let i = 0; i < colspan; i++) coveredUntil[column + i] = row + rowspan;
      const widths = about.slice(column, column + colspan).map(({ width }) => width);
      const attrs = {
        ...cell.attrs,
        id: columns[column],
        tail: cell.tail,
        colspan,
        rowspan,
        colwidth: widths.some((width) => width > 0) ? widths : null,
      };
      cells.push(cellNode(cell.isHeader, attrs, cell.children));
    }
    return schema.nodes.table_row.create({ id: raw.id, tail: raw.tail }, cells);
  });
}

const cellNode = (isHeader: boolean, attrs: Attrs, children: readonly Node[]): Node =>
  nodeType(isHeader ? "table_header" : "table_cell").create(
    attrs,
    children.length > 0 ? children : implicitParagraph(),
  );

/** How many rows from `row` on a cell may cover: as far as it says, and no other cell is there. */
function freeRows(
  rows: readonly Map<number, RawCell>[],
  row: number,
  column: number,
  colspan: number,
  wanted: number,
): number {
  let count = 1;
  while (count < wanted && row + count < rows.length) {
    const below = rows[row + count] as Map<number, RawCell>;
    for (let i = 0; i < colspan; i++) if (below.has(column + i)) return count;
    count++;
  }
  return count;
}

/** Where each cell of a table's rows begins: the index of its column. As HTML lays cells out. */
export function columnIndices(rows: readonly Node[]): number[][] {
  const coveredUntil: number[] = [];
  return rows.map((row, rowIndex) => {
    let column = 0;
    return row.children.map((cell) => {
      while ((coveredUntil[column] ?? 0) > rowIndex) column++;
      const start = column;
      for (let i = 0; i < (cell.attrs["colspan"] as number); i++)
        coveredUntil[column++] = rowIndex + (cell.attrs["rowspan"] as number);
      return start;
    });
  });
}

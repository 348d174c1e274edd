/**
 * Headings as the rows of a tree: each lies in the nearest one before it that is of a higher rank, whatever ranks are
 * left out. What lies in a closed one has no row.
 */
import type { Heading } from "../../editor/headings.ts";

export type Row = {
  readonly heading: Heading;
  /** From 1, as a screen reader counts it. */
  readonly depth: number;
  /** Among those that lie in the same one, from 1, and how many they are. */
  readonly place: number;
  readonly siblings: number;
  /** Whether there are rows in it, or would be. */
  readonly isParent: boolean;
  readonly isClosed: boolean;
  /** The index of the row that it lies in; -1 at the top. */
  readonly parent: number;
};

type Open = { readonly level: number; readonly row: number; readonly isShown: boolean };

export function rowsOf(headings: readonly Heading[], closed: ReadonlySet<number>): Row[] {
  const rows: Omit<Row, "siblings">[] = [];
  const insideByRow = new Map<number, number>();
  const path: Open[] = [{ level: 0, row: -1, isShown: true }];
  const leave = (level: number): Open => {
    for (let last = path.at(-1); last; last = path.at(-1)) {
      if (last.level < level) return last;
      path.pop();
    }
    throw new RangeError("a heading is of no rank");
  };
  for (const [i, heading] of headings.entries()) {
    const { row: parent, isShown } = leave(heading.level);
    const isClosed = closed.has(heading.key);
    const place = (insideByRow.get(parent) ?? 0) + 1;
    if (isShown) {
      insideByRow.set(parent, place);
      const isParent = (headings[i + 1]?.level ?? 0) > heading.level;
      rows.push({ heading, depth: path.length, place, isParent, isClosed: isClosed && isParent, parent });
    }
    path.push({ level: heading.level, row: rows.length - 1, isShown: isShown && !isClosed });
  }
  return rows.map((row) => ({ ...row, siblings: insideByRow.get(row.parent) ?? 1 }));
}

export type TreeMove =
  | { readonly to: number }
  | { readonly close: number }
  | { readonly open: number }
  | { readonly press: number };

/**
 * What a key does in a tree (WAI-ARIA Authoring Practices, "Tree View").
 * @param at the index of the row that has the focus
 * @param pageRows how many rows are seen at once
 * @returns null where it does nothing
 */
export function treeMove(key: string, at: number, rows: readonly Row[], pageRows: number): TreeMove | null {
  const row = rows[at];
  const last = rows.length - 1;
  if (!row) return null;
  switch (key) {
    case "ArrowDown":
      return { to: Math.min(last, at + 1) };
    case "ArrowUp":
      return { to: Math.max(0, at - 1) };
    case "Home":
      return { to: 0 };
    case "End":
      return { to: last };
    case "PageDown":
      return { to: Math.min(last, at + pageRows) };
    case "PageUp":
      return { to: Math.max(0, at - pageRows) };
    case "ArrowRight":
      if (!row.isParent) return null;
      return row.isClosed ? { open: row.heading.key } : { to: at + 1 };
    case "ArrowLeft":
      if (row.isParent && !row.isClosed) return { close: row.heading.key };
      return row.parent < 0 ? null : { to: row.parent };
    case "Enter":
    case " ":
      return { press: row.heading.key };
    default:
      return null;
  }
}

/** The next row from `at` on that begins with what was typed, round the end; -1 where none does. */
export function rowBeginning(typed: string, at: number, rows: readonly Row[]): number {
  const wanted = typed.toLocaleLowerCase();
  // A first letter goes on to the next row; further ones may stay.
  const first = typed.length === 1 ? 1 : 0;
  for (let i = 0; i < rows.length; i++) {
    const index = (Math.max(0, at) + first + i) % rows.length;
    if (rows[index]?.heading.text.toLocaleLowerCase().startsWith(wanted)) return index;
  }
  return -1;
}

/** Columns for a terminal, and moments as an operator reads them. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => [...(row[i] ?? "")].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - [...cell].length))).join("  ");
  return all.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** UTC, to the second. */
export const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

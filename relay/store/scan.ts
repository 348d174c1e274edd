/**
 * Reads the log of a document without its bodies and finds what does not fit: rows whose checksum or place is wrong,
 * and ordinals that no row has and that were not set aside. It changes nothing.
 */
import type { Damaged } from "./damaged.ts";
import type { Document, Documents } from "./documents.ts";
import { checksumOfIndex, rowOf, type Segment, type Segments } from "./segments.ts";
import type Database from "better-sqlite3";

export interface Tables {
  readonly db: Database.Database;
  readonly documents: Documents;
  readonly segments: Segments;
  readonly damaged: Damaged;
  /** A place in the feed that was never given before. */
  nextSequence(): number;
}

export type Fault =
  /** `to` is where the next row begins, or the log ends. */
  | { readonly kind: "row"; readonly row: number; readonly first: number; readonly to: number }
  | { readonly kind: "gap"; readonly first: number; readonly to: number };

export interface Scanned {
  /** By first ordinal, without bodies; those that hold ordinals from `from` on. */
  readonly segments: readonly Segment[];
  readonly faults: readonly Fault[];
}

export function scan(
  tables: Pick<Tables, "segments" | "damaged">,
  document: Document,
  from: number,
): Scanned {
  const { number, id, next } = document;
  const rows = [...tables.segments.indexes(number, tables.segments.begin(number, from))];
  const segments: Segment[] = [];
  const faults: Fault[] = [];
  let at = from;
  for (const [i, row] of rows.entries()) {
    const first = row.row - rowOf(number, 0);
    const following = rows[i + 1];
    // Where another row has these ordinals already, this one has none.
    const overlaps = first < at && i > 0;
    const to = overlaps ? first : Math.max(first, following ? following.row - rowOf(number, 0) : next);
    const fits =
      row.id === id &&
      row.first === first &&
      row.count > 0 &&
      first + row.count <= next &&
      row.indexChecksum === checksumOfIndex(id, first, row) &&
      !overlaps;
    if (!fits) {
      faults.push({ kind: "row", row: row.row, first, to });
      at = Math.max(at, to);
      continue;
    }
    if (first > at) faults.push(...gaps(tables, id, at, first));
    if (first + row.count > from) segments.push(row);
    at = Math.max(at, first + row.count);
  }
  if (next > at) faults.push(...gaps(tables, id, at, next));
  return { segments, faults };
}

/** The part of a gap that was not set aside. */
function gaps({ damaged }: Pick<Tables, "damaged">, id: string, from: number, to: number): Fault[] {
  const found: Fault[] = [];
  let at = from;
  for (const hole of damaged.of(id)) {
    if (hole.first + hole.count <= at || hole.first >= to) continue;
    if (hole.first > at) found.push({ kind: "gap", first: at, to: hole.first });
    at = hole.first + hole.count;
  }
  if (at < to) found.push({ kind: "gap", first: at, to });
  return found;
}

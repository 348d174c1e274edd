/**
 * Who may do what, out of a damaged store: all of it or nothing, since with one row missing somebody who was revoked
 * could be back. The audit is taken entry by entry, each proves itself.
 */
import type { Row } from "../access/ports.ts";
import {
  checksumOfEntry,
  checksumOfRow,
  revisionKey,
  sumKey,
  sumOf,
  type AccessRows,
} from "./access-rows.ts";
import { isIdentityValue } from "./identity.ts";
import type { MarkState } from "./mark.ts";
import type { Pages, RawRow } from "./pages.ts";
import { peek } from "./peek.ts";

/** What the operator is told where it is not carried over. */
const nobody =
  "who may do what cannot be believed, so nobody is a member any more: invite an owner with `deckle-relay invite --role owner`";

/** Inside a transaction of the new store. */
export function salvageAccess(
  from: string,
  pages: Pages,
  mark: MarkState | undefined,
  to: AccessRows,
): readonly string[] {
  const rows = believedBySqlite(from, mark) ?? believedFromPages(pages, mark);
  to.write(
    (rows ?? []).map(({ key, value }) => ({ key, value, was: undefined })),
    [],
  );
  for (const [entry, value] of [...auditIn(pages)].toSorted(([a], [b]) => a - b)) to.keepEntry(entry, value);
  return rows ? [] : [nobody];
}

function believedBySqlite(from: string, mark: MarkState | undefined): readonly Row[] | undefined {
  const peeked = peek(from);
  if (!peeked.ok || peeked.accessRevision < (mark?.accessRevision ?? 0)) return undefined;
  return peeked.accessRows;
}

/** Pages that are not used any more may hold what was taken away: then the sum does not fit. */
function believedFromPages(pages: Pages, mark: MarkState | undefined): readonly Row[] | undefined {
  const rows = new Map<string, Row>();
  const said = new Map<string, string>();
  for (const { values } of pages.committedRows()) {
    const [key, value, checksum] = values;
    if (values.length !== 3 || typeof key !== "string" || typeof value !== "string") continue;
    if (checksum === checksumOfRow({ key, value })) rows.set(key, { key, value });
    else if (isIdentityValue(key, value, checksum)) said.set(key, value);
  }
  const all = [...rows.values()];
  const isLatest = Number(said.get(revisionKey) ?? 0) >= (mark?.accessRevision ?? 0);
  return isLatest && Number(said.get(sumKey) ?? 0) === sumOf(all) ? all : undefined;
}

function auditIn(pages: Pages): ReadonlyMap<number, string> {
  const entries = new Map<number, string>();
  for (const raw of pages.rows()) {
    const value = entryOf(raw);
    if (value !== undefined && !entries.has(raw.row)) entries.set(raw.row, value);
  }
  return entries;
}

function entryOf({ row, values }: RawRow): string | undefined {
  const [none, value, checksum] = values;
  const isEntry = values.length === 3 && none === null && typeof value === "string";
  return isEntry && checksum === checksumOfEntry(row, value) ? value : undefined;
}

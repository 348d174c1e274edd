/** Proves who may do what and the audit: every checksum, the sum over all rows, and that each row can be read. */
import type Database from "better-sqlite3";
import { readRow } from "../access/records.ts";
import { auditEntriesMax } from "../protocol/limits.ts";
import { AccessRows, checksumOfEntry, checksumOfRow } from "./access-rows.ts";

type Say = (finding: string) => void;

export function* verifyAccess(db: Database.Database, say: Say, note: Say): Generator<undefined, void> {
  const rows = db.prepare("SELECT key, value, checksum FROM access ORDER BY key").raw().all();
  for (const found of rows) {
    const [key, value, checksum]: readonly unknown[] = Array.isArray(found) ? found : [];
    const row = { key: String(key), value: String(value) };
    if (checksum !== checksumOfRow(row)) say(`who may do what: ${row.key} is damaged`);
    else if (!readRow(row)) say(`who may do what: ${row.key} cannot be read`);
  }
  if (!new AccessRows(db).load())
    say(
      "who may do what is not what was written last, so nobody is let in: `deckle-relay repair` begins it anew",
    );
  yield;
  const page = db
    .prepare("SELECT entry, value, checksum FROM audit WHERE entry > ? ORDER BY entry LIMIT ?")
    .raw();
  for (let last = 0; ;) {
    const entries = page.all(last, auditEntriesMax);
    for (const found of entries) {
      const [entry, value, checksum]: readonly unknown[] = Array.isArray(found) ? found : [];
      const number = Number(entry);
      // Numbers are never given twice, and nothing takes entries away.
      if (number > last + 1) note(`audit: entries ${last + 1} to ${number - 1} are lost`);
      if (checksum !== checksumOfEntry(number, String(value))) say(`audit: entry ${number} is damaged`);
      // A damaged tree may lead in circles.
      if (!(number > last)) return say("audit: its entries are not in order");
      last = number;
    }
    if (entries.length < auditEntriesMax) return;
    yield;
  }
}

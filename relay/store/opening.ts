/**
 * What is looked at when a store is opened: that each document's entry is what was written, and that the file is not
 * behind what was answered. A file that cannot be trusted with more is refused.
 */
import type Database from "better-sqlite3";
import { findingsMax, mergeFanIn } from "../protocol/limits.ts";
import type { Report } from "../sync/ports.ts";
import { AccessRows } from "./access-rows.ts";
import { identityOf, newEpoch, writeIdentityValue } from "./identity.ts";
import { readMark, type MarkState } from "./mark.ts";
import { salvageAdvice, StoreProblem } from "./problem.ts";
import type { Repair } from "./repair.ts";
import type { Tables } from "./scan.ts";
import type { Identity } from "./store.ts";

const entriesAtOnce = 1_000;

/** Makes damaged entries again. `toMerge` are the numbers of documents with many small segments. */
export function checkEntries(tables: Tables, repair: Repair, file: string): { toMerge: readonly number[] } {
  const { db, documents } = tables;
  const isWrong = (pragma: string): boolean => db.pragma(pragma, { simple: true }) !== "ok";
  const refused = (): StoreProblem => new StoreProblem(`${file} is damaged: ${salvageAdvice}`);
  const damaged: number[] = [];
  const toMerge: number[] = [];
  for (let last = 0; ;) {
    const page = documents.after(last, entriesAtOnce);
    for (const each of page) {
      if ("damaged" in each) damaged.push(each.number);
      else if (each.tail >= mergeFanIn) toMerge.push(each.number);
    }
    const end = page.at(-1)?.number ?? last + 1;
    // A damaged tree may lead in circles.
    if (end <= last) throw refused();
    last = end;
    if (page.length < entriesAtOnce) break;
  }
  const areIndexesWrong = isWrong("integrity_check(documents)");
  if (!areIndexesWrong && damaged.length === 0) return { toMerge };
  // Only the content of rows can be put right; writing into a damaged tree would damage what is still whole.
  if (damaged.length > findingsMax || isWrong("quick_check(1)")) throw refused();
  db.transaction(() => {
    if (areIndexesWrong) db.exec("REINDEX documents");
    for (const number of damaged) repair.row(number);
  })();
  if (isWrong("integrity_check(documents)")) throw refused();
  return { toMerge };
}

/** Commits that were answered and are not in the file: the feed begins a new numbering, and it is written down. */
export function meetMark(
  { db, documents, segments, damaged }: Tables,
  file: string,
  report: Report,
): Identity {
  const mark = readMark(file);
  const held = documents.lastSequence();
  const isNew = held === 0 && segments.lastDocument() === 0;
  const identity = identityOf(db, mark, isNew, file);
  if (!mark || mark.epoch !== identity.epoch) return identity;
  meetAccess(db, mark, report);
  if (mark.sequence <= held) return identity;
  const reason = `${mark.sequence - held} commits that were answered are not in the file`;
  const epoch = newEpoch();
  const none = new Uint8Array();
  db.transaction(() => {
    writeIdentityValue(db, "epoch", epoch);
    damaged.setAside({ id: null, first: 0, count: 0, reason, hashes: none, bytes: none });
  })();
  report("store-commits-lost", { reached: mark.sequence, held });
  return { ...identity, epoch };
}

/** Who was revoked meanwhile would be in again: nobody is let in until the operator has seen to it. */
function meetAccess(db: Database.Database, mark: MarkState, report: Report): void {
  const access = new AccessRows(db);
  const { revision } = access;
  if (mark.accessRevision <= revision || !access.load()) return;
  db.transaction(() => access.disbelieve())();
  report("access-lost", { reached: mark.accessRevision, held: revision });
}

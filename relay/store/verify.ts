/**
 * Proves a store whole: SQLite's own check, every checksum, every chunk's hash computed again, every dep there, the
 * ordinals without a gap, heads as the log makes them, snapshots. It changes nothing. Each step is a turn, so that it
 * can run beside others; memory follows the largest document's number of changes.
 */
import { z } from "zod";
import { findingsMax, ordinalsMax } from "../protocol/limits.ts";
import { parseChange, type Hashing } from "../sync/chunk.ts";
import { fromHex } from "../sync/bytes.ts";
import { AccessRows } from "./access-rows.ts";
import { Damaged, type DamagedEntry } from "./damaged.ts";
import { Documents, type Document } from "./documents.ts";
import { HeadsFinder } from "./heads.ts";
import { nodeHashing } from "./hashing.ts";
import { readIdentityValue } from "./identity.ts";
import { readMark } from "./mark.ts";
import { reasonOf } from "./problem.ts";
import { openReadOnly } from "./schema.ts";
import type { Tables } from "./scan.ts";
import { checksumOfBody, checksumOfIndex, Segments, type Segment } from "./segments.ts";
import { Snapshots } from "./snapshots.ts";
import type { Verified } from "./store.ts";
import { verifyAccess } from "./verify-access.ts";
import { entriesOf, keyOf, offsetsOf } from "./stretches.ts";

type Readable = Omit<Tables, "nextSequence">;
type Say = (finding: string) => void;

/** The file of a store that nobody has open; it is not written to. Throws `StoreProblem` if it cannot be opened. */
export function verifyFile(file: string): Verified {
  const db = openReadOnly(file);
  try {
    const tables = { db, documents: new Documents(db), segments: new Segments(db), damaged: new Damaged(db) };
    const steps = verifyTables(tables, new Snapshots(db), nodeHashing);
    let step = steps.next();
    while (!step.done) step = steps.next();
    const verified = step.value;
    const mark = readMark(file);
    const held = tables.documents.lastSequence();
    if (!mark || mark.epoch !== readIdentityValue(db, "epoch")) return verified;
    const lost = [
      ...(mark.sequence > held
        ? [`${mark.sequence - held} commits that were answered are not in the file`]
        : []),
      ...(mark.accessRevision > new AccessRows(db).revision
        ? ["who may do what was changed later than the file knows: nobody will be let in"]
        : []),
    ];
    return { ...verified, faults: [...verified.faults, ...lost] };
  } catch (error) {
    return { documents: 0, changes: 0, faults: [reasonOf(error)], notes: [] };
  } finally {
    db.close();
  }
}

export function* verifyTables(
  tables: Readable,
  snapshots: Snapshots,
  hashing: Hashing,
): Generator<undefined, Verified> {
  const faults: string[] = [];
  const notes: string[] = [];
  let unsaid = 0;
  const say: Say = (finding) => void (faults.length < findingsMax ? faults.push(finding) : unsaid++);
  const note: Say = (finding) => void (notes.length < findingsMax && notes.push(finding));
  checkFile(tables, say);
  for (const { reason } of tables.damaged.unnamed()) note(reason);
  yield;
  yield* verifyAccess(tables.db, say, note);
  let documents = 0;
  let changes = 0;
  for (let last = 0; ;) {
    const [found] = tables.documents.after(last, 1);
    const stray = tables.segments.documentFrom(last + 1);
    // A damaged tree may lead in circles.
    if ((found?.number ?? last + 1) <= last || (stray ?? last + 1) <= last) {
      say("the documents are not in order");
      break;
    }
    if (stray !== undefined && stray < (found?.number ?? Number.POSITIVE_INFINITY)) {
      say(`there are changes of a document ${stray} that is not listed`);
      last = stray;
      continue;
    }
    if (!found) break;
    last = found.number;
    documents++;
    if ("damaged" in found) say(`the entry of document ${found.number} is damaged`);
    else {
      changes += yield* verifyDocument(tables, found, hashing, say, note);
      const finding = yield* snapshots.verify(found.number, found.id);
      if (finding !== undefined) say(finding);
    }
    yield;
  }
  if (unsaid > 0) faults.push(`and ${unsaid} more`);
  return { documents, changes, faults, notes };
}

const checkRows = z.array(z.object({ integrity_check: z.string() }));

function checkFile({ db }: Readable, say: Say): void {
  for (const { integrity_check: lines } of checkRows.parse(db.pragma("integrity_check")))
    for (const line of lines.split("\n"))
      if (line !== "ok" && !line.startsWith("***")) say(`SQLite: ${line}`);
  for (const key of ["relayId", "workspace", "epoch"]) {
    if (typeof readIdentityValue(db, key) !== "string") say(`who the relay is (${key}) is damaged`);
  }
}

/** How many changes are there. */
function* verifyDocument(
  tables: Readable,
  document: Document,
  hashing: Hashing,
  say: Say,
  note: Say,
): Generator<undefined, number> {
  const { number, id, next } = document;
  const finder = new HeadsFinder();
  const aside = tables.damaged.of(id);
  let changes = 0;
  let at = 0;
  let bytes = 0;
  const skipTo = (to: number): void => {
    let from = at;
    for (const { first, count } of aside) {
      if (first + count <= from || first >= to) continue;
      if (first > from) say(`${id}: changes ${from} to ${first - 1} are lost`);
      from = first + count;
    }
    if (from < to) say(`${id}: changes ${from} to ${to - 1} are lost`);
  };
  for (;;) {
    const [row] = tables.segments.whole(number, at, ordinalsMax, 1);
    const first = row ? row.row - number * ordinalsMax : next;
    if (!row || first >= next) break;
    if (first < at) {
      say(`${id}: its changes from ${at} on are not in order`);
      break;
    }
    skipTo(first);
    verifySegment(id, first, row, finder, hashing, say);
    changes += Math.max(0, row.count);
    bytes += row.body.length;
    at = first + Math.max(1, Math.min(row.count, ordinalsMax));
    yield;
  }
  skipTo(next);
  if (at > next) say(`${id}: its log ends at ${at}, its entry says ${next}`);
  for (const hash of finder.missing()) say(`${id}: lacks ${hash}, which others depend on`);
  const now = tables.documents.find(id);
  const isSame = now && !("damaged" in now) && now.sequence === document.sequence;
  // Beside a commit the entry is of another moment.
  if (isSame && keyOf(finder.heads()) !== keyOf(document.heads))
    say(`${id}: its heads are not those of its log`);
  if (isSame && bytes !== document.bytes) say(`${id}: has ${bytes} bytes, its entry says ${document.bytes}`);
  sayAside(id, aside, finder, say, note);
  return changes;
}

function sayAside(
  id: string,
  aside: readonly DamagedEntry[],
  finder: HeadsFinder,
  say: Say,
  note: Say,
): void {
  for (const { first, count, reason, hashes } of aside) {
    const changes = count > 0 ? `changes ${first} to ${first + count - 1}` : "changes without a place";
    const what = `${id}: ${changes} were set aside (${reason})`;
    if (hashes.length === 0) say(`${what}, and nothing says which they were`);
    else if (hasAll(finder, hashes)) note(`${what}, and came again`);
    else say(what);
  }
}

function hasAll(finder: HeadsFinder, hashes: Uint8Array): boolean {
  for (let at = 0; at < hashes.length; at += 32) if (!finder.has(hashes.subarray(at, at + 32))) return false;
  return true;
}

function verifySegment(
  id: string,
  first: number,
  segment: Segment,
  finder: HeadsFinder,
  hashing: Hashing,
  say: Say,
): void {
  const { count, index, body } = segment;
  const where = `${id}: changes ${first} to ${first + Math.max(1, count) - 1}`;
  if (segment.id !== id || segment.first !== first || count < 1) return say(`${where}: belong elsewhere`);
  const indexFits = segment.indexChecksum === checksumOfIndex(id, first, segment);
  const bodyFits = segment.bodyChecksum === checksumOfBody(id, first, segment);
  if (!indexFits) say(`${where}: the checksum of their index is wrong`);
  if (!bodyFits) say(`${where}: the checksum of their bytes is wrong`);
  const entries = indexFits ? entriesOf(index, count) : undefined;
  const offsets = bodyFits ? offsetsOf(body, count) : undefined;
  if (indexFits && (!entries || !finder.addIndex(index, count))) say(`${where}: their index is none`);
  if (bodyFits && !offsets) say(`${where}: their bytes are no changes`);
  if (!entries || !offsets) return;
  for (const [at, { hash, size, actor, seq, deps }] of entries.entries()) {
    const end = offsets[at + 1] ?? 0;
    const parsed = parseChange(body.subarray(end - size, end), hashing);
    if (!parsed.ok) say(`${id}: change ${first + at}: ${parsed.fault}`);
    else {
      const { change } = parsed;
      const known = deps.map((dep) => (typeof dep === "number" ? entries[dep]?.hash : dep));
      const same =
        keyOf(fromHex(change.hash)) === keyOf(hash) &&
        change.actor === actor &&
        change.seq === seq &&
        change.deps.length === known.length &&
        change.deps.every((dep, i) => keyOf(fromHex(dep)) === keyOf(known[i] ?? new Uint8Array()));
      if (!same) say(`${id}: change ${first + at}: its index is that of another`);
    }
  }
}

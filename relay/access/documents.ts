/** Decisions about single documents: in which of them somebody may do less, and into which a history may be brought. */
import { importMs, importsForgottenAtOnceMax, importsMax, narrowingsMax } from "../protocol/limits.ts";
import { isAtLeast, lesser, type Share } from "../protocol/roles.ts";
import { asker, authorOf, decided, put, refuse, roleOf, take, type By, type Decision } from "./decision.ts";
import { operator, type AccessRecord, type Import } from "./records.ts";
import type { Roster } from "./roster.ts";

export interface Narrowed {
  readonly documentId: string;
  /** Everybody but owners if absent. */
  readonly member?: string;
  /** Undefined takes the narrowing back. */
  readonly share?: Share | undefined;
}

export function narrow(roster: Roster, by: By, wanted: Narrowed, nowMs: number): Decision {
  if (roleOf(roster, by) !== "owner") return refuse("forbidden");
  const { documentId, member, share } = wanted;
  if (member !== undefined && !roster.member(member)) return refuse("forbidden");
  const of = { documentId, ...(member !== undefined && { member }) };
  const record: AccessRecord = { kind: "narrowing", value: { ...of, share: share ?? "none" } };
  const isNew = share !== undefined && roster.valueOf(record) === undefined;
  if (isNew && roster.narrowingCount >= narrowingsMax) return refuse("too-many");
  return decided(
    { atMs: nowMs, what: "narrowed", ...authorOf(by), ...of, ...(share !== undefined && { share }) },
    [share === undefined ? take(roster, record) : put(roster, record)],
    asker(roster, by),
  );
}

export interface ImportWanted {
  readonly documentId: string;
  /** The document that it is the comments on, if it is comments. */
  readonly commented: string | undefined;
  /** Nothing is stored of the document, nor of the one that it comments on. */
  readonly isNew: boolean;
  readonly isCommentedNew: boolean;
}

/**
 * Lets the device bring a history from elsewhere, with changes of whatever authors, into a document that is new here.
 *
 * Nobody else can have written there, so no rightful author is shut out by a forged change. The comments on a document
 * are new only as long as it is: their id is known before anybody has commented, so otherwise an editor could take
 * them over in advance.
 *
 * The first change of another device ends it: from then on the document is one that people write in.
 */
export function importHistory(roster: Roster, by: By, wanted: ImportWanted, nowMs: number): Decision {
  if (by === operator) return refuse("forbidden");
  const { documentId, commented, isNew, isCommentedNew } = wanted;
  const { device } = by;
  const own = roster.shareOfDevice(device, documentId);
  const share = commented === undefined ? own : lesser(own, roster.shareOfDevice(device, commented));
  if (!isAtLeast(share, "editor")) return refuse("forbidden");
  const comesWithIt = commented !== undefined && roster.isImporting(device, commented, nowMs);
  if (!isNew || (commented !== undefined && !isCommentedNew && !comesWithIt)) return refuse("not-new");
  const over = roster.imports.filter(
    (each) => each.expiresMs <= nowMs || roster.roleOfDevice(each.device) === undefined,
  );
  if (roster.imports.length - over.length >= importsMax) return refuse("too-many");
  const value: Import = { documentId, device, atMs: nowMs, expiresMs: nowMs + importMs };
  const forgotten = over
    .slice(0, importsForgottenAtOnceMax)
    .map((each) => take(roster, { kind: "import", value: each }));
  return decided(
    { atMs: nowMs, what: "imported", ...authorOf(by), documentId },
    [...forgotten, put(roster, { kind: "import", value })],
    asker(roster, by),
  );
}

/** Takes imports away that have ended because somebody else has written there. */
export function endImports(roster: Roster, by: By, ended: readonly Import[], nowMs: number): Decision {
  const [first] = ended;
  const changes = ended
    .map((value) => take(roster, { kind: "import", value }))
    .filter(({ was }) => was !== undefined);
  // Another node was told of it as well.
  if (!first || changes.length === 0) return refuse("forbidden");
  const { documentId } = first;
  return decided({ atMs: nowMs, what: "import-ended", ...authorOf(by), documentId }, changes, []);
}

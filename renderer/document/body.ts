/**
 * The Automerge side of a document: making one, asking its body, running operations on it.
 *
 * Operations go through Automerge's low-level interface: `splitBlock` and `updateBlock` of the
 * high-level one write strings as collaborative texts and replace a block to change it.
 */
import * as A from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import { containerKey } from "./block.ts";
import type { Block, Container } from "./block.ts";
import { dropCopy, writeChange } from "./change.ts";
import type { Change, Handle } from "./change.ts";
import { isRun, itemLength, itemsBetween } from "./flat.ts";
import { insertedText } from "./inserted.ts";
import type { Inserted } from "./inserted.ts";
import { guardedInsertionsMin, samplesMax } from "./limits.ts";
import { remark } from "./operations.ts";
import type { BlockChange, Operation } from "./operations.ts";
import type { Span } from "./render.ts";
import { isScalar } from "./scalar.ts";
import type { Scalar } from "./scalar.ts";
import { embedCharacter, markExpands } from "./stored-marks.ts";
import type { StoredMarks } from "./stored-marks.ts";
import type { Truth } from "./truth.ts";

export const documentKind = "deckle/document";
export const documentVersion = 1;

/** A document as Automerge holds it. Texts are collaborative; the rest are scalars. */
export type DeckleDocument = {
  kind: A.ImmutableString;
  version: number;
  title: string;
  body: string;
  people: Record<string, string>;
};

/** Fields a new document begins with: a title and one empty paragraph (see `firstBlock`). */
export const emptyDocument = (title: string): DeckleDocument => ({
  kind: new A.ImmutableString(documentKind),
  version: documentVersion,
  title,
  body: "",
  people: {},
});

/** What a new body holds: without a marker of its own, two writers' first edits would each add one. */
export const firstBlock: Operation = {
  type: "insertBlock",
  at: 0,
  block: { type: "paragraph", parents: [], attrs: {} },
};

export const bodySpans = (doc: A.Doc<DeckleDocument>): Span[] => A.spans(doc, ["body"]) as Span[];

/** The id of one of the document's texts; null where there is something else, or nothing. */
function textAt(handle: Handle, field: "body" | "title"): string | null {
  const found = handle.getWithType("_root", field);
  return found?.[0] === "text" ? found[1] : null;
}

function textId(handle: Handle, field: "body" | "title"): string {
  const id = textAt(handle, field);
  if (id === null) throw new Error(`the document has no ${field}`);
  return id;
}

/** Whether a document is one that can be opened. */
export function hasTexts(doc: A.Doc<unknown>): boolean {
  const handle = A.getBackend(doc);
  return textAt(handle, "body") !== null && textAt(handle, "title") !== null;
}

/**
 * The title as Automerge has it. Not the copy in JavaScript: after a change at earlier heads, that has been seen to say
 * a title twice.
 */
export function titleText(doc: A.Doc<unknown>): string {
  const handle = A.getBackend(doc);
  return textAt(handle, "title") === null ? "" : handle.text(textId(handle, "title"));
}

/** Drops the body's copy (`change.ts`), for a document that is opened: what comes in need not bring it up to date. */
export const lighten = (doc: A.Doc<DeckleDocument>): void => dropCopy(doc, "body");

/**
 * Writes operations to the body.
 * @throws where one does not fit the body; the change under way must then be rolled back as a whole
 */
function writeOperations(handle: Handle, operations: readonly Operation[]): void {
  const body = textId(handle, "body");
  for (let index = 0; index < operations.length;) {
    const run = runFrom(operations, index);
    // Before an insertion Automerge walks over all deleted text and marks that follow, up to the next letter that is
    // there: thousands of insertions where a formatted book was deleted take minutes. So they get a letter to stand before.
    const isGuarded = run.insertions >= guardedInsertionsMin;
    if (isGuarded) handle.splice(body, run.from, 0, " ");
    for (; index < run.next; index++) {
      const operation = operations[index];
      if (operation) runOne(handle, body, operation);
    }
    if (isGuarded) handle.splice(body, run.to, 1, "");
  }
}

/** Operations that follow one another in the order of the text. */
type Run = {
  /** The index of the first operation that is no longer of it. */
  next: number;
  insertions: number;
  /** Where they insert, and where what they inserted ends. */
  from: number;
  to: number;
};

/** The operations from `start` on that insert, each where the one before ended. */
function runFrom(operations: readonly Operation[], start: number): Run {
  const run: Run = { next: start + 1, insertions: 0, from: 0, to: 0 };
  for (let index = start; index < operations.length; index++) {
    const insertion = insertionOf(operations[index]);
    if (!insertion || (run.insertions > 0 && insertion.at !== run.to)) break;
    if (run.insertions === 0) run.from = insertion.at;
    run.insertions++;
    run.to = insertion.at + insertion.length;
    run.next = index + 1;
  }
  return run;
}

function insertionOf(operation: Operation | undefined): { at: number; length: number } | null {
  if (operation?.type === "insertBlock") return { at: operation.at, length: 1 };
  const isInsertion = operation?.type === "splice" && operation.deleteCount === 0 && operation.text !== "";
  return isInsertion ? { at: operation.at, length: operation.text.length } : null;
}

/** Writes operations to the body, inside a change by Automerge's `change`. */
export const runOperations = (draft: A.Doc<DeckleDocument>, operations: readonly Operation[]): void =>
  writeOperations(A.getBackend(draft), operations);

function runOne(handle: Handle, body: string, operation: Operation): void {
  switch (operation.type) {
    case "splice":
      handle.splice(body, operation.at, operation.deleteCount, operation.text);
      return;
    case "insertBlock":
      insertBlock(handle, body, operation.at, operation.block);
      return;
    case "updateBlock":
      updateBlock(handle, body, operation.at, operation.change);
      return;
    case "mark": {
      const { from: start, to: end, name, value } = operation;
      const range = { start, end, expand: expandOf(name) };
      if (typeof value === "number") handle.mark(body, range, name, value, numberType(value));
      else handle.mark(body, range, name, value);
      return;
    }
    case "unmark": {
      const { from: start, to: end, name } = operation;
      handle.unmark(body, { start, end, expand: expandOf(name) }, name);
    }
  }
}

const expandOf = (name: string): "after" | "none" => (markExpands(name) ? "after" : "none");

function insertBlock(handle: Handle, body: string, at: number, block: Block): void {
  const marker = handle.insertObject(body, at, {});
  handle.put(marker, "type", block.type, "str");
  putParents(handle, marker, block.parents);
  const attrs = handle.putObject(marker, "attrs", {});
  for (const [name, value] of Object.entries(block.attrs)) putScalar(handle, attrs, name, value);
  handle.put(marker, "isEmbed", false);
}

function updateBlock(handle: Handle, body: string, at: number, change: BlockChange): void {
  const found = handle.getWithType(body, at);
  if (found?.[0] !== "map") throw new RangeError(`no block at ${at}`);
  const marker = found[1];
  if (change.type !== undefined) handle.put(marker, "type", change.type, "str");
  if (change.parents) putParents(handle, marker, change.parents);
  if (!change.attrs) return;
  const known = handle.getWithType(marker, "attrs");
  const attrs = known?.[0] === "map" ? known[1] : handle.putObject(marker, "attrs", {});
  for (const [name, value] of Object.entries(change.attrs)) {
    if (value === null) handle.delete(attrs, name);
    else putScalar(handle, attrs, name, value);
  }
}

function putParents(handle: Handle, marker: string, parents: readonly Container[]): void {
  const list = handle.putObject(marker, "parents", []);
  for (const container of parents) handle.push(list, containerKey(container), "str");
}

/** Automerge's integers have 64 bits; those that JavaScript cannot count by ones it gives back as bigint. */
const numberType = (value: number): "int" | "f64" =>
  Number.isInteger(value) && Math.abs(value) < 2 ** 52 ? "int" : "f64";

function putScalar(handle: Handle, map: string, name: string, value: Scalar): void {
  if (typeof value === "string") handle.put(map, name, value, "str");
  else if (typeof value === "number") handle.put(map, name, value, numberType(value));
  else handle.put(map, name, value);
}

/**
 * Writes operations as one change. Text typed where a mark once ended (its letters deleted since)
 * gets that mark from Automerge, unseen by ProseMirror; the patches tell, and a second change mends
 * it. Only inserted text needs them.
 * @param view the ProseMirror document after the operations
 * @throws what Automerge throws; nothing was written then
 */
export function commit(change: Change, operations: readonly Operation[], view: Node): void {
  const inserts = operations.some((operation) => operation.type === "splice" && operation.text !== "");
  const patches = change((handle) => writeOperations(handle, operations), inserts);
  const corrections = markCorrections(patches, view);
  if (corrections.length > 0) change((handle) => writeOperations(handle, corrections), false);
}

/** `commit` to a replica that nothing else holds. @returns it as it is then */
export function commitTo(
  doc: A.Doc<DeckleDocument>,
  operations: readonly Operation[],
  view: Node,
  now: number,
): A.Doc<DeckleDocument> {
  let replica = doc;
  const change: Change = (run, wantPatches) => {
    const written = writeChange(replica, "body", run, { wantPatches, now });
    replica = written.doc;
    return written.patches;
  };
  commit(change, operations, view);
  return replica;
}

/** Operations that give inserted text the marks it has in the view. */
function markCorrections(patches: readonly A.Patch[], view: Node): Operation[] {
  const operations: Operation[] = [];
  for (const stretch of stretches(insertedText(patches, "body"))) {
    const [first] = stretch;
    const last = stretch.at(-1);
    if (!first || !last) continue;
    let index = 0;
    let from = first.from;
    for (const item of itemsBetween(view, from, last.to)) {
      const end = from + itemLength(item);
      while (from < end) {
        const inserted = stretch[index];
        if (!inserted) break;
        const to = Math.min(end, inserted.to);
        if (isRun(item) && !item.hidesMarks)
          operations.push(...remark(from, to, marksOn(inserted.marks), item.marks));
        if (to === inserted.to) index++;
        from = to;
      }
    }
  }
  return operations;
}

/** Those that touch one another together: the view is walked through once for each stretch. */
function stretches(runs: readonly Inserted[]): Inserted[][] {
  const all: Inserted[][] = [];
  for (const run of runs) {
    const last = all.at(-1);
    if (last && last.at(-1)?.to === run.from) last.push(run);
    else all.push([run]);
  }
  return all;
}

/** The marks of a patch that are on; one that is off comes as null or false. */
const marksOn = (marks: Readonly<Record<string, unknown>>): StoredMarks =>
  Object.fromEntries(
    Object.entries(marks).filter(
      (entry): entry is [string, Scalar] => isScalar(entry[1]) && entry[1] !== null && entry[1] !== false,
    ),
  );

/** What the body holds, to be asked piece by piece. */
export function truthOf(doc: A.Doc<DeckleDocument>): Truth {
  const handle = A.getBackend(doc);
  const body = textId(handle, "body");
  return {
    length: handle.length(body),
    block: (at) => {
      const found = handle.getWithType(body, at);
      return found?.[0] === "map" ? (handle.materialize(found[1]) as Record<string, unknown>) : null;
    },
    agrees: (at, text) => {
      const count = Math.min(samplesMax, text.length);
      for (let i = 0; i < count; i++) {
        const sample = count > 1 ? Math.round((i * (text.length - 1)) / (count - 1)) : 0;
        if (!charactersAt(handle, body, at + sample).includes(text.charAt(sample))) return false;
      }
      return true;
    },
  };
}

/** What a unit belongs to: both halves of a surrogate pair give the pair. */
function charactersAt(handle: Handle, body: string, at: number): string {
  const found = handle.getWithType(body, at);
  if (!found) return "";
  return found[0] === "str" ? found[1] : embedCharacter;
}

/** Replaces part of the title, inside a change. Offsets are UTF-16. */
export function spliceTitle(
  draft: A.Doc<DeckleDocument>,
  at: number,
  deleteCount: number,
  text: string,
): void {
  const handle = A.getBackend(draft);
  handle.splice(textId(handle, "title"), at, deleteCount, text);
}

/**
 * The Automerge side of a document: making one, reading its spans, running operations on its body.
 *
 * Operations go through Automerge's low-level interface: `splitBlock` and `updateBlock` of the
 * high-level one write strings as collaborative texts and replace a block to change it.
 */
import * as A from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import { containerKey } from "./block.ts";
import type { Block, Container } from "./block.ts";
import { isRun, itemLength, itemsBetween } from "./flat.ts";
import { insertedText } from "./inserted.ts";
import { remark } from "./operations.ts";
import type { BlockChange, Operation } from "./operations.ts";
import type { Span } from "./render.ts";
import { isScalar } from "./scalar.ts";
import type { Scalar } from "./scalar.ts";
import { markExpands } from "./stored-marks.ts";
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

type Handle = ReturnType<typeof A.getBackend>;

function textId(doc: A.Doc<DeckleDocument>, field: "body" | "title"): string {
  const id = A.getObjectId(doc, field);
  if (id === null) throw new Error(`the document has no ${field}`);
  return id;
}

/**
 * Runs operations on the body, inside a change.
 * @param draft what the change callback is given
 * @throws where an operation does not fit the body; the change is then rolled back as a whole
 */
export function runOperations(draft: A.Doc<DeckleDocument>, operations: readonly Operation[]): void {
  const handle = A.getBackend(draft);
  const body = textId(draft, "body");
  for (const operation of operations) runOne(handle, body, operation);
}

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
      if (typeof value === "number" && Number.isInteger(value)) handle.mark(body, range, name, value, "int");
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

function putScalar(handle: Handle, map: string, name: string, value: Scalar): void {
  if (typeof value === "string") handle.put(map, name, value, "str");
  else if (typeof value === "number" && Number.isInteger(value)) handle.put(map, name, value, "int");
  else handle.put(map, name, value);
}

/** Makes one change and gives the document after it: Automerge itself in tests, a DocHandle in the engine. */
export type Change = (callback: (draft: A.Doc<DeckleDocument>) => void) => A.Doc<DeckleDocument>;

/**
 * Writes operations as one change. Text typed where a mark once ended (its letters deleted since)
 * gets that mark from Automerge, unseen by ProseMirror; the diff tells, and a second change mends it.
 * @param doc the document before
 * @param view the ProseMirror document after the operations
 * @throws what Automerge throws; nothing was written then
 */
export function commit(
  doc: A.Doc<DeckleDocument>,
  change: Change,
  operations: readonly Operation[],
  view: Node,
): void {
  const before = A.getHeads(doc);
  const after = change((draft) => runOperations(draft, operations));
  const corrections = markCorrections(A.diff(after, before, A.getHeads(after)), view);
  if (corrections.length > 0) change((draft) => runOperations(draft, corrections));
}

/** Operations that give inserted text the marks it has in the view. */
function markCorrections(patches: readonly A.Patch[], view: Node): Operation[] {
  const operations: Operation[] = [];
  for (const inserted of insertedText(patches, "body")) {
    const actual = marksOn(inserted.marks);
    let from = inserted.from;
    for (const item of itemsBetween(view, inserted.from, inserted.to)) {
      const to = from + itemLength(item);
      if (isRun(item) && !item.hidesMarks) operations.push(...remark(from, to, actual, item.marks));
      from = to;
    }
  }
  return operations;
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
  const body = textId(doc, "body");
  const text = String(doc.body);
  return {
    text: (from, to) => text.slice(from, to),
    length: text.length,
    block: (at) => {
      const found = handle.getWithType(body, at);
      return found?.[0] === "map" ? (handle.materialize(found[1]) as Record<string, unknown>) : null;
    },
  };
}

/** Replaces part of the title, inside a change. Offsets are UTF-16. */
export function spliceTitle(
  draft: A.Doc<DeckleDocument>,
  at: number,
  deleteCount: number,
  text: string,
): void {
  A.getBackend(draft).splice(textId(draft, "title"), at, deleteCount, text);
}

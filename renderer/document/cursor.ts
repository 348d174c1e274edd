/**
 * Places in a document that stay where they are while others write: ProseMirror position ⇄
 * Automerge cursor. For presence, the anchors of comments, and history.
 *
 * A cursor holds on to one unit of the CRDT, the one before the place or the one after it: what is
 * typed right at the place comes to lie on the other side. When its unit is deleted it goes to the
 * nearest one on its own side.
 */
import * as A from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import type { DeckleDocument } from "./body.ts";
import { flatLength, offsetAt, positionAt } from "./flat.ts";

/** A place. `side`: -1 holds on to what is before it (a caret), 1 to what is after it (the start of a range). */
export type DocumentCursor = { readonly cursor: A.Cursor; readonly side: -1 | 1 };

/** Both ends of a stretch: text typed at either end is not in it. */
export type DocumentRange = { readonly from: DocumentCursor; readonly to: DocumentCursor };

const path = ["body"];

/**
 * @param view the document as rendered from `doc`
 * @param pos a position in `view`
 * @throws RangeError for a position outside of it
 */
export function cursorAt(
  doc: A.Doc<DeckleDocument>,
  view: Node,
  pos: number,
  side: -1 | 1 = -1,
): DocumentCursor {
  const offset = offsetAt(view, pos);
  if (side === 1) return { cursor: A.getCursor(doc, path, offset), side };
  // Before the first unit there is none to hold on to but the start itself.
  return { cursor: A.getCursor(doc, path, offset === 0 ? "start" : offset - 1), side };
}

/**
 * @param doc any later state of the document, or another replica that has the cursor's unit
 * @param view the document as rendered from `doc`
 * @returns the position; null for a cursor of another document, or of changes that `doc` does not have
 */
export function positionOf(
  doc: A.Doc<DeckleDocument>,
  view: Node,
  { cursor, side }: DocumentCursor,
): number | null {
  const offset = offsetOf(doc, cursor, side);
  return offset === null ? null : positionAt(view, Math.min(offset, flatLength(view)));
}

function offsetOf(doc: A.Doc<DeckleDocument>, cursor: A.Cursor, side: -1 | 1): number | null {
  try {
    const at = A.getCursorPosition(doc, path, cursor);
    if (side === 1 || cursor === startCursor) return at;
    // A deleted unit's cursor is at the unit that follows it: the place itself.
    if (A.getCursor(doc, path, at) !== cursor) return at;
    // A surrogate pair is one unit to Automerge, two to offsets.
    const unit = A.getBackend(doc).getWithType(A.getObjectId(doc, "body") as string, at);
    return at + (unit?.[0] === "str" ? unit[1].length : 1);
  } catch {
    return null;
  }
}

/** How Automerge spells the cursor of the start. */
const startCursor = "s";

/** @throws RangeError for positions outside of `view` */
export function rangeAt(doc: A.Doc<DeckleDocument>, view: Node, from: number, to: number): DocumentRange {
  return { from: cursorAt(doc, view, from, 1), to: cursorAt(doc, view, to, -1) };
}

/** @returns the stretch as it is now, empty where all of it was deleted; null as `positionOf` */
export function rangeOf(
  doc: A.Doc<DeckleDocument>,
  view: Node,
  range: DocumentRange,
): { from: number; to: number } | null {
  const from = positionOf(doc, view, range.from);
  const to = positionOf(doc, view, range.to);
  if (from === null || to === null) return null;
  return from <= to ? { from, to } : { from: to, to };
}

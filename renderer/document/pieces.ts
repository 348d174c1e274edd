/**
 * The flat run of a document with patches applied to it: what they did not touch is named by its old
 * offsets, new text is spelled out, and of a marker that is new or changed only its place is kept:
 * what it says is asked of the CRDT afterwards. Costs what was patched, whatever the document's length.
 */
import type { Patch } from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import { flatLength, isBlock, isRun, itemsBetween } from "./flat.ts";
import { embedCharacter, embedName } from "./stored-marks.ts";

/** A stretch of the old run. */
type Old = { kind: "old"; from: number; to: number };
/** Text. U+FFFC may be a marker all the same: patches put it where a block is. */
type Text = { kind: "text"; text: string; marks: Record<string, unknown>; hidesMarks: boolean };
/** A marker, or `length` units that show nothing. */
type Marker = { kind: "marker"; length: number };
export type Piece = Old | Text | Marker;

export const lengthOf = (piece: Piece): number =>
  piece.kind === "old" ? piece.to - piece.from : piece.kind === "text" ? piece.text.length : piece.length;

export class Pieces {
  private pieces: Piece[];
  private readonly doc: Node;

  /** @param doc the document as it was before the patches */
  constructor(doc: Node) {
    this.doc = doc;
    this.pieces = [{ kind: "old", from: 0, to: flatLength(doc) }];
  }

  get list(): readonly Piece[] {
    return this.pieces;
  }

  /** Applies one patch of the body. @returns false for what no change of a body gives */
  apply(patch: Patch): boolean {
    const [, at, ...rest] = patch.path;
    if (at === undefined) return this.applyMarks(patch);
    if (typeof at !== "number") return false;
    if (rest.length > 0) {
      // A field of a marker.
      const [piece] = this.cut(at, at + 1);
      if (!piece) return false;
      if (piece.kind === "old") this.replace(at, at + 1, [{ kind: "marker", length: 1 }]);
      return true;
    }
    if (patch.action === "splice") {
      const text: Text = { kind: "text", text: patch.value, marks: { ...patch.marks }, hidesMarks: false };
      this.replace(at, at, [text]);
      return true;
    }
    if (patch.action === "insert") {
      // A block whose fields follow; anything else in a text is not ours.
      if (!patch.values.every((value) => typeof value === "object" && value !== null)) return false;
      this.replace(at, at, [{ kind: "marker", length: patch.values.length }]);
      return true;
    }
    if (patch.action === "del") {
      this.replace(at, at + (patch.length ?? 1), []);
      return true;
    }
    return patch.action === "conflict";
  }

  private applyMarks(patch: Patch): boolean {
    if (patch.action === "mark")
      return patch.marks.every(({ name, value, start, end }) => this.mark(start, end, name, value));
    if (patch.action === "unmark") return this.mark(patch.start, patch.end, patch.name, null);
    return patch.action === "conflict";
  }

  /** False where an inline object becomes another: what else is stored of it the view does not know. */
  private mark(start: number, end: number, name: string, value: unknown): boolean {
    const spelled: Piece[] = [];
    for (const piece of this.cut(start, end)) {
      const told = piece.kind === "old" ? spellOld(this.doc, piece) : [piece];
      const isObject = told.some((one) => one.kind === "text" && one.text.includes(embedCharacter));
      if (name === embedName && piece.kind === "old" && isObject) return false;
      for (const one of told)
        spelled.push(one.kind === "text" ? { ...one, marks: { ...one.marks, [name]: value } } : one);
    }
    this.replace(start, end, spelled);
    return true;
  }

  /** The pieces between two offsets, cut to fit. */
  private cut(start: number, end: number): Piece[] {
    const found: Piece[] = [];
    let pos = 0;
    for (const piece of this.pieces) {
      const length = lengthOf(piece);
      const from = Math.max(0, start - pos);
      const to = Math.min(length, end - pos);
      if (from < to) found.push(part(piece, from, to));
      pos += length;
    }
    return found;
  }

  private replace(start: number, end: number, by: Piece[]): void {
    this.pieces = [...this.cut(0, start), ...by, ...this.cut(end, Number.MAX_SAFE_INTEGER)];
  }
}

function part(piece: Piece, from: number, to: number): Piece {
  if (piece.kind === "old") return { kind: "old", from: piece.from + from, to: piece.from + to };
  if (piece.kind === "text") return { ...piece, text: piece.text.slice(from, to) };
  return { kind: "marker", length: to - from };
}

/** A stretch of the old run spelled out: its text as the view has it, its markers by their places. */
export function spellOld(doc: Node, { from, to }: { from: number; to: number }): (Text | Marker)[] {
  return itemsBetween(doc, from, to).map((item) => {
    if (isRun(item)) return { kind: "text", ...item };
    return { kind: "marker", length: isBlock(item) ? 1 : item.hidden };
  });
}

/**
 * The flat run of a document with patches applied to it: what they did not touch is named by its old
 * offsets, what they did is spelled out. Costs what was patched, whatever the document's length.
 *
 * Only what the view knows can be spelled out. Where a patch brings up more (a marker's hidden
 * attribute, marks that code hides), `apply` says so and the document has to be rendered afresh.
 */
import type { Patch, Prop } from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import { containerKey, markValue } from "./block.ts";
import { flatLength, isRun, itemsBetween, positionAt } from "./flat.ts";
import type { Run } from "./flat.ts";

/** A stretch of the old run. */
type Old = { kind: "old"; from: number; to: number };
type Text = { kind: "text"; text: string; marks: Record<string, unknown>; hidesMarks: boolean };
export type BlockValue = { type: unknown; parents: unknown[]; attrs: Record<string, unknown> };
type Block = { kind: "block"; value: BlockValue; isOld: boolean; parentsReplaced: boolean };
export type Piece = Old | Text | Block;

/** What Automerge puts into a text patch where a block is; its fields follow as patches of their own. */
const blockCharacter = "\ufffc";

const lengthOf = (piece: Piece): number =>
  piece.kind === "old" ? piece.to - piece.from : piece.kind === "text" ? piece.text.length : 1;

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

  /** Applies one patch of the body. @returns false where the view does not know enough */
  apply(patch: Patch): boolean {
    const [, at, ...rest] = patch.path;
    if (at === undefined) return this.applyMarks(patch);
    if (typeof at !== "number") return false;
    if (rest.length > 0) return this.applyField(at, rest, patch);
    if (patch.action === "splice") {
      this.insert(at, { kind: "text", text: patch.value, marks: { ...patch.marks }, hidesMarks: false });
      return true;
    }
    if (patch.action === "insert") {
      // A block whose fields follow; anything else in a text is not ours.
      if (!patch.values.every((value) => typeof value === "object" && value !== null)) return false;
      this.replace(
        at,
        at,
        patch.values.map((value) => newBlock(value as Record<string, unknown>)),
      );
      return true;
    }
    if (patch.action === "del") {
      this.replace(at, at + (patch.length ?? 1), []);
      return true;
    }
    return patch.action === "conflict";
  }

  private applyMarks(patch: Patch): boolean {
    if (patch.action === "mark") {
      for (const { name, value, start, end } of patch.marks) this.mark(start, end, name, value);
      return true;
    }
    if (patch.action === "unmark") {
      this.mark(patch.start, patch.end, patch.name, null);
      return true;
    }
    return patch.action === "conflict";
  }

  private applyField(at: number, [field, key, more]: Prop[], patch: Patch): boolean {
    const block = this.blockAt(at);
    if (!block || more !== undefined) return false;
    const { value } = block;
    if (key === undefined && patch.action === "put") {
      if (field === "type") {
        // Its attributes under the new type, and marks that code hid, only the CRDT knows.
        if (block.isOld) return false;
        value.type = patch.value;
      } else if (field === "parents") {
        value.parents = Array.isArray(patch.value) ? [...(patch.value as unknown[])] : [];
        block.parentsReplaced = true;
      } else if (field === "attrs") {
        if (block.isOld) return false;
        value.attrs = { ...(patch.value as Record<string, unknown>) };
      }
      return true;
    }
    if (field === "parents" && typeof key === "number" && (block.parentsReplaced || !block.isOld)) {
      if (patch.action === "insert") value.parents.splice(key, 0, ...patch.values);
      else if (patch.action === "del") value.parents.splice(key, patch.length ?? 1);
      else if (patch.action === "put") value.parents[key] = patch.value;
      else return patch.action === "conflict";
      return true;
    }
    if (field === "attrs" && typeof key === "string") {
      if (patch.action === "put") value.attrs[key] = patch.value;
      else if (patch.action === "del") delete value.attrs[key];
      else return patch.action === "conflict";
      return true;
    }
    return patch.action === "conflict" || (patch.action === "put" && field === "isEmbed");
  }

  private mark(start: number, end: number, name: string, value: unknown): void {
    const spelled = this.spell(start, end).map((piece) =>
      piece.kind === "text" ? { ...piece, marks: { ...piece.marks, [name]: value } } : piece,
    );
    this.replace(start, end, spelled);
  }

  /** The block at an offset, spelled out in place; a block character becomes the block it stands for. */
  private blockAt(at: number): Block | null {
    const [piece] = this.spell(at, at + 1);
    if (!piece || piece.kind === "old") return null;
    if (piece.kind === "text" && piece.text !== blockCharacter) return null;
    const block = piece.kind === "block" ? piece : newBlock({});
    this.replace(at, at + 1, [block]);
    return block;
  }

  /** What lies between two offsets, with nothing old in it. */
  private spell(start: number, end: number): Piece[] {
    return this.cut(start, end).flatMap((piece) =>
      piece.kind === "old" ? spellOld(this.doc, piece) : [piece],
    );
  }

  private insert(at: number, piece: Piece): void {
    this.replace(at, at, [piece]);
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
    const total = this.pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
    this.pieces = [...this.cut(0, start), ...by, ...this.cut(end, total)];
  }
}

function newBlock({ type, parents, attrs }: Record<string, unknown>): Block {
  return {
    kind: "block",
    value: {
      type: type ?? "",
      parents: Array.isArray(parents) ? [...(parents as unknown[])] : [],
      attrs: { ...(attrs as Record<string, unknown> | undefined) },
    },
    isOld: false,
    parentsReplaced: false,
  };
}

function part(piece: Piece, from: number, to: number): Piece {
  if (piece.kind === "old") return { kind: "old", from: piece.from + from, to: piece.from + to };
  return piece.kind === "text" ? { ...piece, text: piece.text.slice(from, to) } : piece;
}

/** A stretch of the old run spelled out, as far as the view knows it. */
export function spellOld(doc: Node, { from, to }: { from: number; to: number }): Piece[] {
  return itemsBetween(doc, positionAt(doc, from), positionAt(doc, to)).map((item): Piece => {
    if (isRun(item))
      return { kind: "text", text: item.text, marks: storedMarks(item), hidesMarks: item.hidesMarks };
    const { type, parents, attrs } = item.block;
    return {
      kind: "block",
      value: { type, parents: parents.map(containerKey), attrs: { ...attrs } },
      isOld: true,
      parentsReplaced: false,
    };
  });
}

const storedMarks = ({ marks }: Run): Record<string, unknown> =>
  Object.fromEntries(marks.map((mark) => [mark.type.name, markValue(mark)]));

/**
 * A ProseMirror document read as the flat run that the CRDT holds: markers and text.
 *
 * Offsets count Automerge's units: 1 a marker, 1 a UTF-16 code unit. ProseMirror's nodes never
 * change, so a node's flat length is remembered with the node, and an edit makes new nodes only
 * along its path. Where each top-level block starts is kept in an index, which is made from that of
 * the document before (`block-index.ts`).
 */
import type { Node } from "prosemirror-model";
import { blockOf, endOf, isLeafBlock } from "./block.ts";
import type { Block } from "./block.ts";
import { blockIndex, indexOfOffset, indexOfPosition } from "./block-index.ts";
import { storedMarksOf, storedText } from "./stored-marks.ts";
import type { StoredMarks } from "./stored-marks.ts";

const flatLengths = new WeakMap<Node, number>();

/** Whether a leaf block has a marker of its own. */
export const hasMarker = (leaf: Node): boolean => leaf.attrs["implicit"] !== true;

/** Units before the text of a leaf block: what it hides, and its marker. */
const leadOf = (leaf: Node): number => (leaf.attrs["hidden"] as number) + (hasMarker(leaf) ? 1 : 0);

/** End markers at the close of a row or a cell. */
const tailOf = (node: Node): number => (node.attrs["tail"] as number | undefined) ?? 0;

/** How many units of the CRDT's text a block node stands for. O(1) after the first time. */
export function flatLength(node: Node): number {
  if (isLeafBlock(node)) return node.content.size + leadOf(node);
  if (node.type.name === "doc") return blockIndex(node, flatLength).length;
  let length = flatLengths.get(node);
  if (length === undefined) {
    length = tailOf(node);
    for (const child of node.children) length += flatLength(child);
    flatLengths.set(node, length);
  }
  return length;
}

/**
 * The offset that a ProseMirror position stands for. A position at a block's edge, between blocks,
 * is the offset before the next marker; inside a textblock it is after the marker.
 */
export function offsetAt(doc: Node, pos: number): number {
  if (pos < 0 || pos > doc.content.size) throw new RangeError(`position ${pos} is outside the document`);
  const index = blockIndex(doc, flatLength);
  const top = indexOfPosition(index, pos);
  if (top === doc.childCount) return index.length;
  const start = index.positions[top] as number;
  const offset = index.offsets[top] as number;
  return offset + offsetIn(doc.child(top), pos - start);
}

/** The offset in `node` of a position counted from before it. */
function offsetIn(top: Node, posIn: number): number {
  let offset = 0;
  let node = top;
  let pos = posIn;
  descend: while (pos > 0) {
    if (node.isLeaf) return offset + flatLength(node);
    if (pos >= node.nodeSize) return offset + flatLength(node);
    pos--; // into it
    if (node.isTextblock) return offset + leadOf(node) + pos;
    for (const child of node.children) {
      if (pos < child.nodeSize) {
        node = child;
        continue descend;
      }
      offset += flatLength(child);
      pos -= child.nodeSize;
    }
    return offset;
  }
  return offset;
}

/**
 * The ProseMirror position of an offset: before the unit that starts there. An offset before a
 * marker gives the end of the text before it, so that a caret stays where its text is; only the
 * very first marker has none, and gives the position before its block.
 */
export function positionAt(doc: Node, offset: number): number {
  const { node, pos, rest } = leafAt(doc, offset);
  if (node.isTextblock) return pos + 1 + Math.min(Math.max(rest - leadOf(node), -1), node.content.size);
  return rest === 0 ? pos : pos + node.nodeSize;
}

/** A textblock that an offset lies in: `start` and `offset` are where its text starts, `top` is the top-level block. */
export type TextPlace = { textblock: Node; start: number; offset: number; top: number };

/** The textblock whose text, or whose end, is at an offset; null where that is a marker's or a rule's place. */
export function textPlaceAt(doc: Node, offset: number): TextPlace | null {
  const { node, pos, rest, top } = leafAt(doc, offset);
  if (!node.isTextblock) return null;
  const at = rest - leadOf(node);
  if (at < 0 || at > node.content.size) return null;
  return { textblock: node, start: pos + 1, offset: offset - at, top };
}

/** The leaf block (or row without cells) that an offset is in or at the end of, `pos` before it, `rest` into it. */
function leafAt(doc: Node, offset: number): { node: Node; pos: number; rest: number; top: number } {
  const index = blockIndex(doc, flatLength);
  if (offset < 0 || offset > index.length) throw new RangeError(`offset ${offset} is outside the document`);
  let top = indexOfOffset(index, offset);
  if (entersNext(doc.children, top, offset - (index.offsets[top] as number))) top++;
  let pos = index.positions[top] as number;
  let rest = offset - (index.offsets[top] as number);
  let node = doc.child(top);
  for (;;) {
    if (isLeafBlock(node) || node.childCount === 0) return { node, pos, rest, top };
    pos++;
    let i = 0;
    for (; i + 1 < node.childCount; i++) {
      const length = flatLength(node.child(i));
      if (rest <= length && !entersNext(node.children, i, rest)) break;
      rest -= length;
      pos += node.child(i).nodeSize;
    }
    node = node.child(i);
  }
}

/** The end of a rule is the start of text that follows it without a marker. */
function entersNext(children: readonly Node[], i: number, rest: number): boolean {
  const child = children[i];
  return child?.isLeaf === true && rest === flatLength(child) && children[i + 1]?.attrs["implicit"] === true;
}

/**
 * A stretch of text with equal marks; "\n" stands for a hard break, U+FFFC for an inline object.
 * Where the block shows no marks (code), `marks` is empty whatever the CRDT has.
 */
export type Run = { text: string; marks: StoredMarks; hidesMarks: boolean };
/** Units that show nothing (see `nodes.ts`). */
export type Hidden = { hidden: number };
export type Item = { block: Block } | Run | Hidden;

export const isRun = (item: Item): item is Run => "text" in item;
export const isBlock = (item: Item): item is { block: Block } => "block" in item;
export const itemLength = (item: Item): number =>
  isRun(item) ? item.text.length : isBlock(item) ? 1 : item.hidden;

/**
 * What lies between two offsets, in order: a block for every leaf block that opens there and every
 * row or cell that ends there, a run for every stretch of text.
 */
export function itemsBetween(doc: Node, from: number, to: number): Item[] {
  const items: Item[] = [];
  const index = blockIndex(doc, flatLength);
  for (let i = indexOfOffset(index, from); i < doc.childCount; i++) {
    const start = index.offsets[i] as number;
    if (start >= to) break;
    addItems(items, doc.child(i), [], start, from, to);
  }
  return items;
}

/** The items of one block with all in it, paths and all as if it stood in the document itself. */
export function itemsOf(node: Node): Item[] {
  const items: Item[] = [];
  addItems(items, node, [], 0, 0, flatLength(node));
  return items;
}

function addItems(
  items: Item[],
  node: Node,
  ancestors: Node[],
  start: number,
  from: number,
  to: number,
): void {
  let at = start;
  if (isLeafBlock(node)) {
    const hidden = node.attrs["hidden"] as number;
    const shown = Math.min(at + hidden, to) - Math.max(at, from);
    if (shown > 0) items.push({ hidden: shown });
    at += hidden;
    if (hasMarker(node)) {
      if (at >= from && at < to) items.push({ block: blockOf(node, ancestors) });
      at++;
    }
    if (at < to && at + node.content.size > from) addRuns(items, node, at, from, to);
    return;
  }
  ancestors.push(node);
  for (const child of node.children) {
    if (at >= to) break;
    const end = at + flatLength(child);
    if (end > from) addItems(items, child, ancestors, at, from, to);
    at = end;
  }
  for (let i = tailOf(node); i > 0; i--, at++)
    if (at >= from && at < to) items.push({ block: endOf(ancestors) });
  ancestors.pop();
}

function addRuns(items: Item[], textblock: Node, start: number, from: number, to: number): void {
  const hidesMarks = textblock.type.spec.marks === "";
  let at = start;
  for (const inline of textblock.children) {
    const end = at + inline.nodeSize;
    if (at >= to) return;
    if (end > from) {
      const text = storedText(inline);
      const slice = text.slice(Math.max(0, from - at), Math.min(text.length, to - at));
      if (slice) items.push({ text: slice, marks: storedMarksOf(inline), hidesMarks });
    }
    at = end;
  }
}

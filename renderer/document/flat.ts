/**
 * A ProseMirror document read as the flat run that the CRDT holds: markers and text.
 *
 * Offsets count Automerge's units: 1 a marker, 1 a UTF-16 code unit. There is no index to keep:
 * ProseMirror's nodes never change, so a node's flat length is remembered with the node, an edit
 * makes new nodes only along its path, and finding an offset costs what ProseMirror's own
 * `resolve` costs, one sum over the siblings on the way down.
 */
import type { Mark, Node } from "prosemirror-model";
import { blockOf, isLeafBlock } from "./block.ts";
import type { Block } from "./block.ts";

const flatLengths = new WeakMap<Node, number>();

/** Whether a leaf block has a marker of its own. */
export const hasMarker = (leaf: Node): boolean => leaf.attrs["implicit"] !== true;

/** How many units of the CRDT's text a block node stands for. O(1) after the first time. */
export function flatLength(node: Node): number {
  if (isLeafBlock(node)) return node.content.size + (hasMarker(node) ? 1 : 0);
  let length = flatLengths.get(node);
  if (length === undefined) {
    length = 0;
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
  let offset = 0;
  let node = doc;
  let start = 0; // position where the content of `node` starts
  descend: for (;;) {
    if (node.isTextblock) return offset + (hasMarker(node) ? 1 : 0) + (pos - start);
    for (const child of node.children) {
      if (pos <= start) return offset;
      const end = start + child.nodeSize;
      if (pos < end && !child.isLeaf) {
        node = child;
        start += 1;
        continue descend;
      }
      offset += flatLength(child);
      start = end;
    }
    return offset;
  }
}

/**
 * The ProseMirror position of an offset: before the unit that starts there. An offset before a
 * marker gives the end of the text before it, so that a caret stays where its text is; only the
 * very first marker has none, and gives the position before its block.
 */
export function positionAt(doc: Node, offset: number): number {
  if (offset < 0 || offset > flatLength(doc))
    throw new RangeError(`offset ${offset} is outside the document`);
  let rest = offset;
  let node = doc;
  let start = 0;
  descend: for (;;) {
    if (node.isTextblock) return start + rest - (hasMarker(node) ? 1 : 0);
    for (let i = 0; i < node.childCount; i++) {
      const child = node.child(i);
      const length = flatLength(child);
      const next = node.maybeChild(i + 1);
      // The end of a rule is the start of the text that follows without a marker.
      const intoNext = child.isLeaf && rest === length && next?.attrs["implicit"] === true;
      if ((rest <= length && !intoNext) || !next) {
        if (child.isLeaf) return rest === 0 ? start : start + child.nodeSize;
        node = child;
        start += 1;
        continue descend;
      }
      rest -= length;
      start += child.nodeSize;
    }
    return start;
  }
}

/**
 * A stretch of text with equal marks; "\n" stands for a hard break. Where the block shows no marks
 * (code), `marks` is empty whatever the CRDT has.
 */
export type Run = { text: string; marks: readonly Mark[]; hidesMarks: boolean };
export type Item = { block: Block } | Run;

export const isRun = (item: Item): item is Run => "text" in item;
export const itemLength = (item: Item): number => (isRun(item) ? item.text.length : 1);

/**
 * What lies between two positions, in order: a block for every leaf block that opens there, a run
 * for every stretch of text.
 */
export function itemsBetween(doc: Node, from: number, to: number): Item[] {
  const items: Item[] = [];
  const ancestors: Node[] = [];
  const visit = (parent: Node, start: number): void => {
    let pos = start;
    for (const child of parent.children) {
      const end = pos + child.nodeSize;
      if (pos >= to) return;
      if (end > from) {
        if (isLeafBlock(child)) {
          if (pos >= from && hasMarker(child)) items.push({ block: blockOf(child, ancestors) });
          pushRuns(items, child, pos + 1, from, to);
        } else {
          ancestors.push(child);
          visit(child, pos + 1);
          ancestors.pop();
        }
      }
      pos = end;
    }
  };
  visit(doc, 0);
  return items;
}

function pushRuns(items: Item[], textblock: Node, start: number, from: number, to: number): void {
  const hidesMarks = textblock.type.spec.marks === "";
  let pos = start;
  for (const inline of textblock.children) {
    const end = pos + inline.nodeSize;
    if (pos >= to) return;
    if (end > from) {
      const text = inline.isText ? (inline.text as string) : "\n";
      const slice = text.slice(Math.max(0, from - pos), Math.min(text.length, to - pos));
      if (slice) items.push({ text: slice, marks: inline.marks, hidesMarks });
    }
    pos = end;
  }
}

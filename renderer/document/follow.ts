/**
 * Automerge patches → minimal ProseMirror steps: only the top-level blocks that the patches reach
 * are rendered again. Null where the view alone does not tell the outcome; then the whole document
 * is rendered (`render.ts`) and compared (`diff.ts`), and the result is the same.
 */
import type { Patch } from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import { Transform } from "prosemirror-transform";
import { containerTypes, parseContainer, storedAttrsOf } from "./block.ts";
import { diffBlocks } from "./diff.ts";
import { flatLength, hasMarker } from "./flat.ts";
import { Pieces, spellOld } from "./pieces.ts";
import type { Piece } from "./pieces.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";

/**
 * @param doc the document as rendered before the patches
 * @param patches all since then, in order; those of other fields are passed over
 * @returns a transform of `doc`, or null where the document has to be rendered afresh
 */
export function followPatches(doc: Node, patches: readonly Patch[]): Transform | null {
  const pieces = new Pieces(doc);
  for (const patch of patches) if (patch.path[0] === "body" && !pieces.apply(patch)) return null;
  const seams = seamsOf(pieces.list, flatLength(doc));
  if (seams.length === 0) return new Transform(doc);
  const starts = startsOf(doc);
  const touched = touchedBlocks(doc, seams, starts);
  for (;;) {
    const regions = regionsOf(touched, doc.childCount);
    const rendered = regions.map((region) => renderRegion(doc, region, seams, starts));
    const grown = regions.some((region, i) => {
      const now = rendered[i];
      return now !== null && now !== undefined && grow(doc, region, now, touched);
    });
    if (grown) continue;
    const tr = new Transform(doc);
    // From the last to the first: what lies before a region does not move.
    for (let i = regions.length - 1; i >= 0; i--) {
      const { from, to } = regions[i] as Region;
      const now = rendered[i];
      if (!now) return null;
      let pos = 0;
      for (let before = 0; before < from; before++) pos += doc.child(before).nodeSize;
      diffBlocks(tr, doc.children.slice(from, to), now, pos);
    }
    return tr;
  }
}

/** A place where the old run is not as it was: `from`–`to` of it is gone, `fresh` stands there. */
type Seam = { from: number; to: number; fresh: Piece[] };

function seamsOf(pieces: readonly Piece[], length: number): Seam[] {
  const seams: Seam[] = [];
  let end = 0;
  let fresh: Piece[] = [];
  const close = (to: number): void => {
    if (fresh.length > 0 || to > end) seams.push({ from: end, to, fresh });
    fresh = [];
  };
  for (const piece of pieces) {
    if (piece.kind === "old") {
      close(piece.from);
      end = piece.to;
    } else fresh.push(piece);
  }
  close(length);
  return seams;
}

/** Offsets at which the top-level blocks start, and after them the end. */
function startsOf(doc: Node): number[] {
  const starts: number[] = [];
  let offset = 0;
  for (const child of doc.children) {
    starts.push(offset);
    offset += flatLength(child);
  }
  starts.push(offset);
  return starts;
}

/** The top-level block that an offset is in; at a border, the one before it. */
function blockBefore(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) < offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Text that lost its marker joins the block before, so that one is always taken along. */
function touchedBlocks(doc: Node, seams: readonly Seam[], starts: readonly number[]): Set<number> {
  const touched = new Set<number>();
  for (const { from, to } of seams) {
    const last = blockBefore(starts, Math.max(from, to));
    for (let i = blockBefore(starts, from); i <= last; i++) touched.add(i);
  }
  // Text without a marker follows what is before it, whatever that has become.
  for (let i = 1; i < doc.childCount; i++)
    if (touched.has(i - 1) && !hasMarker(firstLeaf(doc.child(i)))) touched.add(i);
  return touched;
}

function firstLeaf(node: Node): Node {
  let leaf = node;
  while (!leaf.isTextblock && leaf.firstChild) leaf = leaf.firstChild;
  return leaf;
}

type Region = { from: number; to: number };

function regionsOf(touched: ReadonlySet<number>, count: number): Region[] {
  const regions: Region[] = [];
  for (let i = 0; i < count; i++) {
    if (!touched.has(i)) continue;
    const last = regions.at(-1);
    if (last?.to === i) last.to++;
    else regions.push({ from: i, to: i + 1 });
  }
  return regions;
}

/** Neighbours with one id are one container: then the neighbour is part of the region. */
function grow(doc: Node, { from, to }: Region, now: readonly Node[], touched: Set<number>): boolean {
  const oneContainer = (a: Node | null | undefined, b: Node | null | undefined): boolean =>
    !!a && !!b && containerTypes.has(a.type.name) && a.type === b.type && a.attrs["id"] === b.attrs["id"];
  const before = from > 0 ? doc.child(from - 1) : null;
  const after = doc.maybeChild(to);
  const size = touched.size;
  if (now.length === 0 && oneContainer(before, after)) touched.add(from - 1).add(to);
  if (oneContainer(before, now[0])) touched.add(from - 1);
  if (oneContainer(now.at(-1), after)) touched.add(to);
  return touched.size > size;
}

/** What a region's blocks are now; null where only the CRDT knows. */
function renderRegion(
  doc: Node,
  { from, to }: Region,
  seams: readonly Seam[],
  starts: readonly number[],
): Node[] | null {
  const pieces: Piece[] = [];
  let at = starts[from] as number;
  const end = starts[to] as number;
  for (const seam of seams) {
    const owner = blockBefore(starts, seam.from);
    if (owner < from || owner >= to) continue;
    pieces.push(...spellOld(doc, { from: at, to: seam.from }), ...seam.fresh);
    at = seam.to;
  }
  pieces.push(...spellOld(doc, { from: at, to: end }));
  if (!isCertain(doc, { from, to }, pieces)) return null;
  if (pieces.length === 0 && to - from < doc.childCount) return [];
  return [...render(pieces.map(spanOf)).children];
}

function spanOf(piece: Piece): Span {
  if (piece.kind === "text") return { type: "text", value: piece.text, marks: piece.marks };
  if (piece.kind === "block") return { type: "block", value: piece.value };
  throw new Error("an old stretch was not spelled out");
}

/** Whether a stored path entry is a container that has attributes of its own. */
function hasStoredAttrs(entry: unknown): boolean {
  const container = parseContainer(entry);
  return container === null || Object.keys(storedAttrsOf(container.type)).length > 0;
}

/** Whether what the pieces say is all there is to know. */
function isCertain(doc: Node, { from, to }: Region, pieces: readonly Piece[]): boolean {
  let hides = false;
  let oldBlocks = 0;
  for (const piece of pieces) {
    if (piece.kind === "block") {
      hides = piece.value.type === "code_block";
      if (piece.isOld && !piece.parentsReplaced) oldBlocks++;
      // A list that a block is moved into: the block may have its start already, unseen.
      if (piece.isOld && piece.parentsReplaced && piece.value.parents.some(hasStoredAttrs)) return false;
    } else if (piece.kind === "text" && piece.hidesMarks && !hides) return false;
  }
  // A list's start is that of its first block: without that one, the next one's counts, unseen so far.
  let leaves = 0;
  let hasStart = false;
  for (let i = from; i < to; i++) {
    const child = doc.child(i);
    if (child.isTextblock || child.isLeaf) leaves += hasMarker(child) ? 1 : 0;
    child.descendants((node) => {
      if (node.type.name === "ordered_list") hasStart = true;
      if ((node.isTextblock || (node.isBlock && node.isLeaf)) && hasMarker(node)) leaves++;
      return !node.isTextblock;
    });
    if (child.type.name === "ordered_list") hasStart = true;
  }
  return !hasStart || oldBlocks === leaves;
}

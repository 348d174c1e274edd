/**
 * Automerge patches → minimal ProseMirror steps. Text that changed inside a textblock is replaced
 * there; where markers came, went or changed, the top-level blocks that they are in are rendered
 * again, their markers asked of the CRDT (`truth.ts`), their other text taken from the view.
 *
 * What comes out is checked against the CRDT's text. Null where the view does not know enough (marks
 * that code hid) or is not what the CRDT says: then the whole document is rendered (`render.ts`) and
 * compared (`diff.ts`).
 */
import type { Patch } from "@automerge/automerge/slim";
import { Fragment, Slice } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { ReplaceStep, StepMap, Transform } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { codeTypes, containerOf, isLeafBlock, isOneContainer } from "./block.ts";
import type { Container } from "./block.ts";
import { blockIndex, indexOfOffset, indexOfPosition } from "./block-index.ts";
import type { BlockIndex } from "./block-index.ts";
import { diffBlocks, diffText } from "./diff.ts";
import { flatLength, hasMarker, offsetAt, textPlaceAt } from "./flat.ts";
import type { TextPlace } from "./flat.ts";
import { blocksReadMax } from "./limits.ts";
import { lengthOf, Pieces, spellOld } from "./pieces.ts";
import type { Piece } from "./pieces.ts";
import { render } from "./render.ts";
import type { Span } from "./render.ts";
import { stringOf } from "./scalar.ts";
import { schema } from "./schema.ts";
import { addInline, embedCharacter } from "./stored-marks.ts";
import type { Truth } from "./truth.ts";
import { withBlocks } from "./workbench.ts";

/** A document that has followed the CRDT, and the steps that lead there. */
export type Followed = { doc: Node; steps: Step[] };

/**
 * @param doc the document as rendered before the patches
 * @param patches all since then, in order; those of other fields are passed over
 * @param truth the CRDT's body as it is now
 * @returns null where the document has to be rendered afresh
 */
export function followPatches(doc: Node, patches: readonly Patch[], truth: Truth): Followed | null {
  const pieces = new Pieces(doc);
  for (const patch of patches) if (patch.path[0] === "body" && !pieces.apply(patch)) return null;
  const seams = seamsOf(pieces.list, flatLength(doc), truth);
  return new Follower(doc, seams, truth).run(touchedBy(doc, seams));
}

/**
 * Checks a part of a document against the CRDT.
 * @param from position in the first top-level block to check
 * @param to position in the last one
 * @returns with the steps that mended it, none where all was well; null where only a new rendering tells
 */
export function checkBlocks(doc: Node, from: number, to: number, truth: Truth): Followed | null {
  const index = blockIndex(doc, flatLength);
  const touched = new Set<number>();
  const last = Math.min(indexOfPosition(index, Math.min(to, doc.content.size)), doc.childCount - 1);
  for (let i = Math.max(0, indexOfPosition(index, from) - 1); i <= last; i++) touched.add(i);
  return new Follower(doc, [], truth).run(touched);
}

/** Whether the textblock at a position holds the text that the CRDT has there. */
export function checkText(doc: Node, pos: number, truth: Truth): boolean {
  const $pos = doc.resolve(Math.min(pos, doc.content.size));
  if (!$pos.parent.isTextblock) return true;
  const from = offsetAt(doc, $pos.start());
  const text = textOf(spellOld(doc, { from, to: from + $pos.parent.content.size }));
  return truth.agrees(from, text);
}

/** A place where the old run is not as it was: `from`–`to` of it is gone, `fresh` stands there, at `at` now. */
type Seam = { from: number; to: number; at: number; fresh: Piece[]; hasMarkers: boolean };

function seamsOf(pieces: readonly Piece[], length: number, truth: Truth): Seam[] {
  const seams: Seam[] = [];
  let end = 0;
  let at = 0;
  let fresh: Piece[] = [];
  let freshLength = 0;
  const close = (to: number): void => {
    if (fresh.length > 0 || to > end) {
      const told = resolved(fresh, at, truth);
      seams.push({
        from: end,
        to,
        at,
        fresh: told,
        hasMarkers: told.some(({ kind }) => kind === "marker"),
      });
    }
    at += freshLength;
    fresh = [];
    freshLength = 0;
  };
  for (const piece of pieces) {
    if (piece.kind === "old") {
      close(piece.from);
      end = piece.to;
      at += lengthOf(piece);
    } else {
      fresh.push(piece);
      freshLength += lengthOf(piece);
    }
  }
  close(length);
  return seams;
}

/** Tells which U+FFFC in new text stand for markers. */
function resolved(pieces: readonly Piece[], start: number, truth: Truth): Piece[] {
  let at = start;
  return pieces.flatMap((piece): Piece[] => {
    const pieceAt = at;
    at += lengthOf(piece);
    if (piece.kind !== "text" || !piece.text.includes(embedCharacter)) return [piece];
    const parts: Piece[] = [];
    let from = 0;
    for (let i = piece.text.indexOf(embedCharacter); i >= 0; i = piece.text.indexOf(embedCharacter, i + 1)) {
      if (!truth.block(pieceAt + i)) continue;
      if (i > from) parts.push({ ...piece, text: piece.text.slice(from, i) });
      parts.push({ kind: "marker", length: 1 });
      from = i + 1;
    }
    if (from < piece.text.length) parts.push({ ...piece, text: piece.text.slice(from) });
    return parts;
  });
}

/** The textblock that a seam changes nothing but text of; null where it is more. */
function textblockOf(doc: Node, { from, to, hasMarkers }: Seam): TextPlace | null {
  if (hasMarkers) return null;
  const place = textPlaceAt(doc, from);
  if (!place || !hasMarker(place.textblock)) return null;
  return to <= place.offset + place.textblock.content.size ? place : null;
}

/** The top-level blocks to render again. Text that lost its marker joins the block before, so that one is taken along. */
function touchedBy(doc: Node, seams: readonly Seam[]): Set<number> {
  const touched = new Set<number>();
  const index = blockIndex(doc, flatLength);
  for (const seam of seams) {
    if (textblockOf(doc, seam)) continue;
    const last = indexOfOffset(index, Math.max(seam.from, seam.to));
    for (let i = indexOfOffset(index, seam.from); i <= last; i++) touched.add(i);
  }
  return touched;
}

function firstLeaf(node: Node): Node {
  let leaf = node;
  while (!leaf.isTextblock && leaf.firstChild) leaf = leaf.firstChild;
  return leaf;
}

type Region = { from: number; to: number };

/** Blocks that change, and how, in a document of their own; null where they go. */
type Change = { from: number; to: number; tr: Transform | null };

class Follower {
  private readonly doc: Node;
  private readonly seams: readonly Seam[];
  private readonly truth: Truth;
  private readonly index: BlockIndex;
  private blocksRead = 0;

  constructor(doc: Node, seams: readonly Seam[], truth: Truth) {
    this.doc = doc;
    this.seams = seams;
    this.truth = truth;
    this.index = blockIndex(doc, flatLength);
  }

  /** @param touched the top-level blocks to render again; those that hang together with them are added */
  run(touched: Set<number>): Followed | null {
    for (;;) {
      // Text without a marker follows what is before it, whatever that has become.
      for (const i of touched) {
        if (this.startsImplicit(i + 1)) touched.add(i + 1);
        if (i > 0 && this.startsImplicit(i)) touched.add(i - 1);
      }
      const regions = regionsOf(touched);
      const rendered = regions.map((region) => this.render(region));
      if (rendered.includes(null)) return null;
      const size = touched.size;
      for (const [i, region] of regions.entries()) this.grow(region, rendered[i] as Node[], touched);
      if (touched.size > size) continue;
      return this.replaced(regions, rendered as Node[][]);
    }
  }

  private startsImplicit(i: number): boolean {
    const block = this.doc.maybeChild(i);
    return block !== null && !hasMarker(firstLeaf(block));
  }

  /**
   * Each region is compared in a document of its own, which costs nothing of what lies around it, and
   * its steps are shifted to where it is; from the end to the start, so that it stays there.
   */
  private replaced(regions: readonly Region[], rendered: readonly Node[][]): Followed | null {
    const changes = regions.map(({ from, to }, i): Change => {
      const now = rendered[i] as Node[];
      // A document without blocks is none: this one is said without comparing.
      if (now.length === 0) return { from, to, tr: null };
      const old = this.doc.children.slice(from, to);
      const tr = this.alone(old);
      diffBlocks(tr, old, now, 0);
      return { from, to, tr };
    });
    for (const seam of this.seams.toReversed()) {
      const owner = this.ownerOf(seam);
      if (regions.some(({ from, to }) => owner >= from && owner < to)) continue;
      const place = textblockOf(this.doc, seam) as TextPlace;
      let change = changes.find(({ from }) => from === place.top);
      if (!change) {
        change = { from: place.top, to: place.top + 1, tr: this.alone([this.doc.child(place.top)]) };
        changes.push(change);
      }
      if (!change.tr || !this.changeText(change.tr, seam, place)) return null;
    }
    changes.sort((a, b) => b.from - a.from);
    const steps: Step[] = [];
    let { doc } = this;
    for (const { from, to, tr } of changes) {
      const pos = this.index.positions[from] as number;
      const shift = StepMap.offset(pos);
      if (tr) for (const step of tr.steps) steps.push(step.map(shift) as Step);
      else steps.push(new ReplaceStep(pos, this.index.positions[to] as number, Slice.empty));
      doc = withBlocks(doc, from, to, tr?.doc.children ?? []);
    }
    return flatLength(doc) === this.truth.length ? { doc, steps } : null;
  }

  /** These blocks in a document of their own. */
  private alone(blocks: readonly Node[]): Transform {
    return new Transform(this.doc.copy(Fragment.fromArray(blocks)));
  }

  /** Changes text inside one textblock; false where the outcome is not what the CRDT has. */
  private changeText(tr: Transform, { from, to, at, fresh }: Seam, place: TextPlace): boolean {
    const { textblock, offset, start, top } = place;
    const now: Node[] = [];
    for (const piece of fresh)
      if (piece.kind === "text") {
        if (codeTypes.has(textblock.type.name)) now.push(schema.text(piece.text));
        else addInline(now, piece.text, piece.marks);
      }
    if (!this.truth.agrees(at, textOf(fresh))) return false;
    const old = textblock.content.cut(from - offset, to - offset);
    const pos = start - (this.index.positions[top] as number) + (from - offset);
    diffText(tr, old, Fragment.fromArray(now), pos);
    return true;
  }

  private ownerOf(seam: Seam): number {
    return indexOfOffset(this.index, seam.from);
  }

  /** What a region's blocks are now; null where only a new rendering tells. */
  private render({ from, to }: Region): Node[] | null {
    const pieces: Piece[] = [];
    const add = (more: readonly Piece[]): void => {
      for (const piece of more) pieces.push(piece); // there may be more than a call takes arguments
    };
    let old = this.index.offsets[from] as number;
    let at = old;
    for (const seam of this.seams) {
      const owner = this.ownerOf(seam);
      if (owner < from) at = seam.at + lengthOfAll(seam.fresh) + (old - seam.to);
      if (owner < from || owner >= to) continue;
      add(spellOld(this.doc, { from: old, to: seam.from }));
      add(seam.fresh);
      old = seam.to;
    }
    add(spellOld(this.doc, { from: old, to: this.index.offsets[to] as number }));
    const text = textOf(pieces);
    if (!this.truth.agrees(at, text)) return null;
    const spans = this.spans(pieces, at);
    if (!spans) return null;
    if (spans.length === 0 && to - from < this.doc.childCount) return [];
    return [...render(spans).children];
  }

  private spans(pieces: readonly Piece[], start: number): Span[] | null {
    const markers = pieces.reduce((sum, piece) => sum + (piece.kind === "text" ? 0 : lengthOf(piece)), 0);
    this.blocksRead += markers;
    if (this.blocksRead > blocksReadMax) return null;
    const spans: Span[] = [];
    let at = start;
    let hides = false;
    for (const piece of pieces) {
      if (piece.kind === "text") {
        if (piece.hidesMarks && !hides) return null;
        spans.push({ type: "text", value: piece.text, marks: piece.marks });
        at += piece.text.length;
      } else {
        for (let i = lengthOf(piece); i > 0; i--, at++) {
          const value = this.truth.block(at);
          if (!value) return null;
          spans.push({ type: "block", value });
          hides = codeTypes.has(stringOf(value["type"]) ?? "");
        }
      }
    }
    return spans;
  }

  /** Neighbours with one id are one container: then the neighbour is part of the region. */
  private grow({ from, to }: Region, now: readonly Node[], touched: Set<number>): void {
    const before = from > 0 ? this.doc.child(from - 1) : null;
    const after = this.doc.maybeChild(to);
    if (now.length === 0 && hangTogether(before, after)) touched.add(from - 1).add(to);
    if (hangTogether(before, now[0])) touched.add(from - 1);
    if (hangTogether(now.at(-1), after)) touched.add(to);
    // Text in no cell any more goes to the cell that follows.
    if (after?.type === schema.nodes.table && now.some((node) => !hasMarker(firstLeaf(node))))
      touched.add(to);
  }
}

/** The containers along one edge of a block, itself the first. */
function edgeOf(block: Node, side: "firstChild" | "lastChild"): Container[] {
  const edge: Container[] = [];
  for (let one: Node | null = block; one && !isLeafBlock(one); one = one[side]) edge.push(containerOf(one));
  return edge;
}

/** Whether the second of two neighbours begins in a container that the first ends with. */
function hangTogether(a: Node | null | undefined, b: Node | null | undefined): boolean {
  if (!a || !b) return false;
  const starts = edgeOf(b, "firstChild");
  return edgeOf(a, "lastChild").some((one) => starts.some((other) => isOneContainer(one, other)));
}

function regionsOf(touched: ReadonlySet<number>): Region[] {
  const regions: Region[] = [];
  for (const i of [...touched].sort((a, b) => a - b)) {
    const last = regions.at(-1);
    if (last?.to === i) last.to++;
    else regions.push({ from: i, to: i + 1 });
  }
  return regions;
}

const lengthOfAll = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);

/** The text of pieces as the CRDT gives it. */
const textOf = (pieces: readonly Piece[]): string =>
  pieces
    .map((piece) => (piece.kind === "text" ? piece.text : embedCharacter.repeat(lengthOf(piece))))
    .join("");

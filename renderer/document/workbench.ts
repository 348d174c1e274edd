/**
 * Applies steps to a document by way of the few top-level blocks that they touch, taken out as a
 * document of their own and put back. ProseMirror's `replace` checks and copies all children of the
 * document for every step: milliseconds in a long document, and the same answer, for the content of
 * a document is any sequence of blocks.
 */
import { Fragment } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { AttrStep, StepMap, Transform } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { blockIndex, indexOfPosition } from "./block-index.ts";
import { flatLength } from "./flat.ts";

/** A step as it was applied: to a few blocks, which start at `offset` in the CRDT. */
export type Applied = { step: Step; before: Node; after: Node; offset: number };

type Range = { from: number; to: number };
/** The blocks that are out, from child `first` of the document to child `last`, which is not among them. */
type Bench = { first: number; last: number; position: number; offset: number; tr: Transform };

export class Workbench {
  private base: Node;
  private bench: Bench | null = null;
  /** All steps so far, as steps of the whole document. */
  readonly steps: Step[] = [];

  constructor(doc: Node) {
    this.base = doc;
  }

  /** The document as it is now. */
  get doc(): Node {
    this.putBack();
    return this.base;
  }

  /** @throws where the step does not apply, as `Transform.step` does */
  apply(step: Step): Applied {
    const { tr, position, offset } = this.benchFor(reachOf(step), 0);
    const before = tr.doc;
    const own = step.map(StepMap.offset(-position));
    if (!own) throw new RangeError("a step outside of the document");
    tr.step(own);
    this.steps.push(step);
    return { step: own, before, after: tr.doc, offset };
  }

  /**
   * Works on the blocks of a range and the ones beside them.
   * @param work adds steps to the transform; its range is that of the transform's document
   */
  around(range: Range, work: (tr: Transform, range: Range) => void): Applied[] {
    this.putBack();
    const { tr, position, offset } = this.benchFor(range, 1);
    const first = tr.steps.length;
    work(tr, { from: range.from - position, to: range.to - position });
    return tr.steps.slice(first).map((step, i) => {
      this.steps.push(step.map(StepMap.offset(position)) as Step);
      const before = tr.docs[first + i] as Node;
      return { step, before, after: tr.docs[first + i + 1] ?? tr.doc, offset };
    });
  }

  private benchFor(reach: Range | null, beside: number): Bench {
    if (this.bench && reach && isInside(reach, this.bench)) return this.bench;
    const { doc } = this;
    const index = blockIndex(doc, flatLength);
    const size = doc.content.size;
    const { from, to } = reach ?? { from: 0, to: size };
    if (from < 0 || to > size || from > to) throw new RangeError("a step outside of the document");
    // One block more on each side: what is deleted whole leaves something, and a join has its other half.
    const first = Math.max(0, indexOfPosition(index, from) - 1 - beside);
    const last = Math.min(doc.childCount, indexOfPosition(index, to) + 2 + beside);
    const blocks = doc.copy(Fragment.fromArray(doc.children.slice(first, last)));
    this.bench = {
      first,
      last,
      position: index.positions[first] as number,
      offset: index.offsets[first] as number,
      tr: new Transform(blocks),
    };
    return this.bench;
  }

  private putBack(): void {
    if (!this.bench) return;
    const { first, last, tr } = this.bench;
    this.bench = null;
    if (tr.steps.length === 0) return;
    this.base = withBlocks(this.base, first, last, tr.doc.children);
  }
}

/** `doc` with its children from `from` to `to` (exclusive) replaced. */
export function withBlocks(doc: Node, from: number, to: number, blocks: readonly Node[]): Node {
  const { children, content } = doc;
  let first = from;
  let end = to;
  let start = 0;
  let last = blocks.length;
  while (first < end && start < last && children[first] === blocks[start]) {
    first++;
    start++;
  }
  while (first < end && start < last && children[end - 1] === blocks[last - 1]) {
    end--;
    last--;
  }
  const [only] = blocks.slice(start, last);
  // One for one: ProseMirror then need not measure all the others.
  if (only && last === start + 1 && end === first + 1) return doc.copy(content.replaceChild(first, only));
  return doc.copy(Fragment.fromArray(children.toSpliced(first, end - first, ...blocks.slice(start, last))));
}

/** Whether a step stays clear of the ends of what is out. */
const isInside = ({ from, to }: Range, { position, tr }: Bench): boolean =>
  from > position && to < position + tr.doc.content.size;

/** The positions between which a step changes anything; null where it does not say. */
function reachOf(step: Step): Range | null {
  if (step instanceof AttrStep) return { from: step.pos, to: step.pos + 1 };
  const { from, to, pos } = step as Step & { from?: unknown; to?: unknown; pos?: unknown };
  if (typeof from === "number" && typeof to === "number") return { from, to };
  return typeof pos === "number" ? { from: pos, to: pos + 1 } : null;
}

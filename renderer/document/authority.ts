/**
 * The authority of one open document: the ProseMirror document that all windows follow, its
 * version, and the operations that its accepted steps owe to the CRDT. Pure: the session of the
 * engine brings the Automerge document, time and the windows.
 *
 * Invariant: once `takeOperations` has been written to the CRDT, `doc` equals `render(spans)`.
 */
import type { Patch } from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import { Mapping, Step, Transform } from "prosemirror-transform";
import { diffSteps } from "./diff.ts";
import { checkBlocks, checkText, followPatches } from "./follow.ts";
import type { Followed } from "./follow.ts";
import { changedChildren, changedRange, identifyRange, isTextStep } from "./identify.ts";
import type { Range } from "./identify.ts";
import { blocksReadMax, checkLargeEvery } from "./limits.ts";
import { operationsOf, pushOperation, shifted } from "./operations.ts";
import type { Operation } from "./operations.ts";
import { schema } from "./schema.ts";
import type { Truth } from "./truth.ts";
import { Workbench } from "./workbench.ts";
import type { Applied } from "./workbench.ts";

/** What came of a window's steps. */
export type Received =
  /** Accepted; `repairs` are further steps of the authority's own, to be sent to all. */
  | { ok: true; steps: Step[]; repairs: Step[] }
  /** Made against an older version: the window rebases on what it has been sent and tries again. */
  | { ok: false; reason: "version" }
  /** Not steps of this document. Nothing was changed; the window needs the document afresh. */
  | { ok: false; reason: "invalid"; message: string };

export class Authority {
  doc: Node;
  version = 0;
  /** True when the CRDT may show more than the windows do; `follow` is due once operations are written. */
  mustFollow = false;
  private operations: Operation[] = [];
  /** Blocks that own steps changed since the last check, as positions in `doc`. */
  private unchecked: Range | null = null;
  /** Where own steps changed text only, since the last check. */
  private uncheckedText: number | null = null;
  /** Checks of large blocks that were passed over, since the last one that was made. */
  private passedOver = 0;
  private readonly newId: () => string;

  /** @param newId gives an id that no container of any document has */
  constructor(doc: Node, newId: () => string) {
    this.doc = doc;
    this.newId = newId;
  }

  /** Takes steps that a window made at `version`. All of them apply, or none. */
  receive(version: number, stepsJson: readonly unknown[]): Received {
    if (version !== this.version) return { ok: false, reason: "version" };
    const work = new Workbench(this.doc);
    const operations: Operation[] = [];
    let reveals = false;
    let textOnly = true;
    const translate = ({ step, before, after, offset }: Applied): void => {
      textOnly &&= isTextStep(step, before);
      const translation = operationsOf(step, before, after);
      reveals ||= translation.reveals;
      for (const operation of translation.operations) pushOperation(operations, shifted(operation, offset));
    };
    const steps: Step[] = [];
    try {
      for (const json of stepsJson) {
        const step = Step.fromJSON(schema, json);
        translate(work.apply(step));
        steps.push(step);
      }
      // Windows see to ids themselves; a window that did not must not make the CRDT ambiguous.
      const range = textOnly ? null : changedRange(steps, work.doc.content.size);
      if (range)
        for (const repair of work.around(range, (tr, own) => identifyRange(tr, own, this.newId)))
          translate(repair);
      for (const changed of changedChildren(this.doc, work.doc)) {
        changed.check();
        if (hasBareLineEnd(changed)) reveals = true;
      }
    } catch (error) {
      return { ok: false, reason: "invalid", message: String(error) };
    }
    this.doc = work.doc;
    this.version += work.steps.length;
    this.mustFollow ||= reveals;
    this.noteUnchecked(work.steps, textOnly);
    for (const operation of operations) pushOperation(this.operations, operation);
    return { ok: true, steps, repairs: work.steps.slice(steps.length) };
  }

  private noteUnchecked(steps: readonly Step[], textOnly: boolean): void {
    const mapping = new Mapping(steps.map((step) => step.getMap()));
    if (this.unchecked)
      this.unchecked = { from: mapping.map(this.unchecked.from, -1), to: mapping.map(this.unchecked.to, 1) };
    if (this.uncheckedText !== null) this.uncheckedText = mapping.map(this.uncheckedText);
    const range = changedRange(steps, this.doc.content.size);
    if (!range) return;
    if (textOnly) {
      this.uncheckedText = range.to - 1;
      return;
    }
    const { from, to } = this.unchecked ?? range;
    this.unchecked = { from: Math.min(from, range.from), to: Math.max(to, range.to) };
  }

  get hasOperations(): boolean {
    return this.operations.length > 0;
  }

  /** Whether own steps changed blocks that `check` has not looked at. */
  get isUnchecked(): boolean {
    return this.unchecked !== null;
  }

  /** The operations not yet written. The caller writes them, or returns them where that failed. */
  takeOperations(): Operation[] {
    const operations = this.operations;
    this.operations = [];
    return operations;
  }

  /** Puts operations back that could not be written; they are due before any later ones. */
  returnOperations(operations: readonly Operation[]): void {
    this.operations = [...operations, ...this.operations];
  }

  /**
   * Follows the CRDT by what changed in it.
   * @param patches all since the document was last level with the CRDT, without own operations
   * @returns the steps to send to all windows; null where only `follow` can tell
   */
  followPatches(patches: readonly Patch[], truth: Truth): Step[] | null {
    if (this.mustFollow) return null;
    this.mustBeWritten();
    const followed = followPatches(this.doc, patches, truth);
    return followed && this.moveTo(followed);
  }

  /**
   * Checks what own steps changed against the CRDT, once they are written. A document may show
   * something else then: an attribute that was hidden behind another, a cell's span that has room again.
   * @returns the steps that mend it, to be sent to all windows; null where only `follow` can tell
   */
  check(truth: Truth): Step[] | null {
    if (this.mustFollow) return null;
    this.mustBeWritten();
    const { unchecked, uncheckedText } = this;
    const text = uncheckedText === null || checkText(this.doc, uncheckedText, truth);
    if (text && unchecked && isLarge(this.doc, unchecked) && ++this.passedOver < checkLargeEvery) {
      this.forget();
      return [];
    }
    this.passedOver = 0;
    this.forget();
    let mended: Followed | null = text ? { doc: this.doc, steps: [] } : null;
    if (text && unchecked) mended = checkBlocks(this.doc, unchecked.from, unchecked.to, truth);
    if (mended) return this.moveTo(mended);
    this.mustFollow = true;
    return null;
  }

  private forget(): void {
    this.unchecked = this.uncheckedText = null;
  }

  /**
   * Follows the CRDT: what was rendered from it afresh becomes the document.
   * @returns the steps to send to all windows; none where it was level already
   */
  follow(rendered: Node): Step[] {
    this.mustBeWritten();
    this.mustFollow = false;
    this.forget();
    const tr = new Transform(this.doc);
    for (const step of diffSteps(this.doc, rendered)) tr.step(step);
    return this.moveTo(tr);
  }

  private mustBeWritten(): void {
    if (this.operations.length > 0)
      throw new Error("operations must be written before remote changes are followed");
  }

  /** The steps' result, not what was rendered: nodes that did not change stay the same objects. */
  private moveTo({ doc, steps }: Followed): Step[] {
    this.doc = doc;
    this.version += steps.length;
    return steps;
  }
}

/** Whether the blocks of a range hold more markers than are asked of the CRDT one by one. */
function isLarge(doc: Node, { from, to }: Range): boolean {
  let count = 0;
  doc.nodesBetween(from, Math.min(to, doc.content.size), (node, _pos, parent) => {
    // All of a top-level block is checked, wherever in it the change was.
    if (parent === doc)
      node.descendants((one) => {
        if (one.isBlock) count++;
        return !one.isTextblock;
      });
    return false;
  });
  return count > blocksReadMax;
}

/** Whether a line end stands in text outside of code: the CRDT renders it as a break. */
function hasBareLineEnd(node: Node): boolean {
  if (node.isTextblock)
    return node.type.spec.code !== true && node.children.some(({ text }) => text?.includes("\n") === true);
  return node.children.some(hasBareLineEnd);
}

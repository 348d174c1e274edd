/**
 * The authority of one open document: the ProseMirror document that all windows follow, its
 * version, and the operations that its accepted steps owe to the CRDT. Pure: the session of the
 * engine brings the Automerge document, time and the windows.
 *
 * Invariant: once `takeOperations` has been written to the CRDT, `doc` equals `render(spans)`.
 */
import type { Patch } from "@automerge/automerge/slim";
import type { Node } from "prosemirror-model";
import { Step, Transform } from "prosemirror-transform";
import { diffSteps } from "./diff.ts";
import { checkBlocks, checkText, followPatches } from "./follow.ts";
import { changedChildren, changedRange, identifyRange, isTextStep } from "./identify.ts";
import type { Range } from "./identify.ts";
import { operationsOf, pushOperation } from "./operations.ts";
import type { Operation } from "./operations.ts";
import { schema } from "./schema.ts";
import type { Truth } from "./truth.ts";

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
  private readonly newId: () => string;

  /** @param newId gives an id that no container of any document has */
  constructor(doc: Node, newId: () => string) {
    this.doc = doc;
    this.newId = newId;
  }

  /** Takes steps that a window made at `version`. All of them apply, or none. */
  receive(version: number, stepsJson: readonly unknown[]): Received {
    if (version !== this.version) return { ok: false, reason: "version" };
    const operations: Operation[] = [];
    let reveals = false;
    const tr = new Transform(this.doc);
    const steps: Step[] = [];
    try {
      for (const json of stepsJson) {
        const step = Step.fromJSON(schema, json);
        const before = tr.doc;
        tr.step(step);
        steps.push(step);
        this.translate(step, before, tr.doc, operations);
      }
      const textOnly = isTextOnly(tr);
      const range = textOnly ? null : changedRange(steps, tr.doc.content.size);
      if (range) this.identify(tr, range, operations);
      for (const changed of changedChildren(this.doc, tr.doc)) {
        changed.check();
        if (hasBareLineEnd(changed)) reveals = true;
      }
    } catch (error) {
      return { ok: false, reason: "invalid", message: String(error) };
    }
    this.doc = tr.doc;
    this.version += tr.steps.length;
    this.mustFollow ||= reveals;
    this.noteUnchecked(tr);
    for (const operation of operations) pushOperation(this.operations, operation);
    return { ok: true, steps, repairs: tr.steps.slice(steps.length) };
  }

  /** Windows see to ids themselves; a window that did not must not make the CRDT ambiguous. */
  private identify(tr: Transform, range: { from: number; to: number }, operations: Operation[]): void {
    const first = tr.steps.length;
    identifyRange(tr, range, this.newId);
    for (let i = first; i < tr.steps.length; i++) {
      this.translate(tr.steps[i] as Step, tr.docs[i] as Node, tr.docs[i + 1] ?? tr.doc, operations);
    }
  }

  private translate(step: Step, before: Node, after: Node, into: Operation[]): void {
    const { operations, reveals } = operationsOf(step, before, after);
    for (const operation of operations) pushOperation(into, operation);
    if (reveals) this.mustFollow = true;
  }

  private noteUnchecked(tr: Transform): void {
    const { mapping } = tr;
    if (this.unchecked)
      this.unchecked = { from: mapping.map(this.unchecked.from, -1), to: mapping.map(this.unchecked.to, 1) };
    if (this.uncheckedText !== null) this.uncheckedText = mapping.map(this.uncheckedText);
    const range = changedRange(tr.steps, tr.doc.content.size);
    if (!range) return;
    if (isTextOnly(tr)) {
      this.uncheckedText = range.to - 1;
      return;
    }
    const { from, to } = this.unchecked ?? range;
    this.unchecked = { from: Math.min(from, range.from), to: Math.max(to, range.to) };
  }

  get hasOperations(): boolean {
    return this.operations.length > 0;
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
    const tr = followPatches(this.doc, patches, truth);
    return tr && this.moveTo(tr);
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
    this.unchecked = this.uncheckedText = null;
    if (uncheckedText !== null && !checkText(this.doc, uncheckedText, truth)) return null;
    if (!unchecked) return [];
    const tr = checkBlocks(this.doc, unchecked.from, unchecked.to, truth);
    return tr && this.moveTo(tr);
  }

  /**
   * Follows the CRDT: what was rendered from it afresh becomes the document.
   * @returns the steps to send to all windows; none where it was level already
   */
  follow(rendered: Node): Step[] {
    this.mustBeWritten();
    this.mustFollow = false;
    const tr = new Transform(this.doc);
    for (const step of diffSteps(this.doc, rendered)) tr.step(step);
    return this.moveTo(tr);
  }

  private mustBeWritten(): void {
    if (this.operations.length > 0)
      throw new Error("operations must be written before remote changes are followed");
  }

  /** The steps' result, not what was rendered: nodes that did not change stay the same objects. */
  private moveTo(tr: Transform): Step[] {
    this.doc = tr.doc;
    this.version += tr.steps.length;
    return tr.steps;
  }
}

const isTextOnly = (tr: Transform): boolean =>
  tr.steps.every((step, i) => isTextStep(step, tr.docs[i] as Node));

/** Whether a line end stands in text outside of code: the CRDT renders it as a break. */
function hasBareLineEnd(node: Node): boolean {
  if (node.isTextblock)
    return node.type.spec.code !== true && node.children.some(({ text }) => text?.includes("\n") === true);
  return node.children.some(hasBareLineEnd);
}

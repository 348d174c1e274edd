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
import { followPatches } from "./follow.ts";
import { changedRange, identifyRange } from "./identify.ts";
import { operationsOf, pushOperation } from "./operations.ts";
import type { Operation } from "./operations.ts";
import { schema } from "./schema.ts";

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
      const range = changedRange(steps, tr.doc.content.size);
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
  followPatches(patches: readonly Patch[]): Step[] | null {
    if (this.mustFollow) return null;
    this.mustBeWritten();
    const tr = followPatches(this.doc, patches);
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

/** Whether a line end stands in text outside of code: the CRDT renders it as a break. */
function hasBareLineEnd(node: Node): boolean {
  if (node.isTextblock)
    return node.type.spec.code !== true && node.children.some(({ text }) => text?.includes("\n") === true);
  return node.children.some(hasBareLineEnd);
}

/** The top-level blocks of `after` that are not `before`'s, by identity. */
function changedChildren(before: Node, after: Node): readonly Node[] {
  const old = before.children;
  const now = after.children;
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = now.length;
  for (let oldEnd = old.length; oldEnd > start && end > start && old[oldEnd - 1] === now[end - 1]; oldEnd--)
    end--;
  return now.slice(start, end);
}

/**
 * A ProseMirror step → the Automerge operations that do the same, and nothing else.
 *
 * A step says which stretches it replaced; everything between them is still there, though its
 * blocks may have moved into other containers and its text may have other marks. So: walk the
 * touched top-level blocks before and after side by side; what was kept is compared in place
 * (changed fields of its markers, changed marks of its text), what was replaced is deleted and
 * inserted, where a marker that stands for a marker is kept and updated.
 *
 * Offsets in the list are those of the text as it is when the operation runs, in order.
 */
import type { Mark, Node } from "prosemirror-model";
import { ReplaceStep } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { markExpands, markValue, sameParents } from "./block.ts";
import type { Block, Container, Scalar } from "./block.ts";
import { hasMarker, isRun, itemLength, itemsBetween, offsetAt } from "./flat.ts";
import type { Item, Run } from "./flat.ts";

export type Operation =
  | { type: "splice"; at: number; deleteCount: number; text: string }
  | { type: "insertBlock"; at: number; block: Block }
  | { type: "updateBlock"; at: number; change: BlockChange }
  | { type: "mark"; from: number; to: number; name: string; value: Scalar }
  | { type: "unmark"; from: number; to: number; name: string };

/** Fields of a marker to write; an attr of null is removed. */
export type BlockChange = { type?: string; parents?: Container[]; attrs?: Record<string, Scalar> };

/** Appends `operation`, joining it to the last one where they continue each other (typing, erasing). */
export function pushOperation(list: Operation[], operation: Operation): void {
  const last = list.at(-1);
  if (operation.type === "splice" && last?.type === "splice") {
    const insertedEnd = last.at + last.text.length;
    if (operation.deleteCount === 0 && operation.at >= last.at && operation.at <= insertedEnd) {
      const cut = operation.at - last.at;
      last.text = last.text.slice(0, cut) + operation.text + last.text.slice(cut);
      return;
    }
    const deleteEnd = operation.at + operation.deleteCount;
    if (operation.text === "" && deleteEnd === insertedEnd) {
      const keep = Math.max(0, operation.at - last.at);
      const ownDeleted = last.text.length - keep;
      last.text = last.text.slice(0, keep);
      const more = operation.deleteCount - ownDeleted;
      last.deleteCount += more;
      last.at = Math.min(last.at, operation.at);
      return;
    }
  }
  list.push(operation);
}

/** Operations that bring a stretch of text from one set of marks to another. */
export function remark(from: number, to: number, old: readonly Mark[], now: readonly Mark[]): Operation[] {
  const operations: Operation[] = [];
  for (const mark of old)
    if (!now.some((other) => other.type === mark.type))
      operations.push({ type: "unmark", from, to, name: mark.type.name });
  for (const mark of now)
    if (!old.some((other) => other.eq(mark)))
      operations.push({ type: "mark", from, to, name: mark.type.name, value: markValue(mark) });
  return operations;
}

/** What a step comes to in the CRDT. */
export type Translation = {
  operations: Operation[];
  /** Text that hid its marks (code) now shows them, and only the CRDT knows which: render afresh. */
  reveals: boolean;
};

/**
 * Walks a stretch from left to right. Marks come after all text and blocks: a mark set earlier would
 * grow over what is inserted at its end, and what lies to the left no longer moves.
 */
class Writer {
  private readonly operations: Operation[] = [];
  private readonly marks: Operation[] = [];
  private reveals = false;
  private at: number;
  /** Marks of the kept text before `at`, and of the text after it where that is known. */
  private left: readonly Mark[];
  private readonly right: readonly Mark[];

  constructor(at: number, left: readonly Mark[], right: readonly Mark[]) {
    this.at = at;
    this.left = left;
    this.right = right;
  }

  result(): Translation {
    return { operations: [...this.operations, ...this.marks], reveals: this.reveals };
  }

  keepText(old: Run, now: Run): void {
    if (old.hidesMarks && !now.hidesMarks) this.reveals = true;
    this.remark(old.marks, now);
    this.left = now.marks;
    this.at += now.text.length;
  }

  keepBlock(before: Block, after: Block): void {
    const change = blockChange(before, after);
    if (change) pushOperation(this.operations, { type: "updateBlock", at: this.at, change });
    this.left = [];
    this.at += 1;
  }

  remove(length: number): void {
    if (length > 0)
      pushOperation(this.operations, { type: "splice", at: this.at, deleteCount: length, text: "" });
  }

  insert(item: Item): void {
    if (isRun(item)) {
      pushOperation(this.operations, { type: "splice", at: this.at, deleteCount: 0, text: item.text });
      // What Automerge gives the text by itself: marks that grow at their end, and marks it is inside of.
      this.remark(
        this.left.filter((mark) => markExpands(mark.type.name) || mark.isInSet(this.right)),
        item,
      );
    } else pushOperation(this.operations, { type: "insertBlock", at: this.at, block: item.block });
    this.at += itemLength(item);
  }

  /** Brings the text at hand from one set of marks to its own. */
  private remark(from: readonly Mark[], { text, marks, hidesMarks }: Run): void {
    if (!hidesMarks) this.marks.push(...remark(this.at, this.at + text.length, from, marks));
  }
}

function blockChange(before: Block, after: Block): BlockChange | null {
  const change: BlockChange = {};
  if (before.type !== after.type) change.type = after.type;
  if (!sameParents(before.parents, after.parents)) change.parents = after.parents;
  const attrs: Record<string, Scalar> = {};
  for (const name of Object.keys(before.attrs)) if (!(name in after.attrs)) attrs[name] = null;
  for (const [name, value] of Object.entries(after.attrs))
    if (before.attrs[name] !== value) attrs[name] = value;
  if (Object.keys(attrs).length > 0) change.attrs = attrs;
  return Object.keys(change).length > 0 ? change : null;
}

/**
 * Kept content: the same text before and after, its markers and marks possibly changed. Markers
 * differ in number only where a paragraph became implicit or stopped being so.
 */
function compareKept(writer: Writer, before: readonly Item[], after: readonly Item[]): void {
  const rest = [...before];
  const dropBlocks = (): void => {
    while (rest[0] && !isRun(rest[0])) {
      writer.remove(1);
      rest.shift();
    }
  };
  for (const item of after) {
    if (!isRun(item)) {
      const old = rest[0];
      if (old && !isRun(old)) {
        writer.keepBlock(old.block, item.block);
        rest.shift();
      } else writer.insert(item);
      continue;
    }
    let text = item.text;
    while (text.length > 0) {
      dropBlocks();
      const old = rest.shift();
      if (!old || !isRun(old)) throw new Error("kept text differs before and after the step");
      const length = Math.min(text.length, old.text.length);
      writer.keepText(old, { ...item, text: text.slice(0, length) });
      if (length < old.text.length) rest.unshift({ ...old, text: old.text.slice(length) });
      text = text.slice(length);
    }
  }
  dropBlocks();
}

/** Replaced content: equal ends are kept, markers are kept for markers, the rest is rewritten. */
function replaceItems(writer: Writer, before: Item[], after: Item[]): void {
  const oldRuns: Run[][] = [[]];
  const oldBlocks: Block[] = [];
  for (const item of before) {
    if (isRun(item)) oldRuns.at(-1)?.push(item);
    else {
      oldBlocks.push(item.block);
      oldRuns.push([]);
    }
  }
  const blocksAfter = after.filter((item) => !isRun(item)).length;
  // Old markers pair with new ones in order; surplus old ones go, with the text around them.
  const paired = Math.min(oldBlocks.length, blocksAfter);
  const gaps: Item[][] = [[]];
  for (const item of after) {
    if (isRun(item)) gaps.at(-1)?.push(item);
    else gaps.push([item]);
  }
  for (let gap = 0; gap < gaps.length; gap++) {
    const items = gaps[gap] as Item[];
    if (gap > 0) {
      const [first] = items.splice(0, 1) as [{ block: Block }];
      const old = gap <= paired ? oldBlocks[gap - 1] : undefined;
      if (old) writer.keepBlock(old, first.block);
      else writer.insert(first);
    }
    const lastPaired = gap === paired;
    const runs = gap <= paired ? (oldRuns[gap] ?? []) : [];
    // After the last paired marker all that is left of the old content goes.
    let surplus = 0;
    if (lastPaired) {
      for (let rest = gap + 1; rest < oldRuns.length; rest++)
        surplus += 1 + (oldRuns[rest] ?? []).reduce((sum, run) => sum + run.text.length, 0);
    }
    replaceRuns(writer, runs, items as Run[], surplus);
  }
}

/** Replaces text by text, keeping an equal beginning; `surplus` more old units follow and go too. */
function replaceRuns(writer: Writer, before: Run[], after: Run[], surplus: number): void {
  const oldText = before.map((run) => run.text).join("");
  const newText = after.map((run) => run.text).join("");
  let same = 0;
  while (same < oldText.length && same < newText.length && oldText[same] === newText[same]) same++;
  const next = newText.charCodeAt(same - 1);
  if (same > 0 && next >= 0xd800 && next < 0xdc00) same--; // never cut a surrogate pair
  const [keptOld] = cutRuns(before, same);
  const [keptNew, inserted] = cutRuns(after, same);
  compareKept(writer, keptOld, keptNew);
  writer.remove(oldText.length - same + surplus);
  for (const run of inserted) writer.insert(run);
}

function cutRuns(runs: Run[], at: number): [Run[], Run[]] {
  const head: Run[] = [];
  const tail: Run[] = [];
  let pos = 0;
  for (const run of runs) {
    const cut = Math.min(Math.max(at - pos, 0), run.text.length);
    if (cut > 0) head.push({ ...run, text: run.text.slice(0, cut) });
    if (cut < run.text.length) tail.push({ ...run, text: run.text.slice(cut) });
    pos += run.text.length;
  }
  return [head, tail];
}

/** Marks of the inline node on one side of a position; none at the block's edge. */
function marksBeside(node: Node | null): readonly Mark[] {
  return node?.marks ?? [];
}

/** Typing and erasing inside one textblock: no blocks to look at. Null where the step is more. */
function textOperations(step: Step, before: Node): Translation | null {
  if (!(step instanceof ReplaceStep) || step.slice.openStart > 0 || step.slice.openEnd > 0) return null;
  const $from = before.resolve(step.from);
  if (!$from.parent.isTextblock || step.to > $from.end() || !hasMarker($from.parent)) return null;
  const right = step.to === step.from ? $from : before.resolve(step.to);
  const writer = new Writer(
    offsetAt(before, step.from),
    marksBeside($from.nodeBefore),
    marksBeside(right.nodeAfter),
  );
  const hidesMarks = $from.parent.type.spec.marks === "";
  writer.remove(step.to - step.from);
  step.slice.content.forEach((inline) =>
    writer.insert({ text: inline.isText ? (inline.text as string) : "\n", marks: inline.marks, hidesMarks }),
  );
  return writer.result();
}

type Stretch = { from: number; to: number; newFrom: number; newTo: number; kept: boolean };

/** The stretches of the touched top-level blocks, replaced and kept in turn, in both documents. */
function stretches(step: Step, before: Node, after: Node): Stretch[] {
  const replaced: Stretch[] = [];
  step
    .getMap()
    .forEach((from, to, newFrom, newTo) => replaced.push({ from, to, newFrom, newTo, kept: false }));
  const bounds = touched(step, replaced, before);
  const list: Stretch[] = [];
  let pos = bounds.from;
  let newPos = bounds.from; // nothing changes before the touched blocks
  for (const one of replaced) {
    if (one.from > pos)
      list.push({ from: pos, to: one.from, newFrom: newPos, newTo: one.newFrom, kept: true });
    list.push(one);
    pos = one.to;
    newPos = one.newTo;
  }
  const newEnd = bounds.to + (after.content.size - before.content.size);
  if (pos < bounds.to) list.push({ from: pos, to: bounds.to, newFrom: newPos, newTo: newEnd, kept: true });
  return list;
}

/** Top-level blocks that a step reaches into, as positions between blocks. */
function touched(step: Step, replaced: Stretch[], before: Node): { from: number; to: number } {
  // Mark and attribute steps have an empty map and say their range in their own fields.
  const own = step as Step & { from?: number; to?: number; pos?: number };
  const from = replaced[0]?.from ?? own.from ?? own.pos ?? 0;
  const to = replaced.at(-1)?.to ?? own.to ?? (own.pos === undefined ? before.content.size : own.pos + 1);
  const $from = before.resolve(from);
  const $to = before.resolve(to);
  return {
    from: $from.depth > 0 ? $from.before(1) : from,
    to: $to.depth > 0 ? $to.after(1) : to,
  };
}

/** The operations that write a whole document into an empty body. */
export function operationsFor(doc: Node): Operation[] {
  const writer = new Writer(0, [], []);
  for (const item of itemsBetween(doc, 0, doc.content.size)) writer.insert(item);
  return writer.result().operations;
}

/**
 * The operations of one step.
 * @param before the document that the step was applied to
 * @param after what it gave; every container in it has its id (see `identify.ts`)
 * @returns operations in order; none where the CRDT does not see the change
 */
export function operationsOf(step: Step, before: Node, after: Node): Translation {
  const quick = textOperations(step, before);
  if (quick) return quick;
  const list = stretches(step, before, after);
  const first = list[0];
  if (!first) return { operations: [], reveals: false };
  const writer = new Writer(offsetAt(before, first.from), [], []);
  for (const { from, to, newFrom, newTo, kept } of list) {
    const old = itemsBetween(before, from, to);
    const now = itemsBetween(after, newFrom, newTo);
    if (kept) compareKept(writer, old, now);
    else replaceItems(writer, old, now);
  }
  return writer.result();
}

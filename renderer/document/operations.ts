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
import type { Node } from "prosemirror-model";
import { AttrStep, ReplaceAroundStep, ReplaceStep } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { endType, sameParents } from "./block.ts";
import type { Block, Container } from "./block.ts";
import { flatLength, hasMarker, isBlock, isRun, itemLength, itemsBetween, offsetAt } from "./flat.ts";
import type { Item, Run } from "./flat.ts";
import type { Scalar } from "./scalar.ts";
import { markExpands, storedMarksOf, storedText } from "./stored-marks.ts";
import type { StoredMarks } from "./stored-marks.ts";

export type Operation =
  | { type: "splice"; at: number; deleteCount: number; text: string }
  | { type: "insertBlock"; at: number; block: Block }
  | { type: "updateBlock"; at: number; change: BlockChange }
  | { type: "mark"; from: number; to: number; name: string; value: Scalar }
  | { type: "unmark"; from: number; to: number; name: string };

/** Fields of a marker to write; an attr of null is removed. */
export type BlockChange = { type?: string; parents?: Container[]; attrs?: Record<string, Scalar> };

/**
 * Appends `operation`, joining it to an earlier one where it continues that: typing, erasing, and a
 * change of a marker that the list inserts or changes already (a new list gets its id).
 */
export function pushOperation(list: Operation[], operation: Operation): void {
  if (operation.type === "updateBlock" && changeEarlier(list, operation)) return;
  const last = list.at(-1);
  if (
    operation.type === "insertBlock" &&
    last?.type === "splice" &&
    last.at === operation.at &&
    last.deleteCount === 0
  ) {
    // Text that gets a marker comes after it, also in the CRDT's own order: two people who begin to
    // write in one place then have a block each.
    list.splice(-1, 1, operation, { ...last, at: last.at + 1 });
    return;
  }
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

/** How far back a marker's earlier operation is looked for. */
const lookBackMax = 1000;

/** Makes the change part of the operation that inserted or last changed the marker; false where there is none. */
function changeEarlier(
  list: Operation[],
  { at, change }: Extract<Operation, { type: "updateBlock" }>,
): boolean {
  let offset = at;
  for (let i = list.length - 1; i >= Math.max(0, list.length - lookBackMax); i--) {
    const earlier = list[i] as Operation;
    if (earlier.type === "updateBlock" && earlier.at === offset) {
      const attrs = { ...earlier.change.attrs, ...change.attrs };
      earlier.change = { ...earlier.change, ...change, ...(Object.keys(attrs).length > 0 && { attrs }) };
      return true;
    }
    if (earlier.type === "insertBlock") {
      if (earlier.at === offset) {
        earlier.block = changedBlock(earlier.block, change);
        return true;
      }
      if (earlier.at < offset) offset--;
    } else if (earlier.type === "splice" && earlier.at <= offset) {
      if (offset < earlier.at + earlier.text.length) return false;
      offset += earlier.deleteCount - earlier.text.length;
    }
  }
  return false;
}

function changedBlock(block: Block, { type, parents, attrs }: BlockChange): Block {
  const all = Object.entries({ ...block.attrs, ...attrs });
  return {
    type: type ?? block.type,
    parents: parents ?? block.parents,
    attrs: Object.fromEntries(all.filter(([, value]) => value !== null)),
  };
}

/** The same operation `by` units further on. */
export const shifted = (operation: Operation, by: number): Operation =>
  "at" in operation
    ? { ...operation, at: operation.at + by }
    : { ...operation, from: operation.from + by, to: operation.to + by };

/** Operations that bring a stretch of text from one set of marks to another. */
export function remark(from: number, to: number, old: StoredMarks, now: StoredMarks): Operation[] {
  if (old === now) return [];
  const operations: Operation[] = [];
  for (const name of Object.keys(old))
    if (!Object.hasOwn(now, name)) operations.push({ type: "unmark", from, to, name });
  for (const [name, value] of Object.entries(now))
    if (old[name] !== value) operations.push({ type: "mark", from, to, name, value });
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
  private left: StoredMarks;
  private readonly right: StoredMarks;

  constructor(at: number, left: StoredMarks, right: StoredMarks) {
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
    this.left = noMarks;
    this.at += 1;
  }

  keepHidden(length: number): void {
    this.left = noMarks;
    this.at += length;
  }

  remove(length: number): void {
    if (length > 0)
      pushOperation(this.operations, { type: "splice", at: this.at, deleteCount: length, text: "" });
  }

  insert(item: Item): void {
    if (isRun(item)) {
      pushOperation(this.operations, { type: "splice", at: this.at, deleteCount: 0, text: item.text });
      // What Automerge gives the text by itself: marks that grow at their end, and marks it is inside of.
      this.remark(this.inherited(), item);
    } else if (isBlock(item)) {
      pushOperation(this.operations, { type: "insertBlock", at: this.at, block: item.block });
    } else {
      // A copy of a block that hides something: the same number of units, until an edit shows it (identify.ts).
      for (let i = 0; i < item.hidden; i++)
        pushOperation(this.operations, { type: "insertBlock", at: this.at, block: nothing });
    }
    this.at += itemLength(item);
  }

  private inherited(): StoredMarks {
    const inherited: Record<string, Scalar> = {};
    for (const [name, value] of Object.entries(this.left))
      if (markExpands(name) || this.right[name] === value) inherited[name] = value;
    return inherited;
  }

  /** Brings the text at hand from one set of marks to its own. */
  private remark(from: StoredMarks, { text, marks, hidesMarks }: Run): void {
    if (!hidesMarks) this.marks.push(...remark(this.at, this.at + text.length, from, marks));
  }
}

const noMarks: StoredMarks = {};
const nothing: Block = { type: endType, parents: [], attrs: {} };

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
 * Kept content: the same text before and after, its markers and marks possibly changed. Units that
 * are no text differ in number only where a block stopped being implicit or hiding something.
 */
function compareKept(writer: Writer, before: readonly Item[], after: readonly Item[]): void {
  const rest = [...before];
  const dropOthers = (): void => {
    for (let old = rest[0]; old && !isRun(old); old = rest[0]) {
      writer.remove(itemLength(old));
      rest.shift();
    }
  };
  for (const item of after) {
    const old = rest[0];
    if (isRun(item)) keepRun(item);
    else if (isBlock(item)) {
      if (old && "hidden" in old) writer.remove(old.hidden);
      if (old && "hidden" in old) rest.shift();
      const own = rest[0];
      if (own && isBlock(own)) {
        writer.keepBlock(own.block, item.block);
        rest.shift();
      } else writer.insert(item);
    } else if (old && "hidden" in old) {
      writer.keepHidden(item.hidden);
      rest.shift();
    } else writer.insert(item);
  }
  dropOthers();

  function keepRun(item: Run): void {
    let text = item.text;
    while (text.length > 0) {
      dropOthers();
      const old = rest.shift();
      if (!old || !isRun(old)) throw new Error("kept text differs before and after the step");
      const length = Math.min(text.length, old.text.length);
      writer.keepText(old, { ...item, text: text.slice(0, length) });
      if (length < old.text.length) rest.unshift({ ...old, text: old.text.slice(length) });
      text = text.slice(length);
    }
  }
}

/** A marker or hidden units, and the text up to the next of these. */
type Section = { head: Exclude<Item, Run> | null; runs: Run[] };

function sectionsOf(items: readonly Item[]): Section[] {
  const sections: Section[] = [{ head: null, runs: [] }];
  for (const item of items) {
    if (isRun(item)) sections.at(-1)?.runs.push(item);
    else sections.push({ head: item, runs: [] });
  }
  return sections;
}

const sectionLength = ({ head, runs }: Section): number =>
  (head ? itemLength(head) : 0) + runs.reduce((sum, run) => sum + run.text.length, 0);

/** Whether an old marker may become this new one: an end stays an end. */
const canBecome = (old: Section, now: Section): boolean =>
  old.head !== null &&
  now.head !== null &&
  isBlock(old.head) &&
  isBlock(now.head) &&
  (old.head.block.type === endType) === (now.head.block.type === endType);

/** Replaced content: equal beginnings are kept, markers are kept for markers, the rest is rewritten. */
function replaceItems(writer: Writer, before: readonly Item[], after: readonly Item[]): void {
  const [first, ...old] = sectionsOf(before) as [Section, ...Section[]];
  const [firstNow, ...now] = sectionsOf(after) as [Section, ...Section[]];
  // Each new marker takes the next old one of its kind; old ones in between, and those left, go with their text.
  let at = 0;
  const partners = now.map((section) => {
    const found = old.findIndex((one, i) => i >= at && canBecome(one, section));
    if (found < 0) return null;
    const skipped = old.slice(at, found);
    at = found + 1;
    return { old: old[found] as Section, skipped };
  });
  const lengthOf = (sections: readonly Section[]): number =>
    sections.reduce((sum, section) => sum + sectionLength(section), 0);
  // What goes after the last section that has a partner goes with it.
  const lastPartner = partners.findLastIndex((partner) => partner !== null);
  const surplus = lengthOf(old.slice(at));
  replaceRuns(writer, first.runs, firstNow.runs, lastPartner < 0 ? surplus : 0);
  for (const [i, section] of now.entries()) {
    const partner = partners[i];
    const head = section.head as Exclude<Item, Run>;
    if (partner) {
      writer.remove(lengthOf(partner.skipped));
      writer.keepBlock((partner.old.head as { block: Block }).block, (head as { block: Block }).block);
    } else writer.insert(head);
    replaceRuns(writer, partner?.old.runs ?? [], section.runs, i === lastPartner ? surplus : 0);
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
const marksBeside = (node: Node | null): StoredMarks => (node ? storedMarksOf(node) : noMarks);

function marksBefore(doc: Node, pos: number): StoredMarks {
  const $pos = doc.resolve(pos);
  return $pos.parent.isTextblock ? marksBeside($pos.nodeBefore) : noMarks;
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
  for (const inline of step.slice.content.content)
    writer.insert({ text: storedText(inline), marks: storedMarksOf(inline), hidesMarks });
  return writer.result();
}

type Stretch = { from: number; to: number; newFrom: number; newTo: number; kept: boolean };

/** The stretches that a step reaches, replaced and kept in turn, in both documents. */
function stretches(step: Step, before: Node, after: Node): Stretch[] {
  const replaced: Stretch[] = [];
  step
    .getMap()
    .forEach((from, to, newFrom, newTo) => replaced.push({ from, to, newFrom, newTo, kept: false }));
  const bounds = reachOf(step, before);
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

type Reach = { from: number; to: number };

/**
 * How far a step can change anything, its markers' paths included, as positions in the document
 * before. Nothing before it changes; but where it closes and opens nodes, what follows in these nodes
 * comes into others, up to the end of the outermost of them.
 */
function reachOf(step: Step, before: Node): Reach {
  if (step instanceof AttrStep) {
    const node = before.nodeAt(step.pos);
    return { from: step.pos, to: step.pos + (node?.nodeSize ?? 0) };
  }
  if (step instanceof ReplaceStep || step instanceof ReplaceAroundStep) {
    const $to = before.resolve(step.to);
    const depth = Math.min($to.sharedDepth(step.from), $to.depth - step.slice.openEnd);
    return { from: step.from, to: $to.depth > depth ? $to.after(depth + 1) : step.to };
  }
  // Mark steps say their range in their own fields; of any other step nothing is known.
  const own = step as Step & { from?: number; to?: number; pos?: number };
  if (own.from !== undefined && own.to !== undefined) return { from: own.from, to: own.to };
  if (own.pos !== undefined) return { from: own.pos, to: own.pos + 1 };
  return { from: 0, to: before.content.size };
}

/** The operations that write a whole document into an empty body. */
export function operationsFor(doc: Node): Operation[] {
  const writer = new Writer(0, noMarks, noMarks);
  for (const item of itemsBetween(doc, 0, flatLength(doc))) writer.insert(item);
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
  const writer = new Writer(offsetAt(before, first.from), marksBefore(before, first.from), noMarks);
  for (const { from, to, newFrom, newTo, kept } of list) {
    const old = itemsBetween(before, offsetAt(before, from), offsetAt(before, to));
    const now = itemsBetween(after, offsetAt(after, newFrom), offsetAt(after, newTo));
    if (kept) compareKept(writer, old, now);
    else replaceItems(writer, old, now);
  }
  return writer.result();
}

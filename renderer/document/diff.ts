/**
 * The steps that turn one document into another: few and small, so that what did not change keeps
 * its nodes, its DOM and the cursors in it. Used where a remote change or a repair reaches a view.
 *
 * Blocks are compared from both ends, then aligned on those that stayed equal; in between, blocks
 * that are one for one are compared inside, and everything else (a split, a join, new blocks) is
 * one replacement of the smallest stretch that differs.
 */
import { Fragment, Mark, Slice } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { AddMarkStep, RemoveMarkStep, ReplaceStep, Transform } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";

/** Above this many pairs a stretch is replaced whole rather than aligned. */
const pairsMax = 1_000_000;
/** Above this many changed characters inside one textblock they become one replacement. */
const inlineEditsMax = 200;
/** Shorter agreement inside a changed stretch does not split it. */
const anchorUnits = 3;

/**
 * @returns steps that apply in order to `before` and give a document equal to `after`
 */
export function diffSteps(before: Node, after: Node): Step[] {
  const tr = new Transform(before);
  try {
    diffChildren(tr, before.children, after.children, 0);
  } catch {
    // A step that the schema refuses half-way (an odd type change): the whole is always allowed.
    return wholeReplacement(before, after);
  }
  return tr.doc.eq(after) ? tr.steps : wholeReplacement(before, after);
}

function wholeReplacement(before: Node, after: Node): Step[] {
  return new Transform(before).replace(0, before.content.size, after.slice(0)).steps;
}

/** Turns some neighbouring blocks of `tr.doc`, the first of which starts at `pos`, into others. */
export function diffBlocks(tr: Transform, old: readonly Node[], now: readonly Node[], pos: number): void {
  const trial = new Transform(tr.doc);
  try {
    diffChildren(trial, old, now, pos);
    for (const step of trial.steps) tr.step(step);
  } catch {
    const size = old.reduce((sum, node) => sum + node.nodeSize, 0);
    tr.step(new ReplaceStep(pos, pos + size, new Slice(Fragment.fromArray(now), 0, 0)));
  }
}

/** Positions are in `tr.doc`; `pos` is where the old blocks start there. */
function diffChildren(tr: Transform, old: readonly Node[], now: readonly Node[], pos: number): void {
  let start = 0;
  while (start < old.length && start < now.length && same(old[start], now[start])) start++;
  let oldEnd = old.length;
  let nowEnd = now.length;
  while (oldEnd > start && nowEnd > start && same(old[oldEnd - 1], now[nowEnd - 1])) {
    oldEnd--;
    nowEnd--;
  }
  // From the end to the start: positions before a change stay as they are.
  const gaps = gapsBetween(old, now, start, oldEnd, nowEnd);
  for (const gap of gaps.reverse()) {
    let gapPos = pos;
    for (let i = 0; i < gap.oldFrom; i++) gapPos += (old[i] as Node).nodeSize;
    const oldNodes = old.slice(gap.oldFrom, gap.oldTo);
    const nowNodes = now.slice(gap.nowFrom, gap.nowTo);
    if (oldNodes.length === nowNodes.length && oldNodes.every((node, i) => comparable(node, nowNodes[i])))
      diffPairs(tr, oldNodes, nowNodes, gapPos);
    else replaceGap(tr, oldNodes, nowNodes, gapPos);
  }
}

const same = (a: Node | undefined, b: Node | undefined): boolean =>
  a !== undefined && b !== undefined && (a === b || a.eq(b));

/** Whether two blocks are versions of one: then their insides are compared. */
function comparable(a: Node, b: Node | undefined): boolean {
  if (!b || a.isLeaf || b.isLeaf) return false;
  if (a.isTextblock && b.isTextblock) return true;
  // A cell that became a header, a list that became another kind, are what they were.
  return a.attrs["id"] === b.attrs["id"] && a.type.compatibleContent(b.type);
}

type Gap = { oldFrom: number; oldTo: number; nowFrom: number; nowTo: number };

/** Stretches that differ, between blocks that are equal in both (a longest common subsequence). */
function gapsBetween(
  old: readonly Node[],
  now: readonly Node[],
  start: number,
  oldEnd: number,
  nowEnd: number,
): Gap[] {
  const rows = oldEnd - start;
  const columns = nowEnd - start;
  if (rows === 0 && columns === 0) return [];
  const all = { oldFrom: start, oldTo: oldEnd, nowFrom: start, nowTo: nowEnd };
  if (rows === 0 || columns === 0 || rows * columns > pairsMax) return [all];
  const width = columns + 1;
  const lengths = new Uint16Array((rows + 1) * width);
  const equal = (i: number, j: number): boolean => same(old[start + i], now[start + j]);
  for (let i = rows - 1; i >= 0; i--)
    for (let j = columns - 1; j >= 0; j--)
      lengths[i * width + j] = equal(i, j)
        ? (lengths[(i + 1) * width + j + 1] as number) + 1
        : Math.max(lengths[(i + 1) * width + j] as number, lengths[i * width + j + 1] as number);
  const gaps: Gap[] = [];
  let i = 0;
  let j = 0;
  let gap: Gap | null = null;
  while (i < rows || j < columns) {
    if (i < rows && j < columns && equal(i, j)) {
      if (gap) gaps.push(gap);
      gap = null;
      i++;
      j++;
      continue;
    }
    gap ??= { oldFrom: start + i, oldTo: start + i, nowFrom: start + j, nowTo: start + j };
    const skipOld =
      j >= columns ||
      (i < rows && (lengths[(i + 1) * width + j] as number) >= (lengths[i * width + j + 1] as number));
    if (skipOld) gap.oldTo = start + ++i;
    else gap.nowTo = start + ++j;
  }
  if (gap) gaps.push(gap);
  return gaps;
}

function diffPairs(tr: Transform, old: readonly Node[], now: readonly Node[], pos: number): void {
  let nodePos = pos + old.reduce((size, node) => size + node.nodeSize, 0);
  for (let i = old.length - 1; i >= 0; i--) {
    const before = old[i] as Node;
    nodePos -= before.nodeSize;
    diffPair(tr, before, now[i] as Node, nodePos);
  }
}

function diffPair(tr: Transform, before: Node, after: Node, pos: number): void {
  if (same(before, after)) return;
  const markupChanges = !before.sameMarkup(after);
  // The markup changes first if the new type can hold the old content, else last.
  const first = markupChanges && after.type.validContent(before.content);
  if (first) tr.setNodeMarkup(pos, after.type, after.attrs, after.marks);
  if (before.isTextblock) diffText(tr, before.content, after.content, pos + 1);
  else diffChildren(tr, before.children, after.children, pos + 1);
  if (markupChanges && !first) tr.setNodeMarkup(pos, after.type, after.attrs, after.marks);
}

/** Replaces the smallest stretch of a gap that differs: a split or a join moves no other text. */
function replaceGap(
  tr: Transform,
  oldNodes: readonly Node[],
  nowNodes: readonly Node[],
  gapPos: number,
): void {
  const old = Fragment.fromArray(oldNodes);
  const now = Fragment.fromArray(nowNodes);
  const from = old.findDiffStart(now);
  const end = old.findDiffEnd(now);
  if (from === null || end === null) return;
  // Where the equal ends overlap ("aa" → "aaa"), the end gives way.
  const overlap = Math.max(0, from - Math.min(end.a, end.b));
  const whole = tr.doc.copy(now).slice(from, end.b + overlap);
  const small = tr.maybeStep(new ReplaceStep(gapPos + from, gapPos + end.a + overlap, whole));
  if (small.failed) tr.step(new ReplaceStep(gapPos, gapPos + old.size, new Slice(now, 0, 0)));
}

/** A change of text inside one textblock, as offsets in the old and the new content. */
type Edit = { oldFrom: number; oldTo: number; nowFrom: number; nowTo: number };

/**
 * Turns one stretch of a textblock's content, at `pos` in `tr.doc`, into another: first the text, from
 * the last edit to the first, then the marks of what was kept.
 */
export function diffText(tr: Transform, before: Fragment, after: Fragment, pos: number): void {
  for (const edit of textEdits(unitsOf(before), unitsOf(after)).reverse()) {
    const slice = new Slice(after.cut(edit.nowFrom, edit.nowTo), 0, 0);
    tr.step(new ReplaceStep(pos + edit.oldFrom, pos + edit.oldTo, slice));
  }
  const $pos = tr.doc.resolve(pos);
  const content = $pos.parent.content.cut($pos.parentOffset, $pos.parentOffset + after.size);
  for (const { from, to, old, now } of markChanges(content, after)) {
    for (const mark of old) if (!mark.isInSet(now)) tr.step(new RemoveMarkStep(pos + from, pos + to, mark));
    for (const mark of now) if (!mark.isInSet(old)) tr.step(new AddMarkStep(pos + from, pos + to, mark));
  }
}

/** One entry a position: the character, or the node that stands there, marks aside. */
function unitsOf(content: Fragment): string[] {
  const units: string[] = [];
  for (const node of content.content) {
    if (node.isText)
      for (let i = 0; i < (node.text as string).length; i++) units.push((node.text as string)[i] as string);
    else units.push(`${node.type.name} ${JSON.stringify(node.attrs)}`);
  }
  return units;
}

function textEdits(old: readonly string[], now: readonly string[]): Edit[] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let oldEnd = old.length;
  let nowEnd = now.length;
  while (oldEnd > start && nowEnd > start && old[oldEnd - 1] === now[nowEnd - 1]) {
    oldEnd--;
    nowEnd--;
  }
  if (start === oldEnd && start === nowEnd) return [];
  const all = { oldFrom: start, oldTo: oldEnd, nowFrom: start, nowTo: nowEnd };
  if (start === oldEnd || start === nowEnd) return [all];
  const matches = shortestEdit(old.slice(start, oldEnd), now.slice(start, nowEnd));
  if (!matches) return [all];
  const edits: Edit[] = [];
  let oldAt = start;
  let nowAt = start;
  for (const match of [...matches, { old: oldEnd - start, now: nowEnd - start, length: 0 }]) {
    const isLast = match.length === 0;
    // A few letters that happen to agree are no anchor: replacing them too keeps edits readable.
    if (match.length < anchorUnits && !isLast) continue;
    const edit = { oldFrom: oldAt, oldTo: start + match.old, nowFrom: nowAt, nowTo: start + match.now };
    if (edit.oldFrom < edit.oldTo || edit.nowFrom < edit.nowTo) edits.push(edit);
    oldAt = edit.oldTo + match.length;
    nowAt = edit.nowTo + match.length;
  }
  return edits;
}

type Match = { old: number; now: number; length: number };

/**
 * The stretches that two sequences share, by Myers' greedy algorithm ("An O(ND) Difference
 * Algorithm", 1986); null where they differ in more than `inlineEditsMax` units.
 */
function shortestEdit(old: readonly string[], now: readonly string[]): Match[] | null {
  const most = Math.min(old.length + now.length, inlineEditsMax);
  const reach = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(new Map(reach));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down =
        diagonal === -edits ||
        (diagonal !== edits && (reach.get(diagonal - 1) ?? -1) < (reach.get(diagonal + 1) ?? -1));
      let x = down ? (reach.get(diagonal + 1) ?? 0) : (reach.get(diagonal - 1) ?? 0) + 1;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x++;
      reach.set(diagonal, x);
      if (x >= old.length && x - diagonal >= now.length) return matchesAlong(trace, old.length, now.length);
    }
  }
  return null;
}

function matchesAlong(trace: readonly Map<number, number>[], oldLength: number, nowLength: number): Match[] {
  const matches: Match[] = [];
  let x = oldLength;
  let y = nowLength;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits] as Map<number, number>;
    const diagonal = x - y;
    const down =
      diagonal === -edits ||
      (diagonal !== edits && (reach.get(diagonal - 1) ?? -1) < (reach.get(diagonal + 1) ?? -1));
    const fromDiagonal = down ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (reach.get(fromDiagonal) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - fromDiagonal;
    const afterX = edits === 0 ? 0 : down ? fromX : fromX + 1;
    const length = x - afterX;
    if (length > 0) matches.unshift({ old: afterX, now: afterX - diagonal, length });
    x = fromX;
    y = fromY;
  }
  return matches;
}

type MarkChange = { from: number; to: number; old: readonly Mark[]; now: readonly Mark[] };

/** Stretches whose marks differ between two contents of equal text. */
function markChanges(old: Fragment, now: Fragment): MarkChange[] {
  const changes: MarkChange[] = [];
  let pos = 0;
  let i = 0;
  let used = 0;
  for (const node of now.content) {
    let left = node.nodeSize;
    while (left > 0 && i < old.childCount) {
      const other = old.child(i);
      const length = Math.min(left, other.nodeSize - used);
      if (!Mark.sameSet(other.marks, node.marks))
        changes.push({ from: pos, to: pos + length, old: other.marks, now: node.marks });
      pos += length;
      left -= length;
      used += length;
      if (used === other.nodeSize) {
        i++;
        used = 0;
      }
    }
  }
  return changes;
}

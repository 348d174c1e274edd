/**
 * Rebasing own steps over others', as prosemirror-collab does (after its `rebaseSteps`, MIT), with
 * one difference: it drops a step whose surroundings somebody deleted. Here what the step typed is
 * put where they were, for nothing typed may be lost.
 */
import { Selection, TextSelection } from "prosemirror-state";
import type { EditorState, Transaction } from "prosemirror-state";
import { Slice } from "prosemirror-model";
import { ReplaceStep, replaceStep } from "prosemirror-transform";
import type { Mapping, Step, Transform } from "prosemirror-transform";
import { collabState, setCollabState } from "./collab.ts";
import type { Unconfirmed } from "./collab.ts";
import { splitDeletionWorkMax } from "./limits.ts";

export type Undoable = { readonly step: Step; readonly inverted: Step };

/** Kept out of the typings, though rebasing is not possible without it; prosemirror-collab uses it too. */
type Mirrored = Mapping & { setMirror(map: number, mirror: number): void };

export function undoFrom(tr: Transform, entries: readonly Undoable[], first: number): void {
  for (let i = entries.length - 1; i >= first; i--) tr.step((entries[i] as Undoable).inverted);
}

/**
 * Does the entry at `index` again in a transform that began with `undoFrom(tr, entries, 0)`.
 * @returns how many steps that took; 0 where nothing of the entry is left
 */
export function redo(tr: Transform, entries: readonly Undoable[], index: number): number {
  const { step } = entries[index] as Undoable;
  const mapping = tr.mapping.slice(entries.length - index);
  const before = tr.steps.length;
  if (!deleteAround(tr, step, mapping)) {
    const mapped = step.map(mapping);
    if (!mapped || tr.maybeStep(mapped).failed !== null) rescue(tr, step, mapping);
  }
  const count = tr.steps.length - before;
  // What comes next may be in what this one inserted: there it is again, if it came whole. What came in another length
  // is not a place for what was typed into it: it would be put over what follows.
  if (count > 0 && insertedSize(tr.steps.at(-1)) === insertedSize(step))
    (tr.mapping as Mirrored).setMirror(entries.length - 1 - index, tr.steps.length - 1);
  return count;
}

const insertedSize = (step: Step | undefined): number => (step instanceof ReplaceStep ? step.slice.size : 0);

/**
 * A deletion over a stretch in which somebody inserted or replaced something meanwhile takes away what is left of what
 * it meant, and leaves what is new, as the CRDT would: a mapped step would take both.
 * @returns false where all of it is there still, in one piece, and the step can simply be mapped
 */
function deleteAround(tr: Transform, step: Step, mapping: Mapping): boolean {
  if (!(step instanceof ReplaceStep) || step.to === step.from || isStructural(step)) return false;
  const pieces = leftOf(step, mapping);
  if (!pieces) return false;
  const before = tr.mapping.maps.length;
  for (const { from, to } of pieces.reverse()) replaceIn(tr, from, to, Slice.empty);
  if (step.slice.size === 0) return true;
  const at = tr.mapping.slice(before).map(mapping.map(step.to, -1), -1);
  if (!replaceIn(tr, at, at, step.slice)) rescue(tr, step, mapping);
  return true;
}

/** A step that only moves the borders of blocks: it fails by itself where somebody has written between them. */
const isStructural = (step: ReplaceStep): boolean =>
  (step.toJSON() as { structure?: boolean }).structure === true;

function replaceIn(tr: Transform, from: number, to: number, slice: Slice): boolean {
  const step = replaceStep(tr.doc, from, to, slice);
  return step !== null && step !== undefined && tr.maybeStep(step).failed === null;
}

/**
 * What a step meant to take away and is there still, in order; null where that is all of it, in one piece. Where finding
 * out would take too long it is all or nothing.
 */
function leftOf({ from, to }: ReplaceStep, mapping: Mapping): { from: number; to: number }[] | null {
  const first = mapping.mapResult(from, 1);
  const last = mapping.mapResult(to, -1);
  const isAsLong = !first.deletedAfter && !last.deletedBefore && last.pos - first.pos === to - from;
  if ((to - from) * (mapping.to - mapping.from) > splitDeletionWorkMax) return isAsLong ? null : [];
  const pieces: { from: number; to: number }[] = [];
  for (let at = from; at < to; at++) {
    const { pos, deletedAfter } = mapping.mapResult(at, 1);
    if (deletedAfter || mapping.map(at + 1, -1) !== pos + 1) continue;
    const piece = pieces.at(-1);
    if (piece?.to === pos) piece.to++;
    else pieces.push({ from: pos, to: pos + 1 });
  }
  const [only] = pieces;
  return only && only.to - only.from === to - from ? null : pieces;
}

/** Puts the text of a step that no longer applies where it would have been, in a new paragraph if need be. */
function rescue(tr: Transform, step: Step, mapping: Mapping): boolean {
  if (!(step instanceof ReplaceStep)) return false;
  const text = step.slice.content.textBetween(0, step.slice.content.size, " ", " ");
  if (text.trim() === "" && step.slice.openStart + step.slice.openEnd > 0) return false;
  if (text === "") return false;
  let at = mapping.map(step.from, -1);
  const $at = tr.doc.resolve(at);
  if (!$at.parent.inlineContent) {
    const { paragraph } = tr.doc.type.schema.nodes;
    if (!paragraph || !$at.parent.canReplaceWith($at.index(), $at.index(), paragraph)) return false;
    tr.insert(at++, paragraph.create());
  }
  // A step of its own, mostly as long as what was typed: the mirror then finds every place in it.
  tr.insert(at, tr.doc.type.schema.text(text));
  return true;
}

/** Where others' text arrives at the caret, the caret stays before it. */
export function keepCaretBefore(tr: Transaction, state: EditorState): void {
  if (!(state.selection instanceof TextSelection)) return keepSelection(tr, state);
  const anchor = tr.doc.resolve(tr.mapping.map(state.selection.anchor, -1));
  const head = tr.doc.resolve(tr.mapping.map(state.selection.head, -1));
  tr.setSelection(TextSelection.between(anchor, head, -1));
}

/**
 * Selected cells whose table is no rectangle for a moment, between own and others' rows and columns:
 * prosemirror-tables throws then. The caret goes where they were.
 */
function keepSelection(tr: Transaction, state: EditorState): void {
  try {
    void tr.selection;
  } catch {
    tr.setSelection(Selection.near(tr.doc.resolve(tr.mapping.map(state.selection.head))));
  }
}

/** The last `count` steps of `tr`, as ones that the authority has not confirmed. */
export function lastSteps(tr: Transform, count: number, origin: Transform | null): Unconfirmed[] {
  const first = tr.steps.length - count;
  return tr.steps.slice(first).map((step, i) => ({
    step,
    inverted: step.invert(tr.docs[first + i] as Transform["doc"]),
    origin: origin ?? tr,
  }));
}

/**
 * Steps that the authority accepted. Those at the front that are ours are confirmed; the others are
 * applied, and what is still unconfirmed is rebased over them.
 */
export function receive(
  state: EditorState,
  steps: readonly Step[],
  clientIds: readonly string[],
  ownId: string,
): Transaction {
  const { version, unconfirmed } = collabState(state);
  const foreign = clientIds.findIndex((id) => id !== ownId);
  const ours = foreign < 0 ? steps.length : foreign;
  const rest = unconfirmed.slice(ours);
  const tr = state.tr;
  const next = { version: version + steps.length, unconfirmed: rest };
  if (ours === steps.length) return setCollabState(tr, next);

  undoFrom(tr, rest, 0);
  for (const step of steps.slice(ours)) tr.step(step);
  const rebased: Unconfirmed[] = [];
  for (const [i, { origin }] of rest.entries()) rebased.push(...lastSteps(tr, redo(tr, rest, i), origin));
  keepCaretBefore(tr, state);
  tr.setMeta("rebased", rest.length).setMeta("addToHistory", false);
  return setCollabState(tr, { ...next, unconfirmed: rebased });
}

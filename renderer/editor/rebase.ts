/**
 * Rebasing own steps over others', as prosemirror-collab does (after its `rebaseSteps`, MIT), with
 * one difference: it drops a step whose surroundings somebody deleted. Here what the step typed is
 * put where they were, for nothing typed may be lost.
 */
import { Selection, TextSelection } from "prosemirror-state";
import type { EditorState, Transaction } from "prosemirror-state";
import { ReplaceStep } from "prosemirror-transform";
import type { Mapping, Step, Transform } from "prosemirror-transform";
import { collabState, setCollabState } from "./collab.ts";
import type { Unconfirmed } from "./collab.ts";
import { splitDeletionMax } from "./limits.ts";

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
  if (deleteAround(tr, step, mapping)) return tr.steps.length - before;
  const mapped = step.map(mapping);
  if ((!mapped || tr.maybeStep(mapped).failed) && !rescue(tr, step, mapping)) return 0;
  (tr.mapping as Mirrored).setMirror(entries.length - 1 - index, tr.steps.length - 1);
  return tr.steps.length - before;
}

/**
 * A deletion over a stretch into which somebody has inserted meanwhile takes away what it meant and
 * leaves what is new, as the CRDT would: a mapped step would take both.
 * @returns false where nothing was inserted there, and the step can simply be mapped
 */
function deleteAround(tr: Transform, step: Step, mapping: Mapping): boolean {
  if (!(step instanceof ReplaceStep) || step.slice.openStart > 0 || step.slice.openEnd > 0) return false;
  if (step.to - step.from < 2 || step.to - step.from > splitDeletionMax) return false;
  const pieces: { from: number; to: number }[] = [];
  for (let at = step.from; at < step.to; at++) {
    const { pos: from, deletedAfter } = mapping.mapResult(at, 1);
    const to = mapping.map(at + 1, -1);
    if (deletedAfter || to !== from + 1) continue;
    const last = pieces.at(-1);
    if (last?.to === from) last.to = to;
    else pieces.push({ from, to });
  }
  const [first] = pieces;
  if (!first || pieces.length < 2) return false;
  for (const { from, to } of pieces.reverse()) tr.delete(from, to);
  if (step.slice.size > 0) tr.replace(first.from, first.from, step.slice);
  return true;
}

/** Puts the text of a step that no longer applies where it would have been, in a new paragraph if need be. */
function rescue(tr: Transform, step: Step, mapping: Mapping): boolean {
  if (!(step instanceof ReplaceStep)) return false;
  const text = step.slice.content.textBetween(0, step.slice.content.size, " ", " ");
  if (text === "") return false;
  let at = mapping.map(step.from, -1);
  const $at = tr.doc.resolve(at);
  if (!$at.parent.inlineContent) {
    const { paragraph } = tr.doc.type.schema.nodes;
    if (!paragraph || !$at.parent.canReplaceWith($at.index(), $at.index(), paragraph)) return false;
    tr.insert(at++, paragraph.create());
  }
  // A step of its own, as long as what was typed: the mirror then finds every place in it.
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

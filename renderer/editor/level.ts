/**
 * Brings a window level with the authority's document after `opened`: at the first opening over a
 * cached rendering, after a gap, after the engine died and came back with what was on disk.
 *
 * The window cannot ask which of its steps that document holds: a batch may have been taken and its
 * confirmation lost, or confirmed and lost with the engine before it was on disk. So it looks: it
 * goes back to the last document known to be on disk and plays its past forward; a step that leads
 * nearer to the given document is in it, one that leads away is not. Own steps that are not in it
 * become unconfirmed and are sent again; others' are dropped, for the engine brings those.
 */
import type { Node } from "prosemirror-model";
import type { EditorState, Transaction } from "prosemirror-state";
import { Transform } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { diffSteps } from "../document/diff.ts";
import { collabState, setCollabState } from "./collab.ts";
import type { Unconfirmed } from "./collab.ts";
import { levelTrialsMax } from "./limits.ts";
import { keepCaretBefore, lastSteps, redo, undoFrom } from "./rebase.ts";
import type { Undoable } from "./rebase.ts";

export type Confirmed = { step: Step; own: boolean };

export type Past = {
  /** The last document known to be on disk. */
  durable: Node;
  /** What the authority has confirmed since, in order. */
  confirmed: readonly Confirmed[];
  /** How many of the unconfirmed steps were sent and may have been taken. */
  sent: number;
};

type Entry = Undoable & { own: boolean; origin: Transform | null };

/** The past and what is unconfirmed, oldest first, from the durable document to what is on screen. */
function entriesOf(past: Past, unconfirmed: readonly Unconfirmed[]): Entry[] {
  const entries: Entry[] = [];
  let doc = past.durable;
  for (const { step, own } of past.confirmed) {
    const result = step.apply(doc);
    if (!result.doc) throw new RangeError(`a confirmed step does not apply: ${result.failed ?? ""}`);
    entries.push({ step, inverted: step.invert(doc), own, origin: null });
    doc = result.doc;
  }
  for (const { step, inverted, origin } of unconfirmed) entries.push({ step, inverted, own: true, origin });
  return entries;
}

/** How much steps change: characters and tokens replaced, one for a change of marks. */
function sizeOf(steps: readonly Step[]): number {
  let sum = 0;
  for (const step of steps) {
    let size = 0;
    step.getMap().forEach((oldStart, oldEnd, newStart, newEnd) => {
      size += oldEnd - oldStart + (newEnd - newStart);
    });
    sum += size || 1;
  }
  return sum;
}

const distance = (from: Node, to: Node): number => sizeOf(diffSteps(from, to));

/** Which of the first `count` entries `now` holds. */
function heldIn(now: Node, doc: Node, entries: readonly Entry[], count: number): boolean[] {
  const held = Array.from({ length: count }, () => true);
  if (count === 0) return held;
  const tr = new Transform(doc);
  undoFrom(tr, entries, count);
  if (tr.doc.eq(now)) return held;
  const trial = new Transform(doc);
  undoFrom(trial, entries, 0);
  let apart = distance(trial.doc, now);
  // Past a number of trials neighbours are judged together.
  const together = Math.ceil(count / levelTrialsMax);
  for (let i = 0; i < count; i += together) {
    const mark = trial.steps.length;
    const before = trial.doc;
    for (let j = i; j < Math.min(i + together, count); j++) redo(trial, entries, j);
    const then = distance(trial.doc, now);
    // All of the step must be there: a letter in common with somebody's new text is not enough. In
    // doubt it is sent again, for text that is there twice can be deleted, and lost text is lost.
    const redone = trial.steps.slice(mark);
    const isHeld = redone.length > 0 && (then <= apart - sizeOf(redone) || trial.doc.eq(before));
    for (let j = i; j < Math.min(i + together, count); j++) held[j] = isHeld;
    if (isHeld) apart = then;
    // Undone as a step of its own: the mapping then says where things are without it.
    else
      for (let j = trial.steps.length - 1; j >= mark; j--)
        trial.step((trial.steps[j] as Step).invert(trial.docs[j] as Node));
  }
  return held;
}

/**
 * @param now the authority's document at `version`; null where the window's confirmed one is it
 * @returns a transaction under the authority's name; `keepsHistory` is false where the undo
 *   history cannot be carried over it
 */
export function level(
  state: EditorState,
  past: Past,
  now: Node | null,
  version: number,
): { tr: Transaction; keepsHistory: boolean } {
  const { unconfirmed } = collabState(state);
  const tr = state.tr;
  if (!now) return { tr: setCollabState(tr, { version, unconfirmed }), keepsHistory: true };

  const entries = entriesOf(past, unconfirmed);
  const held = heldIn(now, state.doc, entries, past.confirmed.length + past.sent);
  const firstLost = held.indexOf(false);
  const first = firstLost < 0 ? held.length : firstLost;
  const after = entries.slice(first);
  const isHeld = (index: number): boolean => held[first + index] === true;
  const keepsHistory = after.every(({ own }) => own);

  undoFrom(tr, after, 0);
  for (let i = 0; i < after.length; i++) if (isHeld(i)) redo(tr, after, i);
  const steps = diffSteps(tr.doc, now);
  if (steps.length === 0 && keepsHistory && !after.some((_entry, i) => isHeld(i))) {
    const lost = after.map(({ step, inverted, origin }) => ({ step, inverted, origin: origin ?? tr }));
    return { tr: setCollabState(state.tr, { version, unconfirmed: lost }), keepsHistory };
  }
  for (const step of steps) tr.step(step);
  const lost: Unconfirmed[] = [];
  for (const [i, { own, origin }] of after.entries()) {
    if (own && !isHeld(i)) lost.push(...lastSteps(tr, redo(tr, after, i), origin));
  }
  keepCaretBefore(tr, state);
  tr.setMeta("rebased", after.length).setMeta("addToHistory", false);
  return { tr: setCollabState(tr, { version, unconfirmed: lost }), keepsHistory };
}

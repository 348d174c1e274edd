/**
 * Brings a window level with the authority's document after `opened`: at the first opening over a
 * cached rendering, after a gap, after the engine died and came back with what was on disk.
 *
 * Steps that the document does not hold are taken back; own ones among them become unconfirmed
 * and are sent again, others' are dropped, for the engine brings those.
 */
import type { Node } from "prosemirror-model";
import type { EditorState, Transaction } from "prosemirror-state";
import { Transform } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { diffSteps } from "../document/diff.ts";
import { collabState, setCollabState } from "./collab.ts";
import type { Unconfirmed } from "./collab.ts";
import { keepCaretBefore, lastSteps, redo, undoFrom } from "./rebase.ts";
import type { Undoable } from "./rebase.ts";

/** `by` is the client that it was confirmed of. */
export type Confirmed = { step: Step; by: string };

export type Past = {
  /** The last document known to be on disk. */
  durable: Node;
  /** What the authority has confirmed since, in order. */
  confirmed: readonly Confirmed[];
  /** Whether what this client did is to be sent from here. */
  isOurs: (client: string) => boolean;
  /** How many steps of both the given document holds, or which at least, where the engine that knew all is gone. */
  held: { count: number; isExact: boolean };
};

type Entry = Undoable & { own: boolean; origin: Transform | null };

/** The past and what is unconfirmed, oldest first, from the durable document to what is on screen. */
function entriesOf(past: Past, unconfirmed: readonly Unconfirmed[]): Entry[] {
  const entries: Entry[] = [];
  let doc = past.durable;
  for (const { step, by } of past.confirmed) {
    const result = step.apply(doc);
    if (!result.doc) throw new RangeError(`a confirmed step does not apply: ${result.failed ?? ""}`);
    entries.push({ step, inverted: step.invert(doc), own: past.isOurs(by), origin: null });
    doc = result.doc;
  }
  for (const { step, inverted, origin } of unconfirmed) entries.push({ step, inverted, own: true, origin });
  return entries;
}

/**
 * How many entries, from the first on, `now` holds. The engine that confirmed them knows; after its death it is known
 * of what it wrote, and beyond that only an exact match tells. In doubt own text is sent again: what is there twice can
 * be deleted, and lost text is lost.
 */
function heldBy(now: Node, doc: Node, entries: readonly Entry[], { held }: Past): number {
  if (held.isExact) return held.count;
  const tr = new Transform(doc);
  for (let count = entries.length; count > held.count; count--) {
    if (tr.doc.eq(now)) return count;
    tr.step((entries[count - 1] as Entry).inverted);
  }
  return held.count;
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
  const after = entries.slice(heldBy(now, state.doc, entries, past));
  const keepsHistory = after.every(({ own }) => own);

  undoFrom(tr, after, 0);
  const steps = diffSteps(tr.doc, now);
  if (steps.length === 0 && keepsHistory) {
    const lost = after.map(({ step, inverted, origin }) => ({ step, inverted, origin: origin ?? tr }));
    return { tr: setCollabState(state.tr, { version, unconfirmed: lost }), keepsHistory };
  }
  for (const step of steps) tr.step(step);
  const lost: Unconfirmed[] = [];
  for (const [i, { own, origin }] of after.entries()) {
    if (own) lost.push(...lastSteps(tr, redo(tr, after, i), origin));
  }
  keepCaretBefore(tr, state);
  tr.setMeta("rebased", after.length).setMeta("addToHistory", false);
  return { tr: setCollabState(tr, { version, unconfirmed: lost }), keepsHistory };
}

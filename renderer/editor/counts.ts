/**
 * Tells how many words the open document has, and the selection, and how many this person has just written.
 *
 * Nothing is counted on a key. Before the next frame is drawn the blocks that changed are counted, so that the number
 * stands beside the letters that it counts; what that frame has no time for goes on while nothing else is to be done,
 * and meanwhile it is told that it is being counted: what was told before is no longer true.
 *
 * Written is what edits of this window changed. What comes from the engine (others' edits, other windows', what a sync
 * brings) is told apart by its transaction.
 */
import { isHistoryTransaction } from "prosemirror-history";
import type { Node } from "prosemirror-model";
import { Plugin, PluginKey } from "prosemirror-state";
import type { EditorState, PluginView, Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { isFromAuthority } from "./collab.ts";
import { noCounts } from "./counting.ts";
import type { Counts } from "./counting.ts";
import { countAgainMsMax, countInFrameMs, countInIdleMs } from "./limits.ts";
import { NodeCounts } from "./node-counts.ts";

/** Of the text as it is now; `selection` is null where nothing is selected. */
export type CountsNow =
  | { readonly state: "counting" }
  | { readonly state: "counted"; readonly document: Counts; readonly selection: Counts | null };

/** New words, or words that were somewhere before: undone, redone, pasted, dropped. */
export type Origin = "typed" | "brought";

export type CountsHost = {
  counts(now: CountsNow): void;
  /** This person added so many words; fewer than none where some were deleted. */
  wrote(words: number, origin: Origin): void;
};

type Edit = { before: Node; after: Node; origin: Origin };

type Last = { readonly origin: Origin | null };
const key = new PluginKey<Last>("counts");

/** Whose edit a transaction is; null where it is not of this window. */
export function originOf(tr: Transaction): Origin | null {
  if (isFromAuthority(tr)) return null;
  const event = tr.getMeta("uiEvent") as unknown;
  const isBrought = isHistoryTransaction(tr) || event === "paste" || event === "drop";
  return isBrought ? "brought" : "typed";
}

export const countsPlugin = (host: CountsHost): Plugin<Last> =>
  new Plugin<Last>({
    key,
    state: {
      init: () => ({ origin: null }),
      // What a plugin adds to a transaction belongs to it.
      apply: (tr, last) => (tr.getMeta("appendedTransaction") ? last : { origin: originOf(tr) }),
    },
    view: (view) => new CountsView(view, host),
  });

class CountsView implements PluginView {
  #view: EditorView;
  #host: CountsHost;
  #nodes = new NodeCounts();
  /** What was written and is not counted yet, in order. */
  #edits: Edit[] = [];
  #work: Generator<void, CountsNow, void> | null = null;
  #told: CountsNow["state"] | null = null;
  #frame: number | null = null;
  #idle: number | null = null;

  constructor(view: EditorView, host: CountsHost) {
    this.#view = view;
    this.#host = host;
    this.#tell({ state: "counting" });
    // The text is to be seen first.
    this.#whenIdle();
  }

  update(view: EditorView, before: EditorState): void {
    const { doc, selection } = view.state;
    if (doc === before.doc && selection.eq(before.selection)) return;
    const origin = doc === before.doc ? null : (key.getState(view.state)?.origin ?? null);
    if (origin !== null) this.#note({ before: before.doc, after: doc, origin });
    this.#work = null;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#go(performance.now() + countInFrameMs);
    });
  }

  destroy(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    if (this.#idle !== null) cancelIdleCallback(this.#idle);
    for (const work = this.#countEdits(); work.next().done !== true;);
  }

  #note(edit: Edit): void {
    const last = this.#edits.at(-1);
    if (last?.after === edit.before && last.origin === edit.origin) last.after = edit.after;
    else this.#edits.push(edit);
  }

  #whenIdle(): void {
    this.#idle ??= requestIdleCallback(
      (deadline) => {
        this.#idle = null;
        this.#go(performance.now() + Math.min(countInIdleMs, Math.max(deadline.timeRemaining(), 1)));
      },
      { timeout: countAgainMsMax },
    );
  }

  #go(untilMs: number): void {
    const work = (this.#work ??= this.#count(this.#view.state));
    for (let step = work.next(); ; step = work.next()) {
      if (step.done === true) return this.#finish(step.value);
      if (performance.now() > untilMs) break;
    }
    if (this.#told !== "counting") this.#tell({ state: "counting" });
    this.#whenIdle();
  }

  /** A frame may have finished what a pause is still waited for: that pause has nothing left to count. */
  #finish(now: CountsNow): void {
    this.#work = null;
    if (this.#idle !== null) cancelIdleCallback(this.#idle);
    this.#idle = null;
    this.#tell(now);
  }

  *#count({ doc, selection }: EditorState): Generator<void, CountsNow, void> {
    yield* this.#countEdits();
    const document = yield* this.#nodes.ofDocument(doc);
    const selected = selection.empty ? null : yield* this.#nodes.ofSelection(doc, selection);
    return { state: "counted", document, selection: selected };
  }

  *#countEdits(): Generator<void, void, void> {
    for (let edit = this.#edits[0]; edit; edit = this.#edits[0]) {
      const { words } = yield* this.#nodes.difference(edit.before, edit.after);
      this.#edits.shift();
      if (words !== noCounts.words) this.#host.wrote(words, edit.origin);
    }
  }

  #tell(now: CountsNow): void {
    this.#told = now.state;
    this.#host.counts(now);
  }
}

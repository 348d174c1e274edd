/**
 * Find and replace: what is looked for, whichever document is shown, and how much of it there is. The text itself
 * marks and selects (`editor/find.ts`).
 */
import { AllSelection, NodeSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { setFind } from "../../editor/find.ts";
import type { FindTally } from "../../editor/find.ts";
import { findHere, findNext, findPrevious, replaceAll, replaceOne } from "../../editor/find-commands.ts";
import { findQuery } from "../../editor/find-query.ts";
import type { FindQuery, Found, Wanted } from "../../editor/find-query.ts";
import { Store } from "../store.ts";

const nothing: Wanted = { text: "", isCaseSensitive: false, isWholeWord: false, isPattern: false };
const noTally: FindTally = {
  count: 0,
  current: 0,
  isDone: true,
  isMore: false,
  isPartial: false,
  isWithin: false,
};
/** A selection of more than this is what is searched in rather than what is looked for. */
const takenCharsMax = 200;

/** Whether the bar is there, and how often it was asked for: its field takes the focus each time. */
export type FindShown = { readonly isReplacing: boolean; readonly asked: number };

export class Find {
  readonly shown = new Store<FindShown | null>(null);
  readonly wanted = new Store<Wanted>(nothing);
  readonly tally = new Store<FindTally>(noTally);
  /** Why nothing can be found, in words. */
  readonly problem = new Store<string | null>(null);
  /** What was done, in words. */
  readonly done = new Store<string | null>(null);
  readonly #view: () => EditorView | null;
  #query: FindQuery | null = null;

  constructor(view: () => EditorView | null) {
    this.#view = view;
  }

  open(isReplacing: boolean): void {
    const selected = this.#selected();
    if (selected !== null) void this.look({ ...this.wanted.get(), text: selected });
    else if (this.shown.get() === null) this.begin(this.#selectedStretch());
    this.shown.set({ isReplacing, asked: (this.shown.get()?.asked ?? 0) + 1 });
  }

  /** What is selected stays so, and nothing is marked any more. */
  close(): void {
    this.shown.set(null);
    this.done.set(null);
    const view = this.#view();
    if (!view) return;
    setFind(null, null)(view.state, view.dispatch);
    view.focus();
  }

  /** Looks in the document that is shown now for what was looked for in the one before. */
  begin(within?: Found | null): void {
    const view = this.#view();
    if (!view) return;
    setFind(this.#query, within)(view.state, view.dispatch);
  }

  /** Looks only in what is selected, or in all again. */
  setWithin(isWithin: boolean): void {
    const stretch = isWithin && this.tally.get().current === 0 ? this.#selectedStretch(0) : null;
    this.done.set(isWithin && !stretch ? "Select what is to be searched first." : null);
    this.begin(stretch);
  }

  /** Looks for something else, and selects the first of it from the caret on. */
  async look(wanted: Wanted): Promise<void> {
    this.wanted.set(wanted);
    const query = await findQuery(wanted);
    // Somebody has typed on meanwhile.
    if (this.wanted.get() !== wanted) return;
    this.problem.set(typeof query === "string" ? query : null);
    this.done.set(null);
    this.#query = typeof query === "string" ? null : query;
    this.begin();
    const view = this.#view();
    if (view && this.#query) findHere(view.state, view.dispatch);
  }

  next(): boolean {
    return this.#step(findNext);
  }
  previous(): boolean {
    return this.#step(findPrevious);
  }

  replaceOne(words: string): void {
    const view = this.#view();
    this.done.set(null);
    if (view) replaceOne(words)(view.state, view.dispatch, view);
  }

  replaceAll(words: string): void {
    const view = this.#view();
    if (!view) return;
    const { isMore } = this.tally.get();
    const count = replaceAll(view, words);
    const replaced = count === 1 ? "1 was replaced." : `${count.toLocaleString()} were replaced.`;
    this.done.set(isMore ? `${replaced} There may be more.` : replaced);
  }

  #step(command: typeof findNext): boolean {
    if (this.shown.get() === null) this.open(false);
    const view = this.#view();
    return view !== null && command(view.state, view.dispatch);
  }

  /** Words of the text that somebody wants to find; what is selected is no pattern. */
  #selected(): string | null {
    const view = this.#view();
    if (!view || this.wanted.get().isPattern) return null;
    const { from, to, $from, empty } = view.state.selection;
    if (empty || !$from.sameParent(view.state.selection.$to) || to - from > takenCharsMax) return null;
    const text = view.state.doc.textBetween(from, to);
    return text === "" ? null : text;
  }

  /** What is selected, where it is too much to be what is looked for. */
  #selectedStretch(longerThan = takenCharsMax): Found | null {
    const selection = this.#view()?.state.selection;
    if (!selection || selection instanceof AllSelection || selection instanceof NodeSelection) return null;
    const { from, to, $from, $to } = selection;
    return to - from > longerThan || !$from.sameParent($to) ? { from, to } : null;
  }
}

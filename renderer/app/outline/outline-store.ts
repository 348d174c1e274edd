/**
 * The outline of the open document, and whether it is shown: beside the page, which is remembered, or over it where
 * there is no room, when asked. The editor looks for headings only while it is.
 */
import type { EditorView } from "prosemirror-view";
import { moveSection, placeBeside } from "../../editor/move-section.ts";
import { goToHeading } from "../../editor/outline.ts";
import type { Outline } from "../../editor/outline.ts";
import { Store } from "../store.ts";

export const tightWindow = "(max-width: 68rem)";
const key = "deckle.outline";

export type OutlineOptions = {
  readonly preferences: Pick<Storage, "getItem" | "setItem">;
  /** Whether the window has no room for it beside the page. */
  readonly isTight: () => boolean;
  readonly view: () => EditorView | null;
};

export class OutlineStore {
  /** Null until it is known. */
  readonly now = new Store<Outline | null>(null);
  readonly shown: Store<boolean>;
  #wantsFocus = false;
  readonly #options: OutlineOptions;

  constructor(options: OutlineOptions) {
    this.#options = options;
    this.shown = new Store(false);
    this.resized();
  }

  toggle(): void {
    const isShown = !this.shown.get();
    if (!this.#options.isTight()) this.#options.preferences.setItem(key, isShown ? "shown" : "hidden");
    this.#wantsFocus = isShown;
    this.shown.set(isShown);
  }

  /** Whether somebody asked for it, who goes on there; said once. */
  takesFocus(): boolean {
    const wanted = this.#wantsFocus;
    this.#wantsFocus = false;
    return wanted;
  }

  /** Over the page it is a guest, who goes when its work is done. @returns whether it went */
  leave(): boolean {
    if (!this.#options.isTight() || !this.shown.get()) return false;
    this.shown.set(false);
    return true;
  }

  /** There is room beside the page now, or there is none any more. */
  resized(): void {
    this.shown.set(!this.#options.isTight() && this.#options.preferences.getItem(key) === "shown");
  }

  /** The caret goes to this heading, and the heading to the top of the page. */
  goTo(key: number): void {
    const view = this.#options.view();
    if (view) goToHeading(view, this.#indexOf(key));
    this.leave();
  }

  /** Puts a heading with its section before another heading; behind everything where that is null. */
  move(key: number, before: number | null): void {
    this.#move(key, () => this.#indexOf(before));
  }

  /** One place up or down among those that lie beside it. */
  moveBeside(key: number, way: "up" | "down"): void {
    this.#move(key, ({ state }, index) => placeBeside(state.doc, index, way));
  }

  /** Another document is shown. */
  clear(): void {
    this.now.set(null);
  }

  #move(key: number, place: (view: EditorView, index: number) => number | null): void {
    const view = this.#options.view();
    if (!view?.editable) return;
    const index = this.#indexOf(key);
    const before = place(view, index);
    if (before !== null) moveSection(index, before)(view.state, view.dispatch, view);
  }

  /** Which of the headings it is; null is the one after the last. */
  #indexOf(key: number | null): number {
    const { headings } = this.now.get() ?? { headings: [] };
    return key === null ? headings.length : headings.findIndex((heading) => heading.key === key);
  }
}

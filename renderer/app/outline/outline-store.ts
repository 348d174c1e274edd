/**
 * The outline of the open document, and whether it is shown: beside the page, which is remembered, or over it where
 * there is no room, when asked. The editor looks for headings only while it is.
 */
import type { Outline } from "../../editor/outline.ts";
import { Store } from "../store.ts";

export const tightWindow = "(max-width: 68rem)";
const key = "deckle.outline";

export class OutlineStore {
  /** Null until it is known. */
  readonly now = new Store<Outline | null>(null);
  readonly shown: Store<boolean>;
  #wantsFocus = false;
  readonly #preferences: Pick<Storage, "getItem" | "setItem">;
  readonly #isTight: () => boolean;

  constructor(preferences: Pick<Storage, "getItem" | "setItem">, isTight: () => boolean) {
    this.#preferences = preferences;
    this.#isTight = isTight;
    this.shown = new Store(false);
    this.resized();
  }

  toggle(): void {
    const isShown = !this.shown.get();
    if (!this.#isTight()) this.#preferences.setItem(key, isShown ? "shown" : "hidden");
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
    if (!this.#isTight() || !this.shown.get()) return false;
    this.shown.set(false);
    return true;
  }

  /** There is room beside the page now, or there is none any more. */
  resized(): void {
    this.shown.set(!this.#isTight() && this.#preferences.getItem(key) === "shown");
  }

  /** Another document is shown. */
  clear(): void {
    this.now.set(null);
  }
}

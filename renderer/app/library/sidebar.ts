/** Whether the library is shown: beside the page, which is remembered, or over it in a narrow window, when asked. */
import { Store } from "../store.ts";

export const narrowWindow = "(max-width: 52rem)";
const key = "deckle.sidebar";

export class Sidebar {
  readonly beside: Store<boolean>;
  readonly over = new Store(false);
  readonly #preferences: Pick<Storage, "getItem" | "setItem">;
  readonly #isNarrow: () => boolean;

  constructor(preferences: Pick<Storage, "getItem" | "setItem">, isNarrow: () => boolean) {
    this.#preferences = preferences;
    this.#isNarrow = isNarrow;
    this.beside = new Store(preferences.getItem(key) !== "hidden");
  }

  toggle(): void {
    if (this.#isNarrow()) return this.over.set(!this.over.get());
    const isShown = !this.beside.get();
    this.#preferences.setItem(key, isShown ? "shown" : "hidden");
    this.beside.set(isShown);
  }
}

/**
 * The status line's words over time. A claim is taken back at once, for it would be a lie until
 * the next frame; everything else is said at most every `statusEveryMs`. Facts change with each
 * keystroke, words seldom do, and only words reach React. How much of the document has been received
 * is for the page as well, while it has nothing else to show.
 */
import { statusEveryMs } from "../limits.ts";
import { Store } from "../store.ts";
import { amountReceived } from "./amount.ts";
import { claimsSaved, statusWords } from "./words.ts";
import type { StatusFacts } from "./words.ts";

const nothingKnown: StatusFacts = {
  document: false,
  pending: false,
  engineSilent: null,
  here: null,
  unsent: null,
  withheld: null,
  relay: null,
  relayUrl: null,
  receiving: null,
  sendingBytes: 0,
};

export class StatusLineStore {
  readonly words = new Store("");
  /** Empty where nothing is being received. */
  readonly amountReceived = new Store("");
  #facts = nothingKnown;
  #timer: ReturnType<typeof setTimeout> | null = null;

  update(facts: Partial<StatusFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    const { receiving } = this.#facts;
    this.amountReceived.set(receiving ? amountReceived(receiving) : "");
    const words = statusWords(this.#facts);
    const shown = this.words.get();
    if (words === shown) return this.#cancel();
    if (shown === "" || (claimsSaved(shown) && !claimsSaved(words))) {
      this.#cancel();
      this.words.set(words);
    } else
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.words.set(statusWords(this.#facts));
      }, statusEveryMs);
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

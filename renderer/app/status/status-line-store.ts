/**
 * The status line's words over time. A claim is taken back at once, for it would be a lie until
 * the next frame; everything else is said at most every `statusEveryMs`. Facts change with each
 * keystroke, words seldom do, and only words reach React. How much of the document has been received
 * is for the page as well, while it has nothing else to show.
 */
import { statusEveryMs } from "../limits.ts";
import { Store } from "../store.ts";
import { amountReceived } from "./amount.ts";
import { claimsSaved, isWrong, statusWords } from "./words.ts";
import type { StatusFacts } from "./words.ts";

const nothingKnown: StatusFacts = {
  document: false,
  pending: false,
  engineSilent: null,
  here: null,
  copy: null,
  unsent: null,
  withheld: null,
  relay: null,
  relayUrl: null,
  receiving: null,
  sendingBytes: 0,
  heldEdits: 0,
  seenBy: null,
  damaged: false,
  isOld: false,
};

export class StatusLineStore {
  readonly words = new Store("");
  /** With the words, never before them. */
  readonly isWrong = new Store(false);
  /** Empty where nothing is being received. */
  readonly amountReceived = new Store("");
  /** All of it, for whoever wants to know more than the words say. */
  readonly facts = new Store(nothingKnown);
  #timer: ReturnType<typeof setTimeout> | null = null;

  update(facts: Partial<StatusFacts>): void {
    this.facts.set({ ...this.facts.get(), ...facts });
    const { receiving } = this.facts.get();
    this.amountReceived.set(receiving ? amountReceived(receiving) : "");
    const words = statusWords(this.facts.get());
    if (words === this.words.get()) this.isWrong.set(isWrong(this.facts.get()));
    const shown = this.words.get();
    if (words === shown) return this.#cancel();
    if (shown === "" || (claimsSaved(shown) && !claimsSaved(words))) {
      this.#cancel();
      this.#say();
    } else
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#say();
      }, statusEveryMs);
  }

  #say(): void {
    this.words.set(statusWords(this.facts.get()));
    this.isWrong.set(isWrong(this.facts.get()));
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/**
 * Goals: so many words in a document, so many a day, and how far one has come. Kept in the profile and read again
 * before each change, for another window of it may have written meanwhile. A goal that is reached is said once.
 */
import type { Origin } from "../../editor/counts.ts";
import type { DocumentId } from "../../engine/port.ts";
import { dayLookMsMax } from "../limits.ts";
import { Store } from "../store.ts";
import { reachedDayWords, reachedDocumentWords } from "./count-words.ts";
import { dayIn, goalIn, isGoal, noGoals, parseGoals, withDay, withGoal } from "./stored-goals.ts";
import type { StoredGoals } from "./stored-goals.ts";
import { afterWriting, dayOf, msToNextDay } from "./written-day.ts";

const key = "deckle.goals";

export type GoalsOptions = {
  storage: Pick<Storage, "getItem" | "setItem">;
  now: () => Date;
};

export type Today = { readonly words: number; readonly goal: number | null };

export class Goals {
  readonly today = new Store<Today>({ words: 0, goal: null });
  /** The words to reach in the document that is open; null where it has no goal. */
  readonly goal = new Store<number | null>(null);
  /** What was reached just now, in words; "" where nothing was. */
  readonly said = new Store("");
  #options: GoalsOptions;
  #goals: StoredGoals = noGoals;
  #document: DocumentId | null = null;
  /** Words of the open document; null until they are counted. */
  #words: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: GoalsOptions) {
    this.#options = options;
    this.#read();
  }

  /** Follows the clock and the profile's other windows. */
  start(other: {
    addEventListener(type: "storage", listener: (event: { key: string | null }) => void): void;
  }): void {
    other.addEventListener("storage", (event) => {
      if (event.key === key) this.#read();
    });
    this.#waitForNextDay();
  }

  opened(document: DocumentId): void {
    this.#document = document;
    this.#words = null;
    this.said.set("");
    this.#show();
  }

  /** The open document has so many words now. */
  counted(words: number): void {
    const before = this.#words;
    this.#words = words;
    const goal = this.#document === null ? null : goalIn(this.#goals, this.#document);
    if (!goal || goal.isReached || words < goal.words) return;
    this.#write(withGoal(this.#read(), goal.document, { ...goal, isReached: true }));
    // One that had them when it was opened got them elsewhere.
    if (before !== null) this.said.set(reachedDocumentWords(goal.words));
  }

  wrote(added: number, origin: Origin): void {
    const goals = this.#read();
    const day = dayIn(goals, this.#day);
    const written = afterWriting(day, added, origin);
    const isReached = day.isReached || (goals.dayGoal !== null && written.words >= goals.dayGoal);
    this.#write(withDay(goals, { ...day, ...written, isReached }));
    if (isReached && !day.isReached && goals.dayGoal !== null) this.said.set(reachedDayWords(goals.dayGoal));
  }

  /** @param words null: no goal any more */
  setGoal(words: number | null): void {
    if (this.#document === null || (words !== null && !isGoal(words))) return;
    const isReached = words !== null && this.#words !== null && this.#words >= words;
    const goal = words === null ? null : { document: this.#document, words, isReached };
    this.#write(withGoal(this.#read(), this.#document, goal));
  }

  setDayGoal(words: number | null): void {
    if (words !== null && !isGoal(words)) return;
    const goals = { ...this.#read(), dayGoal: words };
    const day = dayIn(goals, this.#day);
    this.#write(withDay(goals, { ...day, isReached: words !== null && day.words >= words }));
  }

  get #day(): string {
    return dayOf(this.#options.now());
  }

  #read(): StoredGoals {
    this.#goals = parseGoals(this.#options.storage.getItem(key));
    this.#show();
    return this.#goals;
  }

  #write(goals: StoredGoals): void {
    this.#goals = goals;
    this.#options.storage.setItem(key, JSON.stringify(goals));
    this.#show();
  }

  #show(): void {
    this.goal.set(this.#document === null ? null : (goalIn(this.#goals, this.#document)?.words ?? null));
    const { words } = dayIn(this.#goals, this.#day);
    const now = this.today.get();
    const goal = this.#goals.dayGoal;
    if (words !== now.words || goal !== now.goal) this.today.set({ words, goal });
  }

  /** Looks again by then at the latest: a machine sleeps, and clocks are set. */
  #waitForNextDay(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#show();
        this.#waitForNextDay();
      },
      Math.min(msToNextDay(this.#options.now()), dayLookMsMax),
    );
  }
}

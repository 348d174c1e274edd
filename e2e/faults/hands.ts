/**
 * Somebody who types without a pause: words that are all different, so that what is missing, doubled or out of order
 * can be told.
 */
import type { Page } from "playwright";
import { journalEveryMs } from "../../renderer/engine/limits.ts";

/** What may be lost of typing: the journal's interval, and a turn of window and engine on a machine that is busy. */
export const lossMsMax = journalEveryMs + 250;

export interface Letter {
  readonly letter: string;
  readonly atMs: number;
}

export class Hands {
  readonly letters: Letter[] = [];
  readonly #name: string;
  #words = 0;
  #typing: Promise<void> | null = null;
  #stopped = false;

  /** @param name begins each word, so that two who type can be told apart */
  constructor(name: string) {
    this.#name = name;
  }

  get text(): string {
    return this.letters.map(({ letter }) => letter).join("");
  }

  /** Where the caret is. Ends by `rest`, or with the page. */
  start(page: Page, pauseMs = 0): void {
    this.#stopped = false;
    this.#typing = (async () => {
      while (!this.#stopped) {
        for (const letter of `${this.#name}${this.#words++} `) {
          // Before the page has it: one that was taken, and of which nobody heard any more, was typed all the same.
          this.letters.push({ letter, atMs: performance.now() });
          await page.keyboard.type(letter);
        }
        if (pauseMs > 0) await new Promise((done) => setTimeout(done, pauseMs));
      }
    })().catch(() => {
      // The page is gone.
    });
  }

  /** After the word that is under way. */
  async rest(): Promise<void> {
    this.#stopped = true;
    await this.#typing;
  }

  /** After a kill: what was typed is what is there, whatever that is. @returns what was lost */
  begunAgainWith(text: string): readonly Letter[] {
    const lost = this.letters.slice(text.length);
    this.letters.length = Math.min(this.letters.length, text.length);
    return lost;
  }
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

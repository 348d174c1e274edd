/**
 * Every character that a person types in a simulation is typed once in all of it, so that where a text is can be asked
 * of each of them: a text is the set of its characters.
 */
export type Typed = {
  readonly by: string;
  readonly window: string;
  readonly document: string;
  readonly typedAtMs: number;
  /** Somebody deleted it, or meant to: it may be there or not. */
  isDeleted: boolean;
  /** A crash took it before anything was claimed of it: it may be there or not. */
  isLost: boolean;
  /** The engine that told its window to have it. */
  takenBy: object | null;
  /** A status said that it is saved on its device… */
  isSaved: boolean;
  /** …and did not say that there is no second copy. */
  isSavedTwice: boolean;
  /** So to the very window that it was typed in. */
  isKnownSaved: boolean;
  /** Its window did not know it to be saved when an engine died that a window outlived, or whose disk had failed. */
  isInDoubt: boolean;
};

const fresh = {
  isDeleted: false,
  isLost: false,
  takenBy: null,
  isSaved: false,
  isSavedTwice: false,
  isKnownSaved: false,
  isInDoubt: false,
};

/** CJK ideographs, and Hangul after them: letters to every layer, and none of them does anything by itself. */
const blocks: readonly (readonly [from: number, to: number])[] = [
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
];

export class Alphabet {
  readonly typed = new Map<string, Typed>();
  #next = 0;

  next(by: string, window: string, document: string, typedAtMs: number): string {
    let index = this.#next++;
    for (const [from, to] of blocks) {
      if (from + index <= to) {
        const char = String.fromCharCode(from + index);
        this.typed.set(char, { by, window, document, typedAtMs, ...fresh });
        return char;
      }
      index -= to - from + 1;
    }
    throw new RangeError("a simulation types no more than 31,000 characters");
  }

  /** Those of a text that a person typed. */
  *in(text: string): Generator<[char: string, typed: Typed]> {
    for (const char of text) {
      const typed = this.typed.get(char);
      if (typed) yield [char, typed];
    }
  }
}

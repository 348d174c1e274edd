/** A person's own words, in a text file of the profile: one a line. A file that cannot be read is set aside. */
import { readFile, rename, stat } from "node:fs/promises";
import type { Failure } from "../../ipc.ts";
import { ownWordsBytesMax, ownWordsMax } from "../../policy/limits.ts";
import { isOwnWord, ownWord, parseOwnWords, sortedWords } from "../../policy/own-words.ts";
import { ownerOnly, reasonOf, writeDurably } from "../durable.ts";

export class OwnWords {
  readonly #file: string;
  #words: ReadonlySet<string>;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(file: string, words: Iterable<string>) {
    this.#file = file;
    this.#words = new Set(words);
  }

  static async open(file: string): Promise<OwnWords> {
    try {
      if ((await stat(file)).size > ownWordsBytesMax) throw new RangeError("too large");
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
      return new OwnWords(file, parseOwnWords(text));
    } catch (error) {
      const isNew = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isNew) await rename(file, `${file}.broken`).catch(() => undefined);
      return new OwnWords(file, []);
    }
  }

  get list(): readonly string[] {
    return sortedWords(this.#words);
  }
  has(word: string): boolean {
    return isOwnWord(this.#words, word);
  }

  add(text: string): Promise<{ ok: true } | Failure> {
    const word = ownWord(text);
    if (word === null) return refused("no-word", "This is no word that could be kept.");
    return this.#change((words) => [...words, word]);
  }

  remove(text: string): Promise<{ ok: true } | Failure> {
    return this.#change((words) => [...words].filter((word) => word !== text));
  }

  /** One after the other: each knows what the one before has made. */
  #change(change: (words: ReadonlySet<string>) => readonly string[]): Promise<{ ok: true } | Failure> {
    const changed = this.#writing.then(() => this.#write(change));
    this.#writing = changed;
    return changed;
  }

  async #write(change: (words: ReadonlySet<string>) => readonly string[]): Promise<{ ok: true } | Failure> {
    const words = sortedWords(change(this.#words));
    if (words.length > ownWordsMax)
      return refused("dictionary-full", "Your dictionary is full. Remove words in the settings first.");
    try {
      await writeDurably(this.#file, words.map((word) => `${word}\n`).join(""), ownerOnly);
      this.#words = new Set(words);
      return { ok: true };
    } catch (error) {
      return refused("not-saved", `Your dictionary could not be saved (${reasonOf(error)}).`);
    }
  }
}

const refused = (code: string, message: string): Promise<Failure> =>
  Promise.resolve({ ok: false, code, message });

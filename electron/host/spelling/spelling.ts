/**
 * Spelling of this profile: which dictionaries are chosen, a person's own words, what is ignored for now. Words are
 * checked in a thread, and dictionaries read when the first word is asked for. Nothing here speaks to a network.
 */
import { mkdir } from "node:fs/promises";
import type { Failure, SpellingState } from "../../ipc.ts";
import {
  dictionaryLoadMs,
  ignoredWordsMax,
  spellingCheckMs,
  spellingSuggestMs,
} from "../../policy/limits.ts";
import { ownWord } from "../../policy/own-words.ts";
import { reasonOf } from "../durable.ts";
import { findDictionaries } from "./dictionaries.ts";
import type { OwnWords } from "./own-words.ts";
import { SpellingThread } from "./thread.ts";

export type SpellingChoice = { readonly isOn: boolean; readonly languages: readonly string[] };

export type SpellingOptions = {
  /** The script of the thread. */
  readonly script: string;
  readonly dictionariesOfApp: string;
  readonly dictionariesOfProfile: string;
  readonly ownWords: OwnWords;
  readonly choice: () => SpellingChoice;
  readonly choose: (choice: SpellingChoice) => Promise<{ ok: true } | Failure>;
  /** What was right may be wrong now, or the other way round. */
  readonly changed: () => void;
  /** Shows a folder. @returns what went wrong, or nothing */
  readonly showFolder: (folder: string) => Promise<string>;
};

export class Spelling {
  readonly #options: SpellingOptions;
  readonly #thread: SpellingThread;
  readonly #ignored = new Set<string>();
  readonly #problems = new Map<string, string>();
  readonly #loaded = new Set<string>();
  #loading: Promise<void> = Promise.resolve();

  constructor(options: SpellingOptions) {
    this.#options = options;
    this.#thread = new SpellingThread(options.script, () => this.#loaded.clear());
  }

  async state(): Promise<SpellingState> {
    const { dictionariesOfApp, dictionariesOfProfile, ownWords, choice } = this.#options;
    await this.#load();
    const found = await findDictionaries(dictionariesOfApp, dictionariesOfProfile);
    const { isOn, languages } = choice();
    return {
      isOn,
      dictionaries: found.map(({ id, name }) => ({
        id,
        name,
        isChosen: languages.includes(id),
        problem: this.#problems.get(id) ?? null,
      })),
      words: [...ownWords.list],
      folder: dictionariesOfProfile,
    };
  }

  async choose(choice: SpellingChoice): Promise<{ ok: true } | Failure> {
    // Somebody may have mended it.
    this.#problems.clear();
    const chosen = await this.#options.choose(choice);
    if (chosen.ok) this.#options.changed();
    return chosen;
  }

  /** Those of them that are wrong. None where nothing can be said about them. */
  async check(words: readonly string[]): Promise<readonly string[]> {
    if (!this.#options.choice().isOn) return [];
    await this.#load();
    if (this.#loaded.size === 0) return [];
    const unknown = words.filter((word) => !this.#isAccepted(word));
    if (unknown.length === 0) return [];
    return (await this.#thread.ask({ type: "check", words: unknown }, spellingCheckMs)) ?? [];
  }

  /** Empty where nothing was found in time. */
  async suggest(word: string): Promise<readonly string[]> {
    return (await this.#thread.ask({ type: "suggest", word }, spellingSuggestMs)) ?? [];
  }

  async add(word: string): Promise<{ ok: true } | Failure> {
    return this.#told(await this.#options.ownWords.add(word));
  }
  async remove(word: string): Promise<{ ok: true } | Failure> {
    return this.#told(await this.#options.ownWords.remove(word));
  }
  ignore(text: string): void {
    const word = ownWord(text);
    if (word !== null && this.#ignored.size < ignoredWordsMax) this.#ignored.add(word);
    this.#options.changed();
  }

  async showFolder(): Promise<{ ok: true } | Failure> {
    const { dictionariesOfProfile: folder, showFolder } = this.#options;
    const problem = await mkdir(folder, { recursive: true }).then(() => showFolder(folder), reasonOf);
    if (problem === "") return { ok: true };
    return { ok: false, code: "not-shown", message: `The folder ${folder} could not be shown (${problem}).` };
  }

  stop(): void {
    this.#thread.stop();
  }

  #told(answer: { ok: true } | Failure): { ok: true } | Failure {
    if (answer.ok) this.#options.changed();
    return answer;
  }

  #isAccepted(text: string): boolean {
    const word = ownWord(text);
    return word === null || this.#ignored.has(word) || this.#options.ownWords.has(word);
  }

  /** Brings the thread the dictionaries that are chosen, one after the other. */
  #load(): Promise<void> {
    this.#loading = this.#loading.then(() => this.#loadChosen());
    return this.#loading;
  }

  async #loadChosen(): Promise<void> {
    const { dictionariesOfApp, dictionariesOfProfile, choice } = this.#options;
    const { isOn, languages } = choice();
    const wanted = isOn ? languages : [];
    const isAsWanted =
      wanted.every((id) => this.#loaded.has(id) || this.#problems.has(id)) &&
      [...this.#loaded].every((id) => wanted.includes(id));
    if (isAsWanted) return;
    for (const id of this.#loaded) {
      if (wanted.includes(id)) continue;
      this.#loaded.delete(id);
      await this.#thread.ask({ type: "unload", id }, dictionaryLoadMs);
    }
    const found = await findDictionaries(dictionariesOfApp, dictionariesOfProfile);
    for (;;) {
      const next = wanted.find((id) => !this.#loaded.has(id) && !this.#problems.has(id));
      if (next === undefined) return;
      const dictionary = found.find(({ id }) => id === next);
      const said = dictionary
        ? await this.#thread.ask({ type: "load", id: next, folder: dictionary.folder }, dictionaryLoadMs)
        : ["It is not there any more."];
      const [problem] = said ?? ["It takes too long to read, or too much memory."];
      if (said === null) {
        // What broke the thread took the others along.
        this.#thread.stop();
        this.#loaded.clear();
      }
      if (problem === undefined) this.#loaded.add(next);
      else this.#problems.set(next, problem);
    }
  }
}

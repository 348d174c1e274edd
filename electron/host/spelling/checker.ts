/**
 * Whether words are spelled right, by any of some Hunspell dictionaries, and what may have been meant. A word in a
 * script that none of them is written in is never wrong: a dictionary says nothing about it. Runs in a thread.
 */
import nspell from "nspell";
import { spellingSuggestionsMax } from "../../policy/limits.ts";
import { distance } from "./rank.ts";

type Speller = ReturnType<typeof nspell>;
type Dictionary = {
  readonly speller: Speller;
  readonly scripts: readonly RegExp[];
  /** It leaves accents out, as English ones do: "café" is "cafe" there. */
  readonly isPlain: boolean;
};

const scripts: readonly RegExp[] = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Georgian}/u,
  /\p{Script=Devanagari}/u,
  /\p{Script=Bengali}/u,
  /\p{Script=Tamil}/u,
  /\p{Script=Telugu}/u,
];
/** Words from which it is told what a dictionary is written in; from all of it, for it is sorted. */
const sampleWords = 2_000;

export class Checker {
  readonly #dictionaries = new Map<string, Dictionary>();

  /** @returns in words why it cannot be used; null where it can */
  load(id: string, aff: Uint8Array, dic: Uint8Array): string | null {
    try {
      const encoding = /^\s*SET\s+(\S+)/m.exec(new TextDecoder("latin1").decode(aff))?.[1] ?? "ISO8859-1";
      const decoder = new TextDecoder(encodingName(encoding), { fatal: true });
      const speller = nspell(decoder.decode(aff), decoder.decode(dic));
      const words = Object.keys(speller.data);
      const step = Math.max(1, Math.floor(words.length / sampleWords));
      const sample = words.filter((_, i) => i % step === 0);
      const text = sample.join(" ");
      const used = scripts.filter((script) => script.test(text));
      if (used.length === 0) return "There are no words in it.";
      const isPlain = sample.filter((word) => withoutAccents(word) !== word).length < sample.length / 100;
      this.#dictionaries.set(id, { speller, scripts: used, isPlain });
      return null;
    } catch {
      return "It is damaged, or no Hunspell dictionary.";
    }
  }

  unload(id: string): void {
    this.#dictionaries.delete(id);
  }

  isRight(word: string): boolean {
    const plain = plainWord(word);
    const able = this.#able(plain);
    return able.length === 0 || able.some((each) => isIn(each, plain));
  }

  /** The likeliest first. */
  suggest(word: string): string[] {
    const plain = plainWord(word);
    const all = this.#able(plain)
      .flatMap(({ speller }) => speller.suggest(plain))
      .map((by) => ({ by, far: distance(plain, by) }))
      .toSorted((a, b) => a.far - b.far)
      .map(({ by }) => by);
    const asTyped = word.includes("’") ? all.map((each) => each.replaceAll("'", "’")) : all;
    return [...new Set(asTyped)].slice(0, spellingSuggestionsMax);
  }

  #able(word: string): Dictionary[] {
    return [...this.#dictionaries.values()].filter(({ scripts: used }) =>
      used.some((script) => script.test(word)),
    );
  }
}

const isIn = ({ speller, isPlain }: Dictionary, word: string): boolean =>
  speller.correct(word) || (isPlain && speller.correct(withoutAccents(word)));

const withoutAccents = (word: string): string => word.normalize("NFD").replaceAll(/\p{M}/gu, "");

/** Dictionaries have the straight apostrophe, and letters composed. */
const plainWord = (word: string): string => word.replaceAll("’", "'").normalize("NFC");

/** Hunspell says "ISO8859-1" and "microsoft-cp1251" where the web says otherwise. */
const encodingName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^iso8859-/, "iso-8859-")
    .replace(/^microsoft-cp/, "windows-");

/** A person's own words, as their file has them: one a line, in order. */
import { ownWordsMax, spelledWordCharsMax } from "./limits.ts";

/** As it is kept and compared: letters composed, the straight apostrophe. Null is no word. */
export function ownWord(text: string): string | null {
  const word = text.normalize("NFC").replaceAll("’", "'").trim();
  const isWord = word !== "" && word.length <= spelledWordCharsMax && !/[\s\p{C}]/u.test(word);
  return isWord ? word : null;
}

/** What is no word in it is left out. */
export function parseOwnWords(text: string): readonly string[] {
  const words = text.split(/\r?\n/).map(ownWord);
  return sortedWords(words.filter((word) => word !== null)).slice(0, ownWordsMax);
}

/** By code point: the same on every machine. */
export const sortedWords = (words: Iterable<string>): readonly string[] => [...new Set(words)].toSorted();

/** A word kept in small letters is right with a capital as well; one kept otherwise is right as it is. */
export function isOwnWord(words: ReadonlySet<string>, text: string): boolean {
  const word = ownWord(text);
  if (word === null) return false;
  const small = word.slice(0, 1).toLowerCase() + word.slice(1);
  return words.has(word) || words.has(small);
}

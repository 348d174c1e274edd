import { expect, test } from "vitest";
import { ownWordsMax, spelledWordCharsMax } from "./limits.ts";
import { isOwnWord, ownWord, parseOwnWords } from "./own-words.ts";

test("a word is kept composed, with the straight apostrophe, and not longer than words are", () => {
  expect(ownWord(" cafe\u0301 ")).toBe("café");
  expect(ownWord("O’Neil")).toBe("O'Neil");
  expect(ownWord("a".repeat(spelledWordCharsMax))).not.toBeNull();
  expect(ownWord("a".repeat(spelledWordCharsMax + 1))).toBeNull();
  expect(ownWord("two words")).toBeNull();
  expect(ownWord("a\u0000b")).toBeNull();
  expect(ownWord("")).toBeNull();
});

test("a file is read by lines, sorted, without what is no word, as far as the limit", () => {
  expect(parseOwnWords("zeta\r\nalpha\n\nno word\nalpha")).toEqual(["alpha", "zeta"]);
  const many = Array.from({ length: ownWordsMax + 1 }, (_, i) => `w${i}`).join("\n");
  expect(parseOwnWords(many)).toHaveLength(ownWordsMax);
});

test("small letters stand for a capital too, and not the other way round", () => {
  const words = new Set(["deckle", "Zyx"]);
  expect(isOwnWord(words, "Deckle")).toBe(true);
  expect(isOwnWord(words, "deckle")).toBe(true);
  expect(isOwnWord(words, "Zyx")).toBe(true);
  expect(isOwnWord(words, "zyx")).toBe(false);
  expect(isOwnWord(words, "")).toBe(false);
});

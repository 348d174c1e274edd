import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { spellingSuggestionsMax } from "../../policy/limits.ts";
import { Checker } from "./checker.ts";

const require = createRequire(import.meta.url);
const read = (name: string): [Uint8Array, Uint8Array] => {
  const folder = dirname(require.resolve(name));
  return [readFileSync(join(folder, "index.aff")), readFileSync(join(folder, "index.dic"))];
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("English: contractions with either apostrophe, capitals, and what was meant", () => {
  const checker = new Checker();
  expect(checker.load("en-US", ...read("dictionary-en"))).toBeNull();
  for (const word of ["isn't", "isn’t", "The", "color", "café"]) expect(checker.isRight(word)).toBe(true);
  for (const word of ["isnt", "teh", "colour"]) expect(checker.isRight(word)).toBe(false);
  expect(checker.suggest("teh")).toContain("the");
  expect(checker.suggest("dosn’t")).toContain("doesn’t");
  expect(checker.suggest("helo").length).toBeLessThanOrEqual(spellingSuggestionsMax);
  // A dictionary says nothing about another script.
  expect(checker.isRight("привтт")).toBe(true);
});

test("a word is right where any language has it; one that is taken away has it no more", () => {
  const checker = new Checker();
  checker.load("en-US", ...read("dictionary-en"));
  checker.load("en-GB", ...read("dictionary-en-gb"));
  expect(checker.isRight("colour")).toBe(true);
  checker.unload("en-GB");
  expect(checker.isRight("colour")).toBe(false);
});

test("other encodings are read as they say; what is no dictionary is refused in words", () => {
  const checker = new Checker();
  const latin1 = Uint8Array.from("1\nGrüße\n", (sign) => sign.charCodeAt(0));
  expect(checker.load("de", bytes("SET ISO8859-1\n"), latin1)).toBeNull();
  expect(checker.isRight("Grüße")).toBe(true);
  for (const [aff, dic] of [
    ["SET UTF-8\n", ""],
    ["", "1\n\n"],
    ["SET no-such\n", "1\nword\n"],
    ["SET UTF-8\nREP 1000000\n", "1\nword\n"],
    ["SET UTF-8\nSFX A Y 99\n", "1\nword/A\n"],
  ] as const)
    expect(checker.load("broken", bytes(aff), bytes(dic))).toMatch(/damaged|no words/);
  expect(checker.load("broken", bytes("SET UTF-8\n"), Uint8Array.of(0x31, 0x0a, 0xff, 0xfe))).not.toBeNull();
});

import { expect, test } from "vitest";
import { schema } from "../document/schema.ts";
import { spelledWordCharsMax } from "./limits.ts";
import { spelledWords, wordAt, wordIn, wordsOfBlock } from "./spelled-words.ts";

const words = (text: string): string[] => spelledWords(text).map(({ word }) => word);

test.each([
  ["It isn't, and it isn’t.", ["It", "isn't", "and", "it", "isn’t"]],
  ["'quoted' and ‘quoted’ dogs'", ["quoted", "and", "quoted", "dogs"]],
  ["a well-known e-mail", ["well", "known", "mail"]],
  ["naïve Ärger cafe\u0301", ["naïve", "Ärger", "cafe\u0301"]],
  ["x86 3rd snake_case v2", []],
  ["NASA iPhone GitHub JavaScript I A", []],
  ["see https://exmple.org/a?b=c, www.exmple or me@exmple.org now", ["see", "or", "now"]],
  ["in /usr/lcal/bn and C:\\Usrs\\me or src/fle.ts, nodejs.org.", ["in", "and", "or"]],
  ["日本語 ひらがな 한국어 ไทย", []],
  ["привет κόσμε", ["привет", "κόσμε"]],
])("%s", (text, expected) => {
  expect(words(text)).toEqual(expected);
});

test("a word is as long as words are, and is where it says", () => {
  expect(words("a".repeat(spelledWordCharsMax))).toHaveLength(1);
  expect(words("a".repeat(spelledWordCharsMax + 1))).toEqual([]);
  const text = "so ‘wrng’ it is";
  for (const { from, to, word } of spelledWords(text)) expect(text.slice(from, to)).toBe(word);
});

test("a text made to be slow is read in time", () => {
  const started = performance.now();
  for (const part of ["a.", "a/", "@", "'", "http:", "..\\"]) spelledWords(part.repeat(20_000));
  expect(performance.now() - started).toBeLessThan(5_000);
});

test("code, formulas and objects in a line are no words; positions are those of the document", () => {
  const { nodes, marks } = schema;
  const block = nodes.paragraph.create(null, [
    schema.text("Some "),
    schema.text("fnction", [marks.code.create()]),
    nodes.hard_break.create(),
    schema.text("e=mc", [marks.math.create()]),
    schema.text(" wor", [marks.em.create()]),
    schema.text("ld"),
  ]);
  expect(wordsOfBlock(block).map(({ word }) => word)).toEqual(["Some", "world"]);
  expect(wordsOfBlock(nodes.code_block.create(null, schema.text("let")))).toEqual([]);
  const doc = nodes.doc.create(null, block);
  const world = wordAt(doc, 19);
  expect(world?.word).toBe("world");
  expect(world && doc.textBetween(world.from, world.to)).toBe("world");
  expect(wordAt(doc, 8)).toBeNull();
  expect(wordIn("one two", 4)?.word).toBe("two");
});

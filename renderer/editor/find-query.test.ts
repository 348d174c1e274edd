import { expect, test } from "vitest";
import { findQuery } from "./find-query.ts";
import type { FindQuery, Wanted } from "./find-query.ts";
import { findPatternWorkMax, findTypedCharsMax } from "./limits.ts";

const plain: Wanted = { text: "", isCaseSensitive: false, isWholeWord: false, isPattern: false };

async function query(text: string, more: Partial<Wanted> = {}): Promise<FindQuery> {
  const made = await findQuery({ ...plain, text, ...more });
  if (made === null || typeof made === "string") throw new Error(made ?? "nothing");
  return made;
}
const found = async (text: string, within: string, more: Partial<Wanted> = {}): Promise<string[]> =>
  (await query(text, more)).find(within).map(({ from, to }) => within.slice(from, to));

test("letters are found in either case, or only in theirs", async () => {
  expect(await found("vat", "Vat, vat, VAT")).toEqual(["Vat", "vat", "VAT"]);
  expect(await found("vat", "Vat, vat, VAT", { isCaseSensitive: true })).toEqual(["vat"]);
});

test("composed and decomposed letters are the same, and a letter is not found in one with a mark", async () => {
  expect(await found("é", "caf\u00e9 and cafe\u0301")).toEqual(["\u00e9", "e\u0301"]);
  expect(await found("e\u0301", "caf\u00e9 and cafe\u0301")).toEqual(["\u00e9", "e\u0301"]);
  expect(await found("cafe", "cafe\u0301 cafe")).toEqual(["cafe"]);
});

test("whole words, in any script", async () => {
  expect(await found("an", "an Anne, man an", { isWholeWord: true })).toEqual(["an", "an"]);
  expect(await found("мир", "мир, миру", { isWholeWord: true })).toEqual(["мир"]);
  expect(await found("a", "a_b a", { isWholeWord: true })).toEqual(["a"]);
});

test("signs that mean something in patterns are signs", async () => {
  expect(await found("a.b(c)[d]$^|\\/-{2}", "x a.b(c)[d]$^|\\/-{2} y")).toEqual(["a.b(c)[d]$^|\\/-{2}"]);
  expect(await found(".", "a.b")).toEqual(["."]);
});

test("a pattern finds what it means, with groups for what replaces it", async () => {
  const dates = await query("(\\d+)-(\\d+)", { isPattern: true });
  const text = "from 3-10 to 4-11";
  const all = dates.find(text);
  expect(all.map(({ from, to }) => text.slice(from, to))).toEqual(["3-10", "4-11"]);
  expect(all.map((each) => dates.replacement(text, each, "$2/$1 $$9 $7"))).toEqual([
    "10/3 $9 $7",
    "11/4 $9 $7",
  ]);
  expect(await found("^\\w", "one two", { isPattern: true })).toEqual(["o"]);
  expect(await found("an", "an Anne", { isPattern: true, isWholeWord: true })).toEqual(["an"]);
});

test("a pattern that finds nothing at all places is no endless search", async () => {
  expect(await found("x*", "axxb", { isPattern: true })).toEqual(["xx"]);
});

test("a pattern that would take other engines for ever takes no longer than its text", async () => {
  expect(await found("(a+)+$", `${"a".repeat(50_000)}b`, { isPattern: true })).toEqual([]);
});

test("what is no pattern is said in words", async () => {
  expect(await findQuery({ ...plain, text: "(a", isPattern: true })).toBe(
    "This is no pattern: missing closing ).",
  );
  expect(await findQuery({ ...plain, text: "(?=a)", isPattern: true })).toMatch(/^This is no pattern: /);
  expect(await findQuery(plain)).toBeNull();
});

test("what is looked for may be so long and no longer", async () => {
  const longest = "x".repeat(findTypedCharsMax);
  expect(await found(longest, longest)).toEqual([longest]);
  expect(await findQuery({ ...plain, text: `${longest}x` })).toMatch(/^More than/);
});

test("a pattern may repeat so much and no more", async () => {
  const pattern = (chars: number): string => `${"x".repeat(chars - 7)}a{1000}`;
  const most = findPatternWorkMax / 1_000;
  expect(await findQuery({ ...plain, text: pattern(most), isPattern: true })).toBeTypeOf("object");
  expect(await findQuery({ ...plain, text: pattern(most + 1), isPattern: true })).toMatch(/repeats too much/);
});

test("the larger a pattern is, the shorter are the blocks that it is looked for in", async () => {
  const small = await query("a|b", { isPattern: true });
  const large = await query(".{0,1000}q", { isPattern: true });
  expect(small.blockCharsMax).toBeGreaterThan(20_000);
  expect(large.blockCharsMax).toBeLessThan(1_000);
  expect((await query("a")).blockCharsMax).toBe(Infinity);
});

test("a word ends where a letter of two units begins", async () => {
  expect(await found("an", "an \u{1d400}an an\u{1d400}", { isPattern: true, isWholeWord: true })).toEqual([
    "an",
  ]);
});

import { expect, test } from "vitest";
import { bookMarkdown, countWords, markdownFiles } from "./corpus.ts";

test("a book has as many words as asked for and is the same each time", () => {
  for (const words of [1, 5_000]) expect(countWords(bookMarkdown(words))).toBe(words);
  expect(bookMarkdown(5_000)).toBe(bookMarkdown(5_000));
  expect(bookMarkdown(6_000).startsWith(bookMarkdown(5_000).trimEnd())).toBe(true);
});

test("it begins again where the packages say less than is asked for", { timeout: 30_000 }, () => {
  expect(countWords(bookMarkdown(400_000))).toBe(400_000);
});

test("files come in the order of their paths", () => {
  const files = markdownFiles();
  expect(files).toEqual([...files].sort((a, b) => (a < b ? -1 : 1)));
});

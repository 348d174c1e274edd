import { expect, it } from "vitest";
import { pasteHtmlCharsMax, pasteTextCharsMax } from "./limits.ts";
import { boundedHtml } from "./paste-bounds.ts";
import { boundedText, isMarkdown } from "./paste-text.ts";

it.each([
  "# Felts",
  "- one\n- two",
  "1. one\n2. two",
  "```ts\nx\n```",
  "- [ ] open",
  "see [it](https://a.example)",
  "| a | b |\n| --- | --- |\n| 1 | 2 |",
  "a **bold** word",
])("is Markdown: %j", (text) => expect(isMarkdown(text)).toBe(true));

it.each(["one\ntwo", "2 * 3 * 4", "- Ada", "#hashtag", "snake_case_name", "a - b", "1. January was cold"])(
  "is text: %j",
  (text) => expect(isMarkdown(text)).toBe(false),
);

it("as much is taken as is said, and no half of a letter", () => {
  expect(boundedText("x".repeat(pasteTextCharsMax)).isWhole).toBe(true);
  expect(boundedText("x".repeat(pasteTextCharsMax + 1)).isWhole).toBe(false);
  expect(boundedHtml("x".repeat(pasteHtmlCharsMax)).isWhole).toBe(true);
  expect(boundedHtml("x".repeat(pasteHtmlCharsMax + 1)).isWhole).toBe(false);
  expect(boundedText("a\ud800").text).toBe("a\ufffd");
});

it("pictures that are written out do not count, for they are not text", () => {
  const picture = `<img src="data:image/png;base64,${"A".repeat(pasteHtmlCharsMax)}">`;
  expect(boundedHtml(picture)).toEqual({ html: picture, isWhole: true });
});

it.each([
  ["1 1 []", true],
  ["0 0 -2 []", true],
  ["1 1 [&quot;blockquote&quot;,null]", true],
  ["51 1 []", false],
  ["0 0 null", false],
  ["0 0 -9 []", false],
  ["1 1 [&quot;", false],
  [`1 1 [${Array.from({ length: 26 }, () => "&quot;blockquote&quot;,null").join()}]`, false],
])("what says that we wrote it is believed where we may have: %s", (says, isBelieved) =>
  expect(boundedHtml(`<p data-pm-slice="${says}">x</p>`).html.includes("data-pm-slice")).toBe(isBelieved),
);

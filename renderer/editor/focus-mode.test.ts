import { expect, test } from "vitest";
import { sentenceAt } from "./focus-mode.ts";

const at = (marked: string): string => {
  const offset = marked.indexOf("|");
  const text = marked.replace("|", "");
  const { from, to } = sentenceAt(text, offset);
  return text.slice(from, to);
};

test.each([
  ["One. Tw|o. Three.", "Two. "],
  ["One.| Two.", "One. "],
  ["One. Two.|", "Two."],
  ["|One. Two.", "One. "],
  ["", ""],
  ["紙は白い。水は|青い。", "水は青い。"],
])("the sentence at the caret of %s is %s", (text, sentence) => {
  expect(at(text.includes("|") ? text : `${text}|`)).toBe(sentence);
});

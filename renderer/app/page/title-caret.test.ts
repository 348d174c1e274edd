import { expect, it } from "vitest";
import { movedOffset } from "./title-caret.ts";

it.each([
  ["abc", "Xabc", 1, 2],
  ["abc", "abcX", 1, 1],
  ["abc", "abcX", 3, 3],
  ["abcdef", "abXdef", 5, 5],
  ["abcdef", "af", 3, 1],
  ["aaa", "aaaa", 2, 2],
  ["", "abc", 0, 0],
])("%o → %o takes a caret at %i to %i", (before, after, offset, moved) => {
  expect(movedOffset(before, after, offset)).toBe(moved);
});

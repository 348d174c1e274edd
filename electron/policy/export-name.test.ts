import { expect, test } from "vitest";
import { exportName } from "./export-name.ts";
import { exportNameCharsMax } from "./limits.ts";

test.each([
  ["Notes", "Notes.md"],
  ["  Größe 😀 ", "Größe 😀.md"],
  ["", "Untitled.md"],
  [" .. ", "Untitled.md"],
  ["../../etc/passwd", "-..-etc-passwd.md"],
  ["C:\\x", "C--x.md"],
  [".hidden", "hidden.md"],
  ["a\u0000b\nc\u202Ed", "a b c d.md"],
  ['"why?" <or> what|ever*', "-why-- -or- what-ever-.md"],
  ["end. .", "end.md"],
  ["con", "con-.md"],
  ["LPT1.txt", "LPT1-.txt.md"],
  ["contents", "contents.md"],
  ["half \uD83D", "half.md"],
])("%j is offered as %j", (title, name) => {
  expect(exportName(title)).toBe(name);
});

test("a long title is cut, between characters", () => {
  expect(exportName("😀".repeat(exportNameCharsMax))).toBe(`${"😀".repeat(exportNameCharsMax)}.md`);
  expect(exportName("😀".repeat(exportNameCharsMax + 1))).toBe(`${"😀".repeat(exportNameCharsMax)}.md`);
});

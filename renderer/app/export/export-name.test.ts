import { expect, it } from "vitest";
import { exportName } from "./export-name.ts";

it.each([
  ["Field notes", "Field notes.md"],
  ["", "Untitled.md"],
  [" \t", "Untitled.md"],
  ["..", "Untitled.md"],
  ["../../etc/passwd", "-..-etc-passwd.md"],
  ['What? "This": a|b', "What- -This- a-b.md"],
  [".hidden. ", "hidden.md"],
  ["two\nlines", "two lines.md"],
  ["a".repeat(61), `${"a".repeat(60)}.md`],
  ["🙂".repeat(61), `${"🙂".repeat(60)}.md`],
])("%j is written to %s", (title, name) => expect(exportName(title)).toBe(name));

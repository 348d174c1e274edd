import { expect, test } from "vitest";
import { block, Typist } from "./typist.ts";

/** All that typing makes something else of. */
const rules = [
  "# ", "###### ", "> ", "- ", "* ", "1. ", "7) ", "[ ] ", "[x] ", "``` ", "```ts ", "$$ ", "---",
  "x **b**", "x __b__", "x *b*", "x _b_", "x `b`", "x ~~b~~", "x ==b==", "[b](https://c.d)",
  "a--", "a...", "it'", '"',
]; // prettier-ignore

test.each(rules)("%s: one undo gives back what was typed, Backspace does as well", (keys) => {
  for (const key of ["Mod-z", "Backspace"]) {
    const typist = new Typist(block("paragraph", null, "|"));
    const plain = new Typist(block("paragraph", null, `${keys}|`));
    typist.type(keys);
    expect(typist.shown).not.toBe(plain.shown);
    expect(typist.press(key)).toBe(true);
    expect(typist.shown).toBe(plain.shown);
  }
});

test("the undo after that takes back the typing", () => {
  const typist = new Typist(block("paragraph", null, "|")).type("**b**");
  typist.press("Mod-z");
  // The key that set the rule off, and then the others.
  typist.press("Mod-z");
  typist.press("Mod-z");
  expect(typist.state.doc.textContent).toBe("");
});

test("a quote and a callout in it, one after the other", () => {
  const typist = new Typist(block("paragraph", null, "|")).type("> [!tip] ");
  expect(typist.shown).toContain("callout");
  typist.press("Mod-z");
  expect(typist.shown).toContain("blockquote");
  expect(typist.state.doc.textContent).toBe("[!tip] ");
});

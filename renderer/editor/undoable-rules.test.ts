import { expect, test } from "vitest";
import { block, Typist } from "./typist.ts";

/** All that typing makes something else of. */
const rules = [
  "# ", "###### ", "> ", "- ", "* ", "1. ", "7) ", "[ ] ", "[x] ", "``` ", "```ts ", "$$ ", "---",
  "x **b**", "x __b__", "x *b*", "x _b_", "x `b`", "x ~~b~~", "x ==b==", "x $b$", "[b](https://c.d)",
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
  typist.press("Mod-z");
  expect(typist.state.doc.textContent).toBe("");
});

test.each(rules)("%s: what was undone is redone, and a redo too many undoes nothing", (keys) => {
  const typist = new Typist(block("paragraph", null, "|")).type(keys);
  const made = typist.state.doc;
  const seen = [typist.shown];
  while (typist.press("Mod-z")) seen.push(typist.shown);
  expect(seen.length).toBeGreaterThan(1);
  for (const shown of seen.toReversed().slice(1)) {
    typist.press("Mod-Shift-z");
    expect(typist.shown).toBe(shown);
  }
  typist.press("Mod-Shift-z");
  expect(typist.state.doc.eq(made)).toBe(true);
});

test("what arrives from others after a rule takes no letter from the undo", () => {
  const typist = new Typist(block("paragraph", null, "there"), block("paragraph", null, "|")).type("**b**");
  typist.dispatch(typist.state.tr.insertText("here and ", 1).setMeta("addToHistory", false));
  typist.press("Mod-z");
  expect(typist.state.doc.textContent).toBe("here and there**b**");
});

test("a quote and a callout in it, one after the other", () => {
  const typist = new Typist(block("paragraph", null, "|")).type("> [!tip] ");
  expect(typist.shown).toContain("callout");
  typist.press("Mod-z");
  expect(typist.shown).toContain("blockquote");
  expect(typist.state.doc.textContent).toBe("[!tip] ");
});

import { expect, test } from "vitest";
import { block, Typist } from "./typist.ts";

const typed = (keys: string): string => {
  const typist = new Typist(block("paragraph", null, "|"));
  return typist.type(keys).state.doc.textContent;
};

test.each([
  ['say "yes" now', "say “yes” now"],
  ["'yes'", "‘yes’"],
  ["it's the dogs' bowl", "it’s the dogs’ bowl"],
  ['("a" and "b")', "(“a” and “b”)"],
  ["so --- or so -- it is", "so — or so – it is"],
  ["wait...", "wait…"],
  ['`"a--b..."`', '"a--b..."'],
])("%s is printed as %s", (keys, text) => {
  expect(typed(keys)).toBe(text);
});

test("Backspace right after gives the keys back that were pressed", () => {
  expect(typed('"⌫')).toBe('"');
  expect(typed("a--⌫")).toBe("a--");
  expect(typed("a...⌫")).toBe("a...");
});

test("code and formulas are as they are typed", () => {
  const code = new Typist(block("code_block", null, "|"));
  expect(code.type('"a" -- b...').state.doc.textContent).toBe('"a" -- b...');
  const formula = new Typist(block("math_block", null, "|"));
  expect(formula.type("f'--").state.doc.textContent).toBe("f'--");
});

test("a line that begins with dashes becomes a rule all the same", () => {
  const typist = new Typist(block("paragraph", null, "|")).type("---");
  expect(typist.state.doc.firstChild?.type.name).toBe("horizontal_rule");
});

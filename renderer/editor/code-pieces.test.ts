import { common, createLowlight } from "lowlight";
import { expect, test } from "vitest";
import { piecesOf } from "./code-pieces.ts";

const lowlight = createLowlight(common);
const shown = (language: string, code: string): string[] =>
  piecesOf(lowlight, language, code).map(({ kind, from, to }) => `${kind} ${code.slice(from, to)}`);

test("code is in the pieces that its language has", () => {
  expect(shown("ts", 'const a: number = 1; // one\nlet b = "two";')).toEqual([
    "keyword const",
    "attribute a",
    "type number",
    "number 1",
    "comment // one",
    "keyword let",
    'string "two"',
  ]);
  expect(shown("diff", "-old\n+new")).toEqual(["removed -old", "added +new"]);
  expect(shown("html", '<p class="x">y</p>')).toContain("attribute class");
});

test("what a template has in it is code again", () => {
  expect(shown("js", "`a ${1 + b} c`")).toEqual(["string `a ", "number 1", "string  c`"]);
});

test("a language that is not known has no pieces, and nothing has none", () => {
  expect(shown("klingon", "Qapla'")).toEqual([]);
  expect(shown("__proto__", "x")).toEqual([]);
  expect(shown("ts", "")).toEqual([]);
});

test("pieces are in order and apart, whatever the text", () => {
  for (const language of ["js", "python", "xml", "bash", "markdown", "css", "yaml", "rust"])
    for (const code of [
      "<!-- 😀 -->",
      "'''",
      "`${`${",
      "#".repeat(100),
      "{}\n".repeat(50),
      "\u0000<a b='c",
    ]) {
      let end = 0;
      for (const { from, to } of piecesOf(lowlight, language, code)) {
        expect(from).toBeGreaterThanOrEqual(end);
        expect(to).toBeGreaterThan(from);
        end = to;
      }
      expect(end).toBeLessThanOrEqual(code.length);
    }
});

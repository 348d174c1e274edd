import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeTitle, spliceBetween } from "./title.ts";

test("two people's letters both stay", () => {
  expect(mergeTitle("Notes", "My Notes", "Notes 2026")).toBe("My Notes 2026");
  expect(mergeTitle("a b c", "a c", "a bX c")).toBe("a Xc");
});

test("what only one of them changed is as that one left it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (base, value) => {
      expect(mergeTitle(base, value, base)).toBe(value);
      expect(mergeTitle(base, base, value)).toBe(value);
    }),
  );
});

test("nothing that somebody inserted is lost", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(), (base, at, other, length) => {
      const mine = at % (base.length + 1);
      const theirs = other % (base.length + 1);
      const current = `${base.slice(0, theirs)}←${base.slice(theirs)}`;
      const value = `${base.slice(0, mine)}→${base.slice(mine + (length % 5))}`;
      const merged = mergeTitle(base, value, current);
      expect(merged).toContain("→");
      expect(merged).toContain("←");
    }),
  );
});

test("a splice does not cut a pair", () => {
  expect(spliceBetween("😀", "😁")).toEqual({ at: 0, deleteCount: 2, text: "😁" });
  expect(spliceBetween("a", "a")).toBeNull();
});

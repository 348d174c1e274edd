import { expect, test } from "vitest";
import { distance } from "./rank.ts";

test("neighbours that changed places are nearest; a letter that is too many is further than one that is missing", () => {
  expect(distance("same", "Same")).toBe(0);
  expect(distance("teh", "the")).toBeLessThan(distance("teh", "tea"));
  expect(distance("wrng", "wrong")).toBeLessThan(distance("wrng", "wng"));
  expect(distance("", "ab")).toBe(2);
});

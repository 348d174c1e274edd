import { expect, test } from "vitest";
import type { Operation } from "../document/operations.ts";
import { portions } from "./portions.ts";

const splice = (length: number): Operation => ({
  type: "splice",
  at: 0,
  deleteCount: 0,
  text: "x".repeat(length),
});
const mark: Operation = { type: "mark", from: 0, to: 1, name: "strong", value: true };
const sizes = (operations: readonly Operation[]): number[] =>
  portions(operations, 10).map((one) => one.length);

test("what is small is one portion, what is nothing is none", () => {
  expect(sizes([])).toEqual([]);
  expect(sizes([splice(1), mark, splice(7)])).toEqual([3]);
});

test("a portion ends once it is full, and no operation is cut", () => {
  expect(sizes([splice(10), splice(1)])).toEqual([1, 1]);
  expect(sizes([splice(9), splice(50), splice(1)])).toEqual([2, 1]);
  expect(sizes([splice(9), mark, splice(1)])).toEqual([2, 1]);
});

test("all are there, in order", () => {
  const all = Array.from({ length: 100 }, (_, i) => splice(i % 7));
  expect(portions(all, 10).flat()).toEqual(all);
});

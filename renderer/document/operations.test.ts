import { expect, test } from "vitest";
import { pushOperation } from "./operations.ts";
import type { Operation } from "./operations.ts";

const list = (id: string) => [{ type: "bullet_list", id }];
const joined = (...operations: Operation[]): Operation[] => {
  const all: Operation[] = [];
  for (const operation of operations) pushOperation(all, operation);
  return all;
};
const insert = (at: number): Operation => ({
  type: "insertBlock",
  at,
  block: { type: "paragraph", parents: list(""), attrs: { a: 1 } },
});
const update = (at: number, id: string): Operation => ({
  type: "updateBlock",
  at,
  change: { parents: list(id), attrs: { a: null, b: 2 } },
});
const splice = (at: number, deleteCount: number, text: string): Operation => ({
  type: "splice",
  at,
  deleteCount,
  text,
});

test("typing and erasing are one operation", () => {
  expect(joined(splice(3, 0, "a"), splice(4, 0, "b"), splice(5, 0, "c"), splice(5, 1, ""))).toEqual([
    splice(3, 0, "ab"),
  ]);
  expect(joined(splice(3, 0, "ab"), splice(2, 3, ""))).toEqual([splice(2, 1, "")]);
});

test("a change of a marker that was just inserted is part of the insertion", () => {
  expect(joined(insert(5), update(5, "x"))).toEqual([
    { type: "insertBlock", at: 5, block: { type: "paragraph", parents: list("x"), attrs: { b: 2 } } },
  ]);
});

test("it is found behind what moved it", () => {
  const [first] = joined(insert(5), splice(2, 1, "xyz"), insert(1), update(8, "x"));
  expect(first).toEqual({
    type: "insertBlock",
    at: 5,
    block: { type: "paragraph", parents: list("x"), attrs: { b: 2 } },
  });
});

test("two changes of one marker are one, of two markers two", () => {
  expect(joined(update(4, "x"), update(4, "y"))).toEqual([update(4, "y")]);
  expect(joined(update(4, "x"), update(5, "y"))).toHaveLength(2);
  expect(joined(update(4, "x"), insert(4), update(4, "y"))).toHaveLength(2);
  expect(joined(update(4, "x"), insert(4), update(5, "y"))).toHaveLength(2);
});

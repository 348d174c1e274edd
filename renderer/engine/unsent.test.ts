import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { changesBeyond, knownOf } from "./unsent.ts";

beforeAll(useAutomerge);

test("a receipt of what came earlier takes nothing back, one of something else adds to it", () => {
  const first = A.from({ count: 1 });
  const second = A.change(A.clone(first), (draft) => {
    draft.count = 2;
  });
  const other = A.change(A.clone(first), (draft) => {
    draft.count = 3;
  });
  const doc = A.merge(A.clone(second), other);
  const [one, two, three] = [first, second, other].map((each) => A.getHeads(each));
  if (!one || !two || !three) throw new Error("no heads");
  expect(knownOf(doc, two, one)).toEqual(two);
  expect(knownOf(doc, one, two)).toEqual(two);
  expect(knownOf(doc, [], one)).toEqual(one);
  expect(changesBeyond(doc, knownOf(doc, two, three))).toBe(0);
  expect(knownOf(doc, two, A.getHeads(doc))).toEqual(A.getHeads(doc));
});

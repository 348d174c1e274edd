import { expect, test } from "vitest";
import { garbageIn, type Inventory } from "./blob-garbage.ts";
import { blobUnnamedMs } from "./limits.ts";

const nowMs = 10 * blobUnnamedMs;
const old = nowMs - blobUnnamedMs - 1;
const inventory = (more: Partial<Inventory>): Inventory => ({
  unnamed: new Map([
    ["unnamed", old],
    ["young", old + 1],
    ["named", old],
    ["fresh", 0],
  ]),
  isFresh: (sha256) => sha256 === "fresh",
  isNamed: (sha256) => sha256 === "named",
  areNamesWhole: true,
  nowMs,
  ...more,
});

test("a blob that came without a name goes when that is long ago, and no other", () => {
  expect(garbageIn(inventory({}))).toEqual(["unnamed"]);
  expect(garbageIn(inventory({ unnamed: new Map() }))).toEqual([]);
});

test("where a name may have been lost nothing goes", () => {
  expect(garbageIn(inventory({ areNamesWhole: false }))).toEqual([]);
});

import { expect, test } from "vitest";
import { neverBack, waitOf } from "./clock.ts";

function stand(): { now: () => number; pass: (ms: number, wallMs?: number) => void } {
  let [wall, monotonic] = [1_000_000, 5];
  const now = neverBack(
    () => wall,
    () => monotonic,
  );
  return {
    now,
    pass: (ms, wallMs = ms) => {
      monotonic += ms;
      wall += wallMs;
    },
  };
}

test("time is the wall's while that goes ahead, however far it leaps", () => {
  const { now, pass } = stand();
  expect(now()).toBe(1_000_000);
  pass(20);
  expect(now()).toBe(1_000_020);
  pass(0, 31 * 86_400_000);
  expect(now()).toBe(1_000_020 + 31 * 86_400_000);
});

test("a wall clock that is set back is not followed: what has passed is counted all the same", () => {
  const { now, pass } = stand();
  pass(0, -900_000);
  expect(now()).toBe(1_000_000);
  pass(30);
  expect(now()).toBe(1_000_030);
  // It is put right.
  pass(10, 950_000);
  expect(now()).toBe(1_050_030);
});

test.each([
  [100, 100],
  [0, 0],
  [-5, 0],
  [-31 * 86_400_000, 0],
  [2 ** 31 - 1, 2 ** 31 - 1],
  [2 ** 31, 2 ** 31 - 1],
])("a wait of %i ms is one of %i", (ms, wait) => {
  expect(waitOf(ms)).toBe(wait);
});

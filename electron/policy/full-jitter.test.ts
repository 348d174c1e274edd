import { expect, test } from "vitest";
import { fullJitterMs } from "./full-jitter.ts";

test("waits lie below a bound that doubles up to the longest, and are never 0", () => {
  const waits = [0, 1, 2, 3, 10, 5_000].map((attempts) => fullJitterMs(attempts, 1_000, 5_000, () => 1));
  expect(waits).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  expect(fullJitterMs(1, 1_000, 5_000, () => 0.25)).toBe(500);
  expect(fullJitterMs(1, 1_000, 5_000, () => 0)).toBe(1);
});

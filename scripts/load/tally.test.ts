import { expect, test } from "vitest";
import { slope } from "./tally.ts";

test("the slope is that of the line, whatever lies around it", () => {
  expect(
    slope([
      [0, 10],
      [1, 12],
      [2, 14],
    ]),
  ).toBeCloseTo(2);
  expect(
    slope([
      [0, 5],
      [1, 7],
      [2, 5],
      [3, 7],
    ]),
  ).toBeCloseTo(0.4);
  expect(slope([[3, 3]])).toBe(0);
});

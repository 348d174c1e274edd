import { expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

test("the bound doubles up to the most, and a success begins anew", () => {
  const backoff = new Backoff(100, 1000, () => 1);
  expect([
    backoff.next(),
    backoff.next(),
    backoff.next(),
    backoff.next(),
    backoff.next(),
    backoff.next(),
  ]).toEqual([100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test("a wait is never nothing", () => {
  expect(new Backoff(100, 1000, () => 0).next()).toBe(1);
});

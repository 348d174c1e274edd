/** What is kept of the last commits: bounded, and gone soon after the last of them. */
import { expect, test } from "vitest";
import { recentBytesMax } from "../protocol/limits.ts";
import { Recent } from "./recent.ts";
import { packBody } from "./segment.ts";

const chunk = (n: number, length = 10): Uint8Array => new Uint8Array(length).fill(n);

test("the last are served in order, also those of several commits; what is gone is not made up", () => {
  const recent = new Recent(() => {});
  recent.add(new Map([[7, chunk(7)]]));
  recent.add(new Map([8, 9].map((n) => [n, chunk(n)])));
  expect(recent.take([7, 9])).toEqual(packBody([chunk(7), chunk(9)]));
  expect(recent.take([6, 7])).toBeUndefined();
  expect(recent.take([9, 10])).toBeUndefined();
});

test("at the bound all are kept, one byte past it the oldest goes", () => {
  const recent = new Recent(() => {});
  recent.add(new Map([[0, chunk(0, 100)]]));
  recent.add(new Map([[1, chunk(1, recentBytesMax - 100)]]));
  expect(recent.take([0, 1])).toBeDefined();
  recent.add(new Map([[2, chunk(2, 1)]]));
  expect(recent.take([0])).toBeUndefined();
  expect(recent.take([1, 2])).toBeDefined();
  expect(recent.bytes).toBe(recentBytesMax - 99);
});

test("what is kept is a copy, also of a Buffer: a view of a socket's 64 kB would keep all of them", () => {
  const recent = new Recent(() => {});
  const socketChunk = Buffer.alloc(65_536, 1);
  recent.add(new Map([[0, socketChunk.subarray(10, 20)]]));
  socketChunk.fill(2);
  expect(recent.take([0])).toEqual(packBody([new Uint8Array(10).fill(1)]));
});

test("soon after the last commit nothing is kept", () => {
  const timers: (() => void)[] = [];
  const recent = new Recent((_delayMs, run) => void timers.push(run));
  recent.add(new Map([[0, chunk(0)]]));
  recent.add(new Map([[1, chunk(1)]]));
  for (const run of timers.splice(0)) run();
  expect(recent.take([0, 1])).toBeDefined();
  for (const run of timers.splice(0)) run();
  expect(recent.take([1])).toBeUndefined();
  expect([recent.bytes, timers.length]).toEqual([0, 0]);
});

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { pasteAgainAfterMs, plainPasteWithinMs } from "../editor/limits.ts";
import { Pasting } from "./pasting.ts";

let asked: boolean[];
let pasting: Pasting;

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  pasting = new Pasting((isPlain) => Promise.resolve(asked.push(isPlain)));
});
afterEach(() => void vi.useRealTimers());

it("a paste that brought nothing is asked for again, a few times, and then it is said", () => {
  for (const afterMs of pasteAgainAfterMs) {
    expect(pasting.again(false)).toBe(true);
    vi.advanceTimersByTime(afterMs);
  }
  expect(asked).toEqual(pasteAgainAfterMs.map(() => false));
  expect(pasting.again(false)).toBe(false);
  // The next one is tried as often.
  expect(pasting.again(false)).toBe(true);
});

it("one that came after all begins the count anew", () => {
  for (const _ of pasteAgainAfterMs) pasting.again(false);
  pasting.came();
  expect(pasting.again(false)).toBe(true);
});

it("as plain text is as plain text the second time too, once, and not much later", async () => {
  await pasting.plain();
  expect(pasting.takesPlain()).toBe(true);
  expect(pasting.takesPlain()).toBe(false);
  pasting.again(true);
  vi.runAllTimers();
  expect(asked).toEqual([true, true]);
  expect(pasting.takesPlain()).toBe(true);
  await pasting.plain();
  vi.advanceTimersByTime(plainPasteWithinMs);
  expect(pasting.takesPlain()).toBe(false);
});

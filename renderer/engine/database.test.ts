import { afterEach, expect, test, vi } from "vitest";
import { reasonOf } from "./database.ts";

afterEach(() => vi.restoreAllMocks());

test.each([
  ["QuotaExceededError", "the disk is full"],
  ["UnknownError", "the disk seems to be full or failing"],
  ["AbortError", "the disk seems to be full or failing"],
  ["NotFoundError", "the browser's storage does not work (NotFoundError)"],
])("%s is told in words for a person, without what Chromium says of itself", (name, words) => {
  vi.spyOn(console, "warn").mockReturnValue();
  const error = new DOMException("Internal error opening backing store for indexedDB.open.", name);
  expect(reasonOf(error).message).toBe(words);
});

test("a write that failed without a reason is told all the same", () => {
  expect(reasonOf(null).message).toBe("the disk refused the write");
});

import { expect, test } from "vitest";
import { fileWords, sizeWords } from "./file-state.ts";

test.each([
  [0, ""],
  [1, "1 byte"],
  [1023, "1023 bytes"],
  [1024, "1 KB"],
  [1536, "1.5 KB"],
  [3_000_000, "2.9 MB"],
  [100 * 1024 * 1024, "100 MB"],
])("%i bytes are %j", (bytes, words) => expect(sizeWords(bytes)).toBe(words));

test("it is said where a file is, unless it is here", () => {
  expect([fileWords("here", true), fileWords("asking", true)]).toEqual(["", ""]);
  expect(fileWords("coming", true)).toBe("Arriving from the relay");
  expect(fileWords("missing", true)).toBe("Waiting for the file from the relay");
  expect(fileWords("missing", false)).toBe("The file is not on this device");
});

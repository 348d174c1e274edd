import { expect, it } from "vitest";
import { amount, amountReceived } from "./amount.ts";

it.each([
  [1, "1 kB"],
  [1_000, "1 kB"],
  [1_001, "2 kB"],
  [262_144, "263 kB"],
  [999_000, "999 kB"],
  [999_001, "1.0 MB"],
  [1_000_000, "1.0 MB"],
  [1_000_001, "1.1 MB"],
  [4_100_000, "4.1 MB"],
  [4_100_001, "4.2 MB"],
  [12_000_000, "12.0 MB"],
])("%i bytes to go are %s", (bytes, words) => {
  expect(amount(bytes)).toBe(words);
});

it.each([
  [0, 12_000_000, "12.0 MB"],
  [1, 12_000_000, "0.0 of 12.0 MB"],
  [3_199_999, 12_000_000, "3.1 of 12.0 MB"],
  [11_999_999, 12_000_000, "11.9 of 12.0 MB"],
  [12_000_000, 12_000_000, "12.0 of 12.0 MB"],
  [0, 700_000, "700 kB"],
  [300_999, 700_000, "300 of 700 kB"],
  [999_500, 999_999, "0.9 of 1.0 MB"],
])("%i of %i bytes are said as %s", (receivedBytes, totalBytes, words) => {
  expect(amountReceived({ receivedBytes, totalBytes })).toBe(words);
});

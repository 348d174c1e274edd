import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";

test("percentiles are those of the samples, to 1 %", () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms);
  for (const share of [0.5, 0.95, 0.99]) {
    const ms = histogram.percentile(share);
    expect(ms).toBeGreaterThanOrEqual(share * 1_000 * 0.99);
    expect(ms).toBeLessThanOrEqual(share * 1_000 * 1.011);
  }
  expect(histogram.percentile(1)).toBe(1_000);
  histogram.clear();
  expect(histogram.percentile(0.99)).toBe(0);
});

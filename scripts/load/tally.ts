/** What a load test counts, over all documents. */
import { Histogram } from "../bench/relay/histogram.ts";

export class Tally {
  /** From an edit's first byte sent to its receipt, and to each of its readers. */
  readonly receipt: Histogram = new Histogram();
  readonly delivery: Histogram = new Histogram();
  edits = 0;
  unreceipted = 0;
  undelivered = 0;
  /** Why clients were cut off. */
  readonly cutOff: string[] = [];
  /** Edits whose receipts were compared with the relay's disk, and those that were not on it. */
  provedReceipts = 0;
  brokenReceipts = 0;
}

/** Slope of the least squares line through (x, y). */
export function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (at: 0 | 1): number => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let above = 0;
  let below = 0;
  for (const [x, y] of points) {
    above += (x - meanX) * (y - meanY);
    below += (x - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

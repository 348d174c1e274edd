/**
 * How long to wait before another attempt: anywhere below a bound that doubles, so that a thousand apps do not
 * return to a relay at once. Never 0.
 */
export function fullJitterMs(
  attempts: number,
  firstMs: number,
  mostMs: number,
  random: () => number,
): number {
  return Math.max(1, Math.round(Math.min(mostMs, firstMs * 2 ** attempts) * random()));
}

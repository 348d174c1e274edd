/**
 * Waits between attempts: full jitter below a bound that doubles (Brooker, "Exponential Backoff and
 * Jitter", AWS 2015), so that a thousand clients of a restarted relay do not return at once.
 */
export class Backoff {
  private attempts = 0;
  private readonly firstMs: number;
  private readonly mostMs: number;
  private readonly random: () => number;

  constructor(firstMs: number, mostMs: number, random: () => number) {
    this.firstMs = firstMs;
    this.mostMs = mostMs;
    this.random = random;
  }

  /** The next wait in milliseconds, never 0. */
  next(): number {
    const bound = Math.min(this.mostMs, this.firstMs * 2 ** this.attempts);
    this.attempts++;
    return Math.max(1, Math.round(bound * this.random()));
  }

  reset(): void {
    this.attempts = 0;
  }
}

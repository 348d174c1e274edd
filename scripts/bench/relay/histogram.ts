/**
 * Durations in buckets that grow by 1 %, so that a million deliveries a second cost an array increment each.
 * A percentile is right to 1 %; the largest is kept exactly.
 */
const growth = Math.log(1.01);
const leastMs = 0.01;
const buckets = 2_000;

export class Histogram {
  readonly #counts = new Uint32Array(buckets);
  count = 0;
  maxMs = 0;

  add(ms: number, times = 1): void {
    const bucket = ms <= leastMs ? 0 : Math.min(buckets - 1, Math.ceil(Math.log(ms / leastMs) / growth));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
    this.count += times;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  clear(): void {
    this.#counts.fill(0);
    this.count = this.maxMs = 0;
  }

  /** Nearest rank; 0 where nothing was added. */
  percentile(share: number): number {
    const rank = Math.ceil(share * this.count);
    if (rank === 0) return 0;
    let seen = 0;
    for (let i = 0; i < buckets; i++) {
      seen += this.#counts[i] ?? 0;
      if (seen >= rank) return Math.min(this.maxMs, leastMs * Math.exp(growth * i));
    }
    return this.maxMs;
  }
}

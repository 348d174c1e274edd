/**
 * What a bad line does to bytes: how many may pass now, when they arrive, and which bits turn over on the way.
 *
 * Pure: the time comes with each call, chance from a seed. One `Meter` and one `Corruption` serve all connections
 * of one direction, as one line would; `proxy.ts` owns the sockets.
 */

export interface Link {
  /** Each way; 0 is no limit. */
  readonly rateBytesPerSecond: number;
  readonly delayMs: number;
  /** Up to so much more delay, drawn anew for every chunk. TCP keeps the order, so a late one holds up the next. */
  readonly jitterMs: number;
  /** At most so many bytes, then a wait of `dripEveryMs`; 0 is no drip. */
  readonly dripBytes: number;
  readonly dripEveryMs: number;
  /** Turns one bit over in each Nth byte; 0 is none. */
  readonly flipEveryBytes: number;
  /** Turns one bit over in each byte with this probability. */
  readonly flipProbability: number;
}

export const perfectLink: Link = {
  rateBytesPerSecond: 0,
  delayMs: 0,
  jitterMs: 0,
  dripBytes: 0,
  dripEveryMs: 0,
  flipEveryBytes: 0,
  flipProbability: 0,
};

/** A rate is spent in slices of this length at most: coarser would be a drip. */
const sliceMs = 20;
/** What one packet of TCP carries over most networks. */
const packetBytes = 1_400;

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How many bytes of one direction may pass. */
export class Meter {
  #credit = 0;
  #creditedAtMs: number;
  #nextDripAtMs = 0;

  constructor(nowMs: number) {
    this.#creditedAtMs = nowMs;
  }

  /** Grants up to `wanted` bytes now; 0 says to ask again after `waitMs`. */
  take(wanted: number, link: Link, nowMs: number): { readonly bytes: number; readonly waitMs: number } {
    let bytes = wanted;
    if (link.dripBytes > 0) {
      if (nowMs < this.#nextDripAtMs) return { bytes: 0, waitMs: this.#nextDripAtMs - nowMs };
      bytes = Math.min(bytes, link.dripBytes);
    }
    const rate = link.rateBytesPerSecond;
    if (rate > 0) {
      // What a quiet line did not use is gone, but for one slice; and a line carries packets, not bytes.
      const slice = Math.max(packetBytes, (rate * sliceMs) / 1000);
      this.#credit = Math.min(slice, this.#credit + (rate * (nowMs - this.#creditedAtMs)) / 1000);
      this.#creditedAtMs = nowMs;
      const least = Math.min(bytes, packetBytes);
      if (this.#credit < least) return { bytes: 0, waitMs: ((least - this.#credit) / rate) * 1000 };
      // Not all of it to whoever asks first.
      bytes = Math.min(bytes, Math.floor(this.#credit), Math.ceil(slice / 2));
      this.#credit -= bytes;
    }
    if (link.dripBytes > 0) this.#nextDripAtMs = nowMs + link.dripEveryMs;
    return { bytes, waitMs: 0 };
  }
}

/** Turns bits over, in place. */
export class Corruption {
  readonly #random: () => number;
  #passedBytes = 0;
  #flipped = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Bits turned over so far. */
  get flipped(): number {
    return this.#flipped;
  }

  apply(bytes: Uint8Array, link: Link): void {
    const { flipEveryBytes: every, flipProbability: probability } = link;
    if (every > 0)
      for (let at = every - 1 - (this.#passedBytes % every); at < bytes.length; at += every)
        this.#flip(bytes, at);
    if (probability > 0)
      for (let at = 0; at < bytes.length; at++) if (this.#random() < probability) this.#flip(bytes, at);
    this.#passedBytes += bytes.length;
  }

  #flip(bytes: Uint8Array, at: number): void {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(this.#random() * 8));
    this.#flipped++;
  }
}

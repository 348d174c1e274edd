/**
 * Automerge's Bloom filter over change hashes: "I probably have these".
 *
 * Wire form: LEB128 entries, bits per entry, probes, then the bits; the empty filter is no bytes at all. Probes are
 * triple hashing (Dillinger & Manolios) on the first three little-endian u32 of the hash, as in automerge's bloom.rs.
 */
import { bloomBytesMax, bloomProbesMax } from "../protocol/limits.ts";
import { ByteReader, ByteWriter, Truncated } from "./bytes.ts";

const bitsPerEntry = 10;
const probesPerHash = 7;

/** The first three u32 of a hash, all that a filter looks at. */
export type HashWords = readonly [number, number, number];

export class BloomFilter {
  readonly #entries: number;
  readonly #bitsPerEntry: number;
  readonly #probes: number;
  readonly #bits: Uint8Array;

  private constructor(entries: number, bitsPerEach: number, probes: number, bits: Uint8Array) {
    this.#entries = entries;
    this.#bitsPerEntry = bitsPerEach;
    this.#probes = probes;
    this.#bits = bits;
  }

  static of(hashes: readonly HashWords[]): BloomFilter {
    if (hashes.length === 0) return empty;
    const bits = new Uint8Array(Math.ceil((hashes.length * bitsPerEntry) / 8));
    const filter = new BloomFilter(hashes.length, bitsPerEntry, probesPerHash, bits);
    for (const words of hashes) filter.#add(words);
    return filter;
  }

  /** The filter of nothing. */
  static none(): BloomFilter {
    return new BloomFilter(0, bitsPerEntry, probesPerHash, new Uint8Array(0));
  }

  static decode(bytes: Uint8Array): BloomFilter | undefined {
    if (bytes.length === 0) return empty;
    try {
      const reader = new ByteReader(bytes);
      const entries = reader.number();
      const bitsPerEach = reader.number();
      const probes = reader.number();
      const length = Math.ceil((entries * bitsPerEach) / 8);
      if (probes > bloomProbesMax || length > bloomBytesMax) return undefined;
      const bits = reader.take(length);
      return reader.atEnd ? new BloomFilter(entries, bitsPerEach, probes, bits) : undefined;
    } catch (error) {
      if (error instanceof Truncated) return undefined;
      throw error;
    }
  }

  /** How many hashes are in it, as its maker says. */
  get entries(): number {
    return this.#entries;
  }

  encode(): Uint8Array {
    if (this.#entries === 0) return new Uint8Array(0);
    const writer = new ByteWriter();
    writer.number(this.#entries);
    writer.number(this.#bitsPerEntry);
    writer.number(this.#probes);
    writer.bytes(this.#bits);
    return writer.done();
  }

  /** True may be wrong, false never is. */
  has([a, b, c]: HashWords): boolean {
    const bits = this.#bits;
    const modulo = 8 * bits.length;
    if (modulo === 0) return false;
    let x = a % modulo;
    let y = b % modulo;
    const z = c % modulo;
    // Automerge probes once even for a filter that claims no probes.
    for (let left = this.#probes; ; left--) {
      if ((((bits[x >>> 3] ?? 0) >>> (x & 7)) & 1) === 0) return false;
      if (left <= 1) return true;
      x = (x + y) % modulo;
      y = (y + z) % modulo;
    }
  }

  /** Sets the bits that `has` looks at. */
  #add([a, b, c]: HashWords): void {
    const bits = this.#bits;
    const modulo = 8 * bits.length;
    let x = a % modulo;
    let y = b % modulo;
    const z = c % modulo;
    for (let left = this.#probes; left > 0; left--) {
      bits[x >>> 3] = (bits[x >>> 3] ?? 0) | (1 << (x & 7));
      x = (x + y) % modulo;
      y = (y + z) % modulo;
    }
  }
}

/** Filters do not change, and most messages carry this one. */
const empty = BloomFilter.none();

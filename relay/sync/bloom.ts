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
    const bits = new Uint8Array(Math.ceil((hashes.length * bitsPerEntry) / 8));
    const filter = new BloomFilter(hashes.length, bitsPerEntry, probesPerHash, bits);
    for (const words of hashes)
      filter.#walk(words, (byte, mask) => ((bits[byte] = (bits[byte] ?? 0) | mask), true));
    return filter;
  }

  static decode(bytes: Uint8Array): BloomFilter | undefined {
    if (bytes.length === 0) return BloomFilter.of([]);
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
  has(words: HashWords): boolean {
    if (this.#bits.length === 0) return false;
    return this.#walk(words, (byte, mask) => ((this.#bits[byte] ?? 0) & mask) !== 0);
  }

  /** Visits the hash's bits until `visit` says no; true if it never did. */
  #walk([a, b, c]: HashWords, visit: (byte: number, mask: number) => boolean): boolean {
    const modulo = 8 * this.#bits.length;
    let x = a % modulo;
    let y = b % modulo;
    const z = c % modulo;
    // Automerge probes x once even for a filter that claims no probes.
    for (let i = 0; i < Math.max(1, this.#probes); i++) {
      if (i > 0) {
        x = (x + y) % modulo;
        y = (y + z) % modulo;
      }
      if (!visit(x >>> 3, 1 << (x & 7))) return false;
    }
    return true;
  }
}

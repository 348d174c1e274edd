/** Reading and writing the byte formats of Automerge: LEB128 numbers, length-prefixed bytes, hex hashes. */

/** Thrown inside a parser and turned into a value at its edge; never leaves this layer. */
export class Truncated extends Error {}

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }
  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new Truncated();
    return value;
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Truncated();
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** Unsigned LEB128 in its shortest form, at most 2^53 - 1. Automerge refuses longer forms too. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (!Number.isSafeInteger(value)) throw new Truncated();
      if (next < 0x80) {
        if (next === 0 && scale > 1) throw new Truncated();
        return value;
      }
    }
  }

  /** A count of items of at least `itemBytes` each: one that the rest cannot hold is refused before allocating. */
  count(max: number, itemBytes: number): number {
    const value = this.number();
    if (value > max || value * itemBytes > this.#bytes.length - this.#at) throw new Truncated();
    return value;
  }

  hashes(max: number): string[] {
    const count = this.count(max, 32);
    return Array.from({ length: count }, () => toHex(this.take(32)));
  }
}

export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  hashes(hashes: readonly string[]): void {
    this.number(hashes.length);
    for (const hash of hashes) this.bytes(fromHex(hash));
  }

  done(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += hexOfByte[byte];
  return hex;
}

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

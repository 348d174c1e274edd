/**
 * Hashes by position and positions by hash: 32 bytes and a slot of 4 for each, no objects.
 *
 * The slots are an open-addressing table on the first u32 of a hash. Who makes changes can choose such prefixes, so a
 * search looks at `hashProbesMax` slots at most; what finds no place in them is kept in a `Map`, whose own hashing V8
 * seeds at random. Hashes leave in the opposite order in which they came, so a slot can be emptied without a mark.
 */
import { hashProbesMax } from "../protocol/limits.ts";
import type { HashWords } from "./bloom.ts";
import { toHex, valueOfHexDigit } from "./bytes.ts";
import { firstCapacity, grownUint32, nextCapacity, noUint32 } from "./growth.ts";

const wordsPerHash = 8;
/** In which nothing is found, for a list of nothing. */
const noSlots = new Uint32Array(1);
/** The hash that is looked for or added. */
const sought = new Uint32Array(wordsPerHash);
const asBytes = new Uint8Array(32);

export class HashList {
  /** Little-endian words, whatever the machine's are. */
  #words: Uint32Array = noUint32;
  /** Position + 1, or 0. A power of two of them. */
  #slots: Uint32Array = noSlots;
  #crowded: Map<string, number> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }
  get byteLength(): number {
    return this.#words.byteLength + this.#slots.byteLength + 150 * (this.#crowded?.size ?? 0);
  }

  /** -1 where it is not there. */
  find(hash: string): number {
    readHex(hash);
    return this.#find();
  }
  /** Of the 32 bytes at `at`. */
  findAt(bytes: Uint8Array, at: number): number {
    readBytes(bytes, at);
    return this.#find();
  }

  /** The caller has made sure that it is not there. */
  push(hash: string): void {
    this.reserve(1);
    readHex(hash);
    this.#push();
  }
  pushAt(bytes: Uint8Array, at: number): void {
    this.reserve(1);
    readBytes(bytes, at);
    this.#push();
  }

  /** Room for `more` without growing in between. */
  reserve(more: number): void {
    const needed = this.#length + more;
    const capacity = this.#words.length / wordsPerHash;
    if (needed > capacity)
      this.#words = grownUint32(this.#words, wordsPerHash * nextCapacity(capacity, needed));
    let slots = Math.max(2 * firstCapacity, this.#slots.length);
    // At two thirds a search for what is not there looks at 3 slots on average.
    while (3 * needed > 2 * slots) slots *= 2;
    if (slots > this.#slots.length) this.#index(slots);
  }

  truncate(length: number): void {
    while (this.#length > length) {
      const position = --this.#length;
      this.#load(position);
      const slot = this.#slotOf(position + 1);
      if (slot < 0) this.#crowded?.delete(soughtHex());
      else this.#slots[slot] = 0;
    }
  }

  hex(position: number): string {
    this.#load(position);
    return soughtHex();
  }

  /** The first three u32, for a Bloom filter. */
  words(position: number): HashWords {
    const at = wordsPerHash * position;
    return [this.#words[at] ?? 0, this.#words[at + 1] ?? 0, this.#words[at + 2] ?? 0];
  }

  #load(position: number): void {
    const at = wordsPerHash * position;
    for (let i = 0; i < wordsPerHash; i++) sought[i] = this.#words[at + i] ?? 0;
  }

  #find(): number {
    const mask = this.#slots.length - 1;
    let slot = (sought[0] ?? 0) & mask;
    for (let step = 1; step <= hashProbesMax; step++) {
      const entry = this.#slots[slot] ?? 0;
      if (entry === 0) return -1;
      if (this.#isSought(entry - 1)) return entry - 1;
      slot = (slot + step) & mask;
    }
    return this.#crowded?.get(soughtHex()) ?? -1;
  }

  #isSought(position: number): boolean {
    const words = this.#words;
    const at = wordsPerHash * position;
    // One after another: almost always the first word tells.
    for (let i = 0; i < wordsPerHash; i++) if (words[at + i] !== sought[i]) return false;
    return true;
  }

  #push(): void {
    this.#words.set(sought, wordsPerHash * this.#length);
    this.#length++;
    this.#enter(this.#length);
  }

  /** Gives the hash in `sought` its slot. */
  #enter(entry: number): void {
    const slot = this.#slotOf(0);
    if (slot >= 0) this.#slots[slot] = entry;
    else (this.#crowded ??= new Map()).set(soughtHex(), entry - 1);
  }

  /** Where the search for `sought` meets this entry; -1 if it does not. */
  #slotOf(entry: number): number {
    const mask = this.#slots.length - 1;
    let slot = (sought[0] ?? 0) & mask;
    for (let step = 1; step <= hashProbesMax; step++) {
      if (this.#slots[slot] === entry) return slot;
      slot = (slot + step) & mask;
    }
    return -1;
  }

  #index(slots: number): void {
    this.#slots = new Uint32Array(slots);
    this.#crowded = undefined;
    for (let position = 0; position < this.#length; position++) {
      this.#load(position);
      this.#enter(position + 1);
    }
  }
}

function readHex(hash: string): void {
  if (hash.length !== 64) throw new RangeError("not a hash");
  for (let i = 0; i < wordsPerHash; i++) {
    let word = 0;
    // Two digits a byte, the first byte lowest.
    for (let shift = 0; shift < 32; shift += 8) {
      const at = 8 * i + (shift >> 2);
      const byte = (valueOfHexDigit(hash.charCodeAt(at)) << 4) | valueOfHexDigit(hash.charCodeAt(at + 1));
      word |= byte << shift;
    }
    sought[i] = word;
  }
}

function readBytes(bytes: Uint8Array, from: number): void {
  let at = from;
  for (let i = 0; i < wordsPerHash; i++, at += 4)
    sought[i] =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
}

function soughtHex(): string {
  for (let i = 0; i < 32; i++) asBytes[i] = (sought[i >> 2] ?? 0) >>> (8 * (i & 3));
  return toHex(asBytes);
}

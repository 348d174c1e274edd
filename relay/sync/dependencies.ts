/**
 * Which positions each position depends on. Nearly every change has one dep, which takes 4 bytes; of others there is
 * a mark, and their deps stand in a pool: how many, then each. Deps are lower than what depends on them.
 */
import { grownInt32, nextCapacity, noInt32 } from "./growth.ts";

const none = -1;

export class Dependencies {
  /** The only dep, `none`, or -2 - where in the pool. */
  #only: Int32Array = noInt32;
  #pool: Int32Array = noInt32;
  #length = 0;
  #pooled = 0;

  get length(): number {
    return this.#length;
  }
  get byteLength(): number {
    return this.#only.byteLength + this.#pool.byteLength;
  }

  /** Takes the first `count` of `deps`. */
  push(deps: readonly number[], count: number): void {
    this.reserve(1);
    this.#only[this.#length++] =
      count === 0 ? none : count === 1 ? (deps[0] ?? none) : this.#keep(deps, count);
  }

  /** Room for `more` without growing in between. */
  reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#only.length)
      this.#only = grownInt32(this.#only, nextCapacity(this.#only.length, needed));
  }

  truncate(length: number): void {
    for (; this.#length > length; this.#length--) {
      const only = this.#at(this.#length - 1);
      if (only < none) this.#pooled = -2 - only;
    }
  }

  count(position: number): number {
    const only = this.#at(position);
    return only >= 0 ? 1 : only === none ? 0 : (this.#pool[-2 - only] ?? 0);
  }

  /** The i-th dep of a position. */
  dep(position: number, i: number): number {
    const only = this.#at(position);
    return only >= 0 ? only : (this.#pool[-1 - only + i] ?? none);
  }

  list(position: number): number[] {
    const deps: number[] = [];
    for (let i = 0; i < this.count(position); i++) deps.push(this.dep(position, i));
    return deps;
  }

  #at(position: number): number {
    return this.#only[position] ?? none;
  }

  #keep(deps: readonly number[], count: number): number {
    const at = this.#pooled;
    const needed = at + 1 + count;
    if (needed > this.#pool.length)
      this.#pool = grownInt32(this.#pool, nextCapacity(this.#pool.length, needed));
    this.#pool[at] = count;
    for (let i = 0; i < count; i++) this.#pool[at + 1 + i] = deps[i] ?? none;
    this.#pooled = needed;
    return -2 - at;
  }
}

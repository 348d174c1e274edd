/**
 * How the typed arrays of a graph grow: doubled while small, then by a quarter, so that little of them lies unused.
 * They begin as shared empty ones: 20,000 documents that were asked for and are not there must cost little.
 */

/** Most documents are short, and there may be thousands of them. */
export const firstCapacity = 16;
const doubledUpTo = 4_096;

export const noUint32: Uint32Array = new Uint32Array(0);
export const noInt32: Int32Array = new Int32Array(0);
export const noFloat64: Float64Array = new Float64Array(0);

export function nextCapacity(capacity: number, needed: number): number {
  return Math.max(firstCapacity, needed, capacity <= doubledUpTo ? 2 * capacity : Math.ceil(1.25 * capacity));
}

export function grownUint32(array: Uint32Array, length: number): Uint32Array {
  const larger = new Uint32Array(length);
  larger.set(array);
  return larger;
}

export function grownInt32(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

export function grownFloat64(array: Float64Array, length: number): Float64Array {
  const larger = new Float64Array(length);
  larger.set(array);
  return larger;
}

/** How the typed arrays of a graph grow: doubled while small, then by a quarter, so that little of them lies unused. */

/** Most documents are short, and there may be thousands of them. */
export const firstCapacity = 16;
const doubledUpTo = 4_096;

export function nextCapacity(capacity: number, needed: number): number {
  return Math.max(needed, capacity <= doubledUpTo ? 2 * capacity : Math.ceil(1.25 * capacity));
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

/** Cuts the operations that write a text into portions of a size, each for a change of its own. */
import type { Operation } from "../document/operations.ts";

/** In order, none empty; a portion is larger than `unitsMax` by no more than its last operation. */
export function portions(operations: readonly Operation[], unitsMax: number): Operation[][] {
  const cut: Operation[][] = [];
  let units = unitsMax;
  for (const operation of operations) {
    if (units >= unitsMax) {
      cut.push([]);
      units = 0;
    }
    cut.at(-1)?.push(operation);
    units += operation.type === "splice" ? operation.text.length : 1;
  }
  return cut;
}

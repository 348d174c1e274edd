/**
 * How far apart two spellings are: letters that are missing, too many or other ones, and neighbours that changed
 * places, which is what fingers do most (optimal string alignment, with changed places cheaper).
 */
const swapCost = 0.75;
/** Fewer letters than were typed are meant more rarely than more. */
const extraCost = 1.1;

export function distance(typed: string, meant: string): number {
  const [a, b] = [[...typed.toLowerCase()], [...meant.toLowerCase()]];
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i * extraCost];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(
        changed,
        at(row, j) + extraCost,
        at(next, j - 1) + 1,
        isSwap ? at(before, j - 2) + swapCost : Infinity,
      );
    }
    [before, row] = [row, next];
  }
  return at(row, b.length);
}

const at = (row: readonly number[], i: number): number => row[i] ?? Infinity;

/** The known name that somebody most likely meant, for an error that helps. */

/** Of names further away than this nobody meant one. */
const distanceMax = 3;

export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.min(distanceMax, Math.ceil(name.length / 2)) + 1;
  for (const each of known) {
    const far = distance(name.toLowerCase(), each.toLowerCase());
    if (far < least) [best, least] = [each, far];
  }
  return best;
}

/** Levenshtein's, a row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

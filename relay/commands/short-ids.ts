/** Ids as people can read and say them: as much of the beginning as tells them apart, and at least eight characters. */

const charsMin = 8;

/** By id its short form. */
export function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...new Set(ids)].toSorted();
  return new Map(
    sorted.map((id, i) => {
      const shared = Math.max(sharedChars(id, sorted[i - 1]), sharedChars(id, sorted[i + 1]));
      return [id, id.slice(0, Math.max(charsMin, shared + 1))];
    }),
  );
}

function sharedChars(a: string, b = ""): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/** Those that begin so; one that is just so is meant alone. */
export function meantBy<Named extends { readonly id: string }>(
  all: readonly Named[],
  word: string,
): readonly Named[] {
  const exact = all.find(({ id }) => id === word);
  return exact ? [exact] : word === "" ? [] : all.filter(({ id }) => id.startsWith(word.toLowerCase()));
}

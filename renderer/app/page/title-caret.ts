/** Where a caret goes when the text of a field changes around it: it stays with what it stood by. */
export function movedOffset(before: string, after: string, offset: number): number {
  let prefix = 0;
  const shorter = Math.min(before.length, after.length);
  while (prefix < shorter && before[prefix] === after[prefix]) prefix++;
  if (offset <= prefix) return offset;
  let suffix = 0;
  while (suffix < shorter - prefix && before[before.length - 1 - suffix] === after[after.length - 1 - suffix])
    suffix++;
  if (offset >= before.length - suffix) return offset + after.length - before.length;
  return prefix;
}

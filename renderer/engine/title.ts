/** The title as three texts: what a window had, what it made of it, and what stands here now. */

export type Splice = { at: number; deleteCount: number; text: string };

/** The one splice that turns `before` into `after`; surrogate pairs are not cut. */
export function spliceBetween(before: string, after: string): Splice | null {
  if (before === after) return null;
  const old = [...before];
  const now = [...after];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (
    end < old.length - start &&
    end < now.length - start &&
    old[old.length - 1 - end] === now[now.length - 1 - end]
  )
    end++;
  const units = (list: string[]): number => list.join("").length;
  return {
    at: units(old.slice(0, start)),
    deleteCount: units(old.slice(start, old.length - end)),
    text: now.slice(start, now.length - end).join(""),
  };
}

/** Brings the edit `base` → `value` onto `current`: what either inserted stays, what either deleted goes. */
export function mergeTitle(base: string, value: string, current: string): string {
  const mine = spliceBetween(base, value);
  const theirs = spliceBetween(base, current);
  if (!mine) return current;
  if (!theirs) return value;
  const deletes = ({ at, deleteCount }: Splice, i: number): boolean => i >= at && i < at + deleteCount;
  let merged = "";
  for (let i = 0; i <= base.length; i++) {
    if (i === theirs.at) merged += theirs.text;
    if (i === mine.at) merged += mine.text;
    if (!deletes(mine, i) && !deletes(theirs, i)) merged += base.charAt(i);
  }
  return merged;
}

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
  while (end < old.length - start && end < now.length - start && old[old.length - 1 - end] === now[now.length - 1 - end])
    end++;
  const units = (list: string[]): number => list.join("").length;
  return {
    at: units(old.slice(0, start)),
    deleteCount: units(old.slice(start, old.length - end)),
    text: now.slice(start, now.length - end).join(""),
  };
}

const apply = (text: string, splice: Splice): string =>
  text.slice(0, splice.at) + splice.text + text.slice(splice.at + splice.deleteCount);

/** Brings the edit `base` → `value` onto `current`: both edits' letters stay. */
export function mergeTitle(base: string, value: string, current: string): string {
  const mine = spliceBetween(base, value);
  const theirs = spliceBetween(base, current);
  if (!mine) return current;
  if (!theirs) return value;
  const moved = (at: number, stick: -1 | 1): number => {
    if (at < theirs.at || (at === theirs.at && stick < 0)) return at;
    const end = theirs.at + theirs.deleteCount;
    if (at >= end) return at + theirs.text.length - theirs.deleteCount;
    return stick < 0 ? theirs.at : theirs.at + theirs.text.length;
  };
  // Letters that they put inside what I deleted stay: only what both had is taken away.
  const from = moved(mine.at, 1);
  const to = moved(mine.at + mine.deleteCount, -1);
  return apply(current, { at: from, deleteCount: Math.max(0, to - from), text: mine.text });
}

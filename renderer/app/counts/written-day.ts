/**
 * How many words somebody wrote on a day: those that they added, less those that they deleted, and never below nothing,
 * so that cutting an old draft takes nothing away from a day's work. What was deleted beyond that is remembered: where
 * it is brought back, by undo or by pasting, it was written before and does not count again.
 */
import type { Origin } from "../../editor/counts.ts";

export type Written = {
  readonly words: number;
  /** Deleted of what was there before. */ readonly cut: number;
};

export const nothingWritten: Written = { words: 0, cut: 0 };

export function afterWriting({ words, cut }: Written, added: number, origin: Origin): Written {
  if (added < 0) {
    const taken = Math.min(words, -added);
    return { words: words - taken, cut: cut - added - taken };
  }
  const back = origin === "brought" ? Math.min(cut, added) : 0;
  return { words: words + added - back, cut: cut - back };
}

/** The day by the clock on the wall, as "2026-11-23". */
export function dayOf(now: Date): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Until the next day begins here; the clock may be set meanwhile. */
export const msToNextDay = (now: Date): number =>
  new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();

/** The words and numbers of the counts and the goals. Numbers are written as the system's language writes them. */
import type { CountsNow } from "../../editor/counts.ts";
import { readingWordsPerMinute } from "../limits.ts";

const amounts = new Intl.NumberFormat();

export const amount = (number: number): string => amounts.format(number);

export const wordsOf = (number: number): string => `${amount(number)} ${number === 1 ? "word" : "words"}`;

/** What the status line says. */
export function countsLabel(now: CountsNow): string {
  if (now.state === "counting") return "Counting…";
  const { document, selection } = now;
  return selection === null
    ? wordsOf(document.words)
    : `${amount(selection.words)} of ${wordsOf(document.words)}`;
}

export function readingTime(words: number): string {
  if (words === 0) return "0 min";
  const minutes = Math.round(words / readingWordsPerMinute);
  if (minutes < 1) return "< 1 min";
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${amount(minutes)} min` : `${amount(hours)} h ${amount(minutes % 60)} min`;
}

/** How far it is to a goal. */
export const leftWords = (words: number, goal: number): string =>
  words < goal ? `${wordsOf(goal - words)} to go` : `Reached: ${wordsOf(words)}`;

export const reachedDocumentWords = (goal: number): string =>
  `Goal reached: ${wordsOf(goal)} in this document.`;
export const reachedDayWords = (goal: number): string => `Goal reached: ${wordsOf(goal)} today.`;

/**
 * A goal as a person types it, with or without marks between thousands.
 * @returns null where the field is empty, undefined where it is no number
 */
export function parseAmount(text: string): number | null | undefined {
  const digits = text.replace(/[\s.,'’_٬\u202f\u00a0]/g, "");
  if (digits === "") return null;
  let value = 0;
  for (const digit of digits) {
    if (!digitForms.test(digit)) return undefined;
    // The digits of each of these scripts begin at a multiple of 16.
    value = value * 10 + ((digit.codePointAt(0) ?? 0) & 0xf);
  }
  return value;
}

/** ASCII, Arabic, Persian and full-width digits. */
const digitForms = /^[0-9\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]$/;

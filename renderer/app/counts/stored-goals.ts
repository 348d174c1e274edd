/**
 * What is kept of goals in this profile, as JSON. Goals are a writer's own and stay on the device. A day has its own
 * entry, so that a clock that jumps and comes back finds what was counted; only the last few are kept.
 */
import { daysKeptMax, goalWordsMax, documentGoalsMax } from "../limits.ts";
import { nothingWritten } from "./written-day.ts";
import type { Written } from "./written-day.ts";

/** `isReached`: it was, and has been said. */
export type DocumentGoal = { readonly document: string; readonly words: number; readonly isReached: boolean };
export type Day = Written & { readonly day: string; readonly isReached: boolean };

export type StoredGoals = {
  /** The one that was set last is the last; so it is with the days. */
  readonly documents: readonly DocumentGoal[];
  readonly dayGoal: number | null;
  readonly days: readonly Day[];
};

export const noGoals: StoredGoals = { documents: [], dayGoal: null, days: [] };

export const dayIn = ({ days }: StoredGoals, day: string): Day =>
  days.find((one) => one.day === day) ?? { day, isReached: false, ...nothingWritten };

export const goalIn = ({ documents }: StoredGoals, document: string): DocumentGoal | null =>
  documents.find((one) => one.document === document) ?? null;

export function withDay(goals: StoredGoals, day: Day): StoredGoals {
  const others = goals.days.filter((one) => one.day !== day.day);
  return { ...goals, days: [...others, day].slice(-daysKeptMax) };
}

/** @param goal null: it has none any more */
export function withGoal(goals: StoredGoals, document: string, goal: DocumentGoal | null): StoredGoals {
  const others = goals.documents.filter((one) => one.document !== document);
  return { ...goals, documents: (goal ? [...others, goal] : others).slice(-documentGoalsMax) };
}

/** What cannot be read is as if it were not there. */
export function parseGoals(text: string | null): StoredGoals {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "null");
  } catch {
    return noGoals;
  }
  if (typeof value !== "object" || value === null) return noGoals;
  const { documents, dayGoal, days }: Partial<Record<keyof StoredGoals, unknown>> = value;
  return {
    documents: listOf(documents, parseGoal).slice(-documentGoalsMax),
    dayGoal: isGoal(dayGoal) ? dayGoal : null,
    days: listOf(days, parseDay).slice(-daysKeptMax),
  };
}

const listOf = <One>(value: unknown, parse: (one: Partial<Record<string, unknown>>) => One | null): One[] =>
  Array.isArray(value)
    ? value.flatMap((one: unknown) => {
        const parsed = typeof one === "object" && one !== null ? parse({ ...one }) : null;
        return parsed === null ? [] : [parsed];
      })
    : [];

const parseGoal = ({ document, words, isReached }: Partial<Record<string, unknown>>): DocumentGoal | null =>
  typeof document === "string" && isGoal(words) ? { document, words, isReached: isReached === true } : null;

const parseDay = ({ day, words, cut, isReached }: Partial<Record<string, unknown>>): Day | null =>
  typeof day === "string" && isAmount(words) && isAmount(cut)
    ? { day, words, cut, isReached: isReached === true }
    : null;

const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export const isGoal = (value: unknown): value is number =>
  isAmount(value) && value > 0 && value <= goalWordsMax;

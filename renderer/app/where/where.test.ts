import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Answer, Question } from "../../editor/connection.ts";
import type { FromEngine } from "../../engine/port.ts";
import { whereEveryMs } from "../limits.ts";
import { Where } from "./where.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function stand() {
  const asked: { question: Question; answer: (answer: Answer) => void }[] = [];
  const listeners = new Set<(message: FromEngine) => void>();
  const where = new Where({
    ask: (question) => new Promise((answer) => asked.push({ question, answer })),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const say = (message: FromEngine): void => listeners.forEach((listener) => listener(message));
  return { where, asked, say, listeners };
}
const changed: FromEngine = { type: "library", entries: [] };

it("asks when it is opened, and again when something changes, at most once in its time", () => {
  const { where, asked, say } = stand();
  where.watch();
  expect(asked.map(({ question }) => question)).toEqual([{ type: "where" }]);
  for (let time = 0; time < 50; time++) say(changed);
  expect(asked.length).toBe(1);
  vi.advanceTimersByTime(whereEveryMs);
  expect(asked.length).toBe(2);
  vi.advanceTimersByTime(10 * whereEveryMs);
  expect(asked.length).toBe(2);
  say(changed);
  expect(asked.length).toBe(3);
});

it("shows what was answered, in words where there was no answer", async () => {
  const { where, asked } = stand();
  where.watch();
  asked[0]?.answer({ type: "where", request: 1, documents: [] });
  await vi.waitFor(() => expect(where.library.get()).toEqual({ state: "known", documents: [] }));
  where.watch();
  expect(where.library.get()).toEqual({ state: "asking" });
  asked[1]?.answer({ type: "failed", request: 2, message: "It stopped." });
  await vi.waitFor(() => expect(where.library.get()).toEqual({ state: "unknown", words: "It stopped." }));
});

it("asks no more once it is closed, and an answer that comes later is not shown", async () => {
  const { where, asked, say, listeners } = stand();
  const stop = where.watch();
  say(changed);
  stop();
  expect(listeners.size).toBe(0);
  vi.advanceTimersByTime(10 * whereEveryMs);
  expect(asked.length).toBe(1);
  asked[0]?.answer({ type: "where", request: 1, documents: [] });
  await Promise.resolve();
  await Promise.resolve();
  expect(where.library.get()).toEqual({ state: "asking" });
});

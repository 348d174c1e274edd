/** Turns: connections one after another, what each causes in order, and a pause for who has too much waiting. */
import { expect, test } from "vitest";
import { turnMs, waitingBytesMax, waitingBytesOfAllMax } from "../protocol/limits.ts";
import { Turns } from "./turns.ts";

class Clock {
  ms = 0;
  readonly runs: (() => void)[] = [];
  nowMs(): number {
    return this.ms;
  }
  after(_delayMs: number, run: () => void): void {
    this.runs.push(run);
  }
  turn(): void {
    for (const run of this.runs.splice(0)) run();
  }
}
class Waiter {
  readonly id = 1;
  isPaused = false;
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}
const noBug = (error: unknown): void => {
  throw error;
};

test("connections take turns, and what one causes is done in order", () => {
  const clock = new Clock();
  const turns = new Turns(clock, noBug);
  const done: string[] = [];
  for (const name of ["a1", "a2", "a3"]) turns.add(1, () => void done.push(name));
  for (const name of ["b1", "b2"]) turns.add(2, () => void done.push(name));
  clock.turn();
  expect(done).toEqual(["a1", "b1", "a2", "b2", "a3"]);
  expect(clock.runs).toEqual([]);
});

test("a turn ends after its time; the next begins with whose turn it is", () => {
  const clock = new Clock();
  const turns = new Turns(clock, noBug);
  const done: number[] = [];
  for (const id of [1, 1, 2, 3])
    turns.add(id, () => {
      clock.ms += turnMs / 2;
      done.push(id);
    });
  clock.turn();
  expect(done).toEqual([1, 2]);
  clock.turn();
  expect(done).toEqual([1, 2, 3, 1]);
});

test("work may cause work, and a bug in one costs no other", () => {
  const clock = new Clock();
  const bugs: unknown[] = [];
  const turns = new Turns(clock, (error) => void bugs.push(error));
  const done: string[] = [];
  turns.add(1, () => {
    throw new Error("a bug");
  });
  turns.add(1, () => turns.add(1, () => void done.push("later")));
  turns.add(2, () => void done.push("other"));
  for (let i = 0; i < 3; i++) clock.turn();
  expect(bugs).toHaveLength(1);
  expect(done).toEqual(["other", "later"]);
});

test("one for whom too much waits is paused, at the limit not, one past it yes, and resumed at half of it", () => {
  const turns = new Turns(new Clock(), noBug);
  const waiter = new Waiter();
  turns.hold(waiter, waitingBytesMax);
  expect(waiter.isPaused).toBe(false);
  turns.hold(waiter, 1);
  expect(waiter.isPaused).toBe(true);
  turns.release(waiter, 1);
  expect(waiter.isPaused).toBe(true);
  turns.release(waiter, waitingBytesMax / 2);
  expect(waiter.isPaused).toBe(false);
  turns.release(waiter, waitingBytesMax / 2);
  expect(turns.bytes).toBe(0);
});

test("where all together have too much waiting, whoever adds to it is paused", () => {
  const turns = new Turns(new Clock(), noBug);
  const waiters = Array.from({ length: waitingBytesOfAllMax / waitingBytesMax }, () => new Waiter());
  for (const each of waiters) turns.hold(each, waitingBytesMax);
  const last = new Waiter();
  turns.hold(last, 1);
  expect([...waiters, last].map(({ isPaused }) => isPaused).filter(Boolean)).toHaveLength(1);
  expect(last.isPaused).toBe(true);
  for (const each of waiters) turns.release(each, waitingBytesMax);
  expect(last.isPaused).toBe(false);
});

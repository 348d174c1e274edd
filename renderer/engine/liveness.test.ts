import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { aliveAfterMs, aliveLooks, aliveWithinMs, slowestLineBytesPerSecond } from "./limits.ts";
import { Liveness } from "./liveness.ts";

const lookMs = aliveWithinMs / aliveLooks;

function stand() {
  const clock = new FakeClock();
  const said: string[] = [];
  const line = { waitingBytes: 0 };
  const liveness = new Liveness({
    clock,
    waitingBytes: () => line.waitingBytes,
    ask: () => said.push("ask"),
    dead: () => said.push("dead"),
  });
  liveness.start();
  const look = (times: number): void => {
    for (let n = 0; n < times; n++) clock.advance(lookMs);
  };
  return { clock, said, line, liveness, look };
}

test("after a silence the relay is asked, and what does not answer is dead, once", () => {
  const { clock, said, look } = stand();
  clock.advance(aliveAfterMs - 1);
  expect(said).toEqual([]);
  clock.advance(1);
  expect(said).toEqual(["ask"]);
  look(aliveLooks - 1);
  expect(said).toEqual(["ask"]);
  look(1);
  expect(said).toEqual(["ask", "dead"]);
  expect(clock.waiting).toBe(0);
});

test("anything that comes is an answer, and the next silence counts from it", () => {
  const { clock, said, liveness, look } = stand();
  clock.advance(aliveAfterMs / 2);
  liveness.heard();
  clock.advance(aliveAfterMs / 2);
  expect(said).toEqual([]);
  clock.advance(aliveAfterMs / 2);
  expect(said).toEqual(["ask"]);
  look(aliveLooks - 1);
  liveness.heard();
  look(1);
  expect(said).toEqual(["ask"]);
  clock.advance(aliveAfterMs);
  expect(said).toEqual(["ask", "ask"]);
});

test("after a month asleep it asks first, and a wait that the machine slept through counts once", () => {
  const { clock, said, look } = stand();
  clock.advance(30 * 24 * 3_600_000);
  expect(said).toEqual(["ask"]);
  clock.advance(30 * 24 * 3_600_000);
  look(aliveLooks - 2);
  expect(said).toEqual(["ask"]);
  look(1);
  expect(said).toEqual(["ask", "dead"]);
});

test("a clock that is put back or forth is asked nothing more than when to look", () => {
  const { clock, said, liveness } = stand();
  clock.advance(10_000_000);
  liveness.heard();
  clock.advance(lookMs);
  // An hour back, as when somebody sets it.
  const now = clock.now.bind(clock);
  clock.now = () => now() - 3_600_000;
  said.length = 0;
  clock.advance(aliveAfterMs);
  expect(said).toEqual(["ask"]);
});

test("a line on which bytes go out is alive, however slowly", () => {
  const { clock, said, line, look } = stand();
  line.waitingBytes = 1_000;
  clock.advance(aliveAfterMs);
  for (; line.waitingBytes > 0; line.waitingBytes--) {
    if (line.waitingBytes % 10 !== 0) continue;
    look(1);
  }
  expect(said).toEqual(["ask"]);
  line.waitingBytes = 1_000;
  look(aliveLooks + 1);
  expect(said).toEqual(["ask", "dead"]);
});

test("what is under way is given the time that a slow line takes for it", () => {
  const { clock, said, liveness, look } = stand();
  liveness.underWay(20 * slowestLineBytesPerSecond);
  clock.advance(aliveAfterMs);
  look(aliveLooks + (20 * 1000) / lookMs - 1);
  expect(said).toEqual(["ask"]);
  look(1);
  expect(said).toEqual(["ask", "dead"]);
});

test("where it was stopped nothing is asked", () => {
  const { clock, said, liveness } = stand();
  liveness.stop();
  clock.advance(10 * aliveAfterMs);
  expect(said).toEqual([]);
  expect(clock.waiting).toBe(0);
});

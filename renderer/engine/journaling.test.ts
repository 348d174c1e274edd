import { expect, test } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { FakeJournal } from "./fake-places.ts";
import { journalEveryMs, journalStepsMax } from "./limits.ts";
import { Journaling } from "./journaling.ts";
import type { StepJson } from "./port.ts";

const by = { actor: "a", client: "c" };
const steps = (count: number): StepJson[] => Array.from({ length: count }, () => ({ stepType: "replace" }));

function stand(): { clock: FakeClock; journal: FakeJournal; journaling: Journaling } {
  const [clock, journal] = [new FakeClock(), new FakeJournal()];
  return { clock, journal, journaling: new Journaling("d", journal, clock) };
}

test("steps are on the disk soon, once for many, and gone when they are durable otherwise", async () => {
  const { clock, journal, journaling } = stand();
  journaling.accepted(["h1"], by, steps(1));
  journaling.accepted(["h1"], by, steps(2));
  expect(journal.kept.size).toBe(0);
  clock.advance(journalEveryMs);
  await journaling.flush();
  expect(journal.kept.get("d")?.map(({ steps: { length } }) => length)).toEqual([3]);
  journaling.wrote(["h2"]);
  const { written } = journaling;
  journaling.accepted(["h2"], by, steps(1));
  await journaling.flush();
  expect(journal.kept.get("d")?.map(({ follows }) => follows)).toEqual([false, true]);
  journaling.durable(written);
  await journaling.flush();
  expect(journal.kept.get("d")?.map(({ heads }) => heads)).toEqual([["h2"]]);
});

test("a segment that is full is cut there, and nothing follows it", async () => {
  const { journal, journaling } = stand();
  journaling.accepted(["h1"], by, steps(journalStepsMax));
  journaling.accepted(["h1"], by, steps(1));
  journaling.accepted(["h1"], by, steps(1));
  journaling.wrote(["h2"]);
  journaling.accepted(["h2"], by, steps(1));
  await journaling.flush();
  expect(journal.kept.get("d")?.map(({ steps: { length }, follows }) => [length, follows])).toEqual([
    [journalStepsMax, false],
    [1, false],
  ]);
});

test("what a living window has stays until something of this engine's is durable", async () => {
  const { journal, journaling } = stand();
  const left = [{ actor: "b", clients: ["c"], heads: ["h1"], follows: false, steps: steps(1), title: null }];
  journaling.inherit(left);
  journaling.accepted(["h1"], { actor: "a", client: "another window" }, steps(1));
  await journaling.flush();
  expect(journal.kept.get("d")?.length).toBe(2);
  journaling.wrote(["h2"]);
  journaling.durable(journaling.written);
  await journaling.flush();
  expect(journal.kept.get("d")).toEqual([]);
});

test("what a living window has goes when that window has sent it again", async () => {
  const { journal, journaling } = stand();
  journaling.inherit([
    { actor: "b", clients: ["c"], heads: ["h1"], follows: false, steps: steps(3), title: null },
  ]);
  journaling.accepted(["h1"], by, steps(3));
  await journaling.flush();
  expect(journal.kept.get("d")?.map(({ actor }) => actor)).toEqual(["a"]);
});

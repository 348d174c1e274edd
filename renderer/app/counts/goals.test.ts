import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { daysKeptMax, documentGoalsMax, goalWordsMax } from "../limits.ts";
import { countsLabel, leftWords, parseAmount, readingTime } from "./count-words.ts";
import { Goals } from "./goals.ts";
import { isGoal, noGoals, parseGoals, withDay, withGoal } from "./stored-goals.ts";
import { afterWriting, dayOf, msToNextDay, nothingWritten } from "./written-day.ts";

/** A profile with its clock; windows of it share both. */
function profile(stored: string | null = null) {
  let text = stored;
  const clock = { now: new Date(2026, 10, 23, 12) };
  const storage = { getItem: () => text, setItem: (_: string, value: string) => void (text = value) };
  const open = (document = "one", words: number | null = null): Goals => {
    const goals = new Goals({ storage, now: () => clock.now });
    goals.opened(document);
    if (words !== null) goals.counted(words);
    return goals;
  };
  return { clock, open, text: () => text };
}

describe("written today", () => {
  test("is what was added less what was deleted", () => {
    const goals = profile().open();
    goals.wrote(10, "typed");
    goals.wrote(-3, "typed");
    goals.wrote(5, "brought");
    expect(goals.today.get().words).toBe(12);
  });

  test("cutting an old draft takes nothing away, and undoing the cut gives nothing", () => {
    const goals = profile().open();
    goals.wrote(10, "typed");
    goals.wrote(-500, "typed");
    expect(goals.today.get().words).toBe(0);
    goals.wrote(500, "brought");
    expect(goals.today.get().words).toBe(10);
  });

  test("moving text by cut and paste counts nothing; pasting it twice counts once", () => {
    const goals = profile().open();
    goals.wrote(-50, "typed");
    goals.wrote(50, "brought");
    expect(goals.today.get().words).toBe(0);
    goals.wrote(50, "brought");
    expect(goals.today.get().words).toBe(50);
  });

  test("is never below nothing, and undoing everything leaves what was before", () => {
    const edits = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.nat(100), edits, (already, typed) => {
        const start = { ...nothingWritten, words: already };
        let now = start;
        for (const added of typed) {
          const before = now;
          now = afterWriting(now, added, "typed");
          expect(now.words).toBeGreaterThanOrEqual(0);
          expect(now.cut).toBeGreaterThanOrEqual(0);
          // Words and what was cut beyond them account for every edit.
          expect(now.words - now.cut).toBe(before.words - before.cut + added);
        }
        for (const added of typed.toReversed()) now = afterWriting(now, -added, "brought");
        expect(now).toEqual(start);
      }),
    );
  });

  test("begins anew at midnight, and a clock that jumps and comes back finds what was counted", () => {
    const { clock, open } = profile();
    const goals = open();
    const today = (): number => {
      goals.wrote(1, "typed");
      return goals.today.get().words;
    };
    goals.wrote(9, "typed");
    clock.now = new Date(2026, 10, 23, 23, 59, 59);
    expect(today()).toBe(11 - 1);
    clock.now = new Date(2026, 10, 24, 0, 0, 0);
    expect(today()).toBe(1);
    clock.now = new Date(2099, 0, 1);
    expect(today()).toBe(1);
    clock.now = new Date(2026, 10, 23, 12);
    expect(today()).toBe(11);
  });

  test("is of all windows of the profile, and survives them", () => {
    const { open } = profile();
    const [one, two] = [open("one"), open("two")];
    one.wrote(3, "typed");
    two.wrote(4, "typed");
    one.wrote(1, "typed");
    expect(one.today.get().words).toBe(8);
    expect(open("three").today.get().words).toBe(8);
  });
});

test("the day is the one on the wall, and the next begins at midnight", () => {
  expect(dayOf(new Date(2026, 0, 5, 23, 59))).toBe("2026-01-05");
  expect(msToNextDay(new Date(2026, 10, 23, 23, 59, 59))).toBe(1_000);
});

describe("a document's goal", () => {
  test("is its own, is kept, and can be taken away", () => {
    const { open } = profile();
    const goals = open("one", 5);
    goals.setGoal(100);
    expect(goals.goal.get()).toBe(100);
    goals.opened("two");
    expect(goals.goal.get()).toBeNull();
    expect(open("one").goal.get()).toBe(100);
    goals.opened("one");
    goals.setGoal(null);
    expect(open("one").goal.get()).toBeNull();
  });

  test("that is reached is said once, whatever comes after", () => {
    const { open } = profile();
    const goals = open("one", 5);
    goals.setGoal(10);
    goals.counted(9);
    expect(goals.said.get()).toBe("");
    goals.counted(10);
    expect(goals.said.get()).toBe("Goal reached: 10 words in this document.");
    goals.said.set("");
    goals.counted(9);
    goals.counted(11);
    const again = open("one", 9);
    again.counted(12);
    expect([goals.said.get(), again.said.get()]).toEqual(["", ""]);
  });

  test("that the document has when it is set or opened is not said", () => {
    const { open } = profile();
    const goals = open("one", 50);
    goals.setGoal(5);
    goals.setGoal(50);
    goals.counted(51);
    expect(goals.said.get()).toBe("");
    goals.setGoal(100);
    const synced = open("one", 200);
    expect(synced.said.get()).toBe("");
  });

  test("that is raised is said again", () => {
    const goals = profile().open("one", 5);
    for (const words of [10, 20]) {
      goals.setGoal(words);
      goals.counted(words);
      expect(goals.said.get()).toContain(String(words));
    }
  });
});

test("a day's goal is said once a day", () => {
  const { clock, open } = profile();
  const goals = open();
  goals.setDayGoal(10);
  goals.wrote(10, "typed");
  expect(goals.said.get()).toBe("Goal reached: 10 words today.");
  goals.said.set("");
  goals.wrote(-5, "typed");
  goals.wrote(5, "typed");
  expect(goals.said.get()).toBe("");
  clock.now = new Date(2026, 10, 24);
  goals.wrote(10, "typed");
  expect(goals.said.get()).not.toBe("");
});

describe("what is stored", () => {
  test.each([
    null,
    "",
    "{",
    "[]",
    "7",
    '{"documents":7,"days":{},"dayGoal":"x"}',
    '{"days":[null,{"day":1}]}',
  ])("%j is as if it were not there", (text) => expect(parseGoals(text)).toEqual(noGoals));

  test("comes back as it was", () => {
    const { open, text } = profile();
    const goals = open("one", 5);
    goals.setGoal(100);
    goals.setDayGoal(7);
    goals.wrote(3, "typed");
    expect(parseGoals(text())).toEqual({
      documents: [{ document: "one", words: 100, isReached: false }],
      dayGoal: 7,
      days: [{ day: "2026-11-23", words: 3, cut: 0, isReached: false }],
    });
  });

  test("up to the limits, and the newest past them", () => {
    const goal = (document: string) => ({ document, words: 1, isReached: false });
    const day = (name: string) => ({ day: name, words: 1, cut: 0, isReached: false });
    let goals = noGoals;
    for (let i = 0; i <= documentGoalsMax; i++) goals = withGoal(goals, `${i}`, goal(`${i}`));
    for (let i = 0; i <= daysKeptMax; i++) goals = withDay(goals, day(`${i}`));
    expect(goals.documents).toHaveLength(documentGoalsMax);
    expect(goals.documents[0]?.document).toBe("1");
    expect(goals.days.map((one) => one.day)).toEqual(
      Array.from({ length: daysKeptMax }, (_, i) => `${i + 1}`),
    );
    expect([0, 1, goalWordsMax, goalWordsMax + 1, 1.5, Number.NaN].map(isGoal)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("in words", () => {
  const counts = (words: number) => ({ words, characters: 0, withoutSpaces: 0 });
  test("of the document and of the selection", () => {
    const said = (words: number, selected: number | null) =>
      countsLabel({
        state: "counted",
        document: counts(words),
        selection: selected === null ? null : counts(selected),
      });
    const thousand = new Intl.NumberFormat().format(1204);
    expect(countsLabel({ state: "counting" })).toBe("Counting…");
    expect([said(0, null), said(1, null), said(1204, null), said(1204, 12)]).toEqual([
      "0 words",
      "1 word",
      `${thousand} words`,
      `12 of ${thousand} words`,
    ]);
  });

  test("of the time it takes to read", () => {
    expect([0, 50, 238, 2380, 238 * 61].map(readingTime)).toEqual([
      "0 min",
      "< 1 min",
      "1 min",
      "10 min",
      "1 h 1 min",
    ]);
  });

  test("of what is left", () => {
    expect([leftWords(9, 10), leftWords(10, 10)]).toEqual(["1 word to go", "Reached: 10 words"]);
  });

  test("a goal as people type it", () => {
    expect(["", " ", "2000", "2,000", "2 000", "2.000", "٢٠٠٠", "２０００"].map(parseAmount)).toEqual([
      null,
      null,
      ...Array.from({ length: 6 }, () => 2000),
    ]);
    expect(["x", "-5", "1e3", "12 words"].map(parseAmount)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

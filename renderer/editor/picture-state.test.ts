import { expect, test } from "vitest";
import { BlobArrivals } from "./blob-arrivals.ts";
import { pictureAgainAfterMs, pictureAgainAfterMsMax } from "./limits.ts";
import { againAfterMs, firstState, nextState, wordsFor } from "./picture-state.ts";
import type { PictureEvent, PictureState } from "./picture-state.ts";

const after = (...events: PictureEvent[]): PictureState => events.reduce(nextState, firstState(true));

test("a picture is shown when it has loaded, and not before", () => {
  expect(after()).toEqual({ state: "loading", failures: 0 });
  expect(after("loaded")).toEqual({ state: "shown" });
});

test("one that is not here is asked for again, and appears", () => {
  expect(after("failed")).toEqual({ state: "missing", failures: 1 });
  expect(after("failed", "asked")).toEqual({ state: "loading", failures: 1 });
  expect(after("failed", "asked", "failed")).toEqual({ state: "missing", failures: 2 });
  expect(after("failed", "asked", "failed", "asked", "loaded")).toEqual({ state: "shown" });
});

test("a word that it has come does not disturb what is shown or on its way", () => {
  expect(after("loaded", "asked")).toEqual({ state: "shown" });
  expect(after("asked")).toEqual({ state: "loading", failures: 0 });
});

test("an image without a blob is asked for nowhere, whatever happens", () => {
  for (const event of ["loaded", "failed", "asked"] as const)
    expect(nextState(firstState(false), event)).toEqual({ state: "named" });
});

test("the words say where a missing picture may come from, and nothing of one that is there", () => {
  expect(wordsFor(after("failed"), true)).toBe("Waiting for the picture from the relay");
  expect(wordsFor(after("failed"), false)).toBe("The picture is not on this device");
  for (const state of [after(), after("loaded"), firstState(false)]) expect(wordsFor(state, true)).toBe("");
});

test("it is asked for ever more seldom, and never given up", () => {
  expect([1, 2, 3].map(againAfterMs)).toEqual([1, 2, 4].map((times) => times * pictureAgainAfterMs));
  expect(againAfterMs(50)).toBe(pictureAgainAfterMsMax);
});

test("who waits for a blob hears of it, who waits no longer does not", () => {
  const arrivals = new BlobArrivals();
  const heard: string[] = [];
  const stop = arrivals.wait("a", () => heard.push("first"));
  arrivals.wait("a", () => heard.push("second"));
  arrivals.wait("b", () => heard.push("other"));
  arrivals.arrived("a");
  expect(heard).toEqual(["first", "second"]);
  stop();
  arrivals.arrived("a");
  arrivals.arrived("c");
  expect(heard).toEqual(["first", "second", "second"]);
});

import { expect, test } from "vitest";
import { crashReloadsMax, crashReloadsWithinMs } from "./limits.ts";
import { afterCrash, type Reloads } from "./reloads.ts";

test.each(["crashed", "killed", "oom", "abnormal-exit", "launch-failed"])(
  "a page that is gone because it %s is loaded again",
  (reason) => {
    expect(afterCrash([], reason, 5)).toEqual({ action: "reload", reloads: [5] });
  },
);

test("a page that ended in good order is left alone", () => {
  expect(afterCrash([], "clean-exit", 5)).toEqual({ action: "none" });
});

test("as many times as the limit it is loaded again, one past it the person is asked", () => {
  let reloads: Reloads = [];
  for (let at = 0; at < crashReloadsMax; at++) {
    const next = afterCrash(reloads, "crashed", at);
    expect(next).toEqual({ action: "reload", reloads: [...reloads, at] });
    reloads = [...reloads, at];
  }
  expect(afterCrash(reloads, "crashed", crashReloadsMax)).toEqual({ action: "ask" });
  expect(afterCrash(reloads, "crashed", crashReloadsWithinMs - 1)).toEqual({ action: "ask" });
});

test("what is longer ago than the limit counts no more, and is forgotten", () => {
  const reloads = [0, 1, 2];
  expect(afterCrash(reloads, "crashed", crashReloadsWithinMs)).toEqual({
    action: "reload",
    reloads: [1, 2, crashReloadsWithinMs],
  });
});

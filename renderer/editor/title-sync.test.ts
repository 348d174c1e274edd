import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { titleQuietMs } from "./limits.ts";
import { TitleSync } from "./title-sync.ts";

let sent: [string, string][] = [];
let title: TitleSync;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  title = new TitleSync("old", {
    send: (base, value) => void sent.push([base, value]),
    pendingChanged: () => {},
  });
});
afterEach(() => {
  title.stop();
  vi.useRealTimers();
});

it("keeps what is typed before the document is open, and sends it as one change", () => {
  title.input("old a");
  title.input("old ab");
  expect(title.pending).toBe(true);
  title.opened("old");
  expect(sent).toEqual([["old", "old ab"]]);
  expect(title.pending).toBe(false);
});

it("takes the engine's title where nothing was typed", () => {
  title.opened("new");
  expect(title.value).toBe("new");
  expect(sent).toEqual([]);
});

it("does not let echoes pull the field back while somebody types", () => {
  title.opened("old");
  title.input("old a");
  title.input("old ab");
  title.receive("old a");
  expect(title.value).toBe("old ab");
  title.receive("old ab");
  vi.advanceTimersByTime(titleQuietMs);
  expect(title.value).toBe("old ab");
});

it("adopts a merged title once the field is quiet, and at once where it is", () => {
  title.opened("old");
  title.input("old a");
  title.receive("very old a");
  expect(title.value).toBe("old a");
  vi.advanceTimersByTime(titleQuietMs);
  expect(title.value).toBe("very old a");
  title.receive("elsewhere");
  expect(title.value).toBe("elsewhere");
});

it("sends again what an engine that died did not have on disk", () => {
  title.opened("old");
  title.input("old a");
  title.input("old ab");
  title.opened("old a");
  expect(sent.at(-1)).toEqual(["old a", "old ab"]);
});

it("sends nothing again that was saved", () => {
  title.opened("old");
  title.input("mine");
  title.saved();
  title.opened("theirs");
  expect(title.value).toBe("theirs");
  expect(sent).toHaveLength(1);
});

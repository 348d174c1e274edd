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

it("keeps what is typed before the document is open, and sends it then", () => {
  title.input("old a");
  title.input("old ab");
  expect(title.pending).toBe(true);
  title.opened("old", true);
  expect(sent).toEqual([
    ["old", "old a"],
    ["old a", "old ab"],
  ]);
  expect(title.pending).toBe(false);
});

it("takes the engine's title where nothing was typed", () => {
  title.opened("new", true);
  expect(title.value).toBe("new");
  expect(sent).toEqual([]);
});

it("does not let echoes pull the field back while somebody types", () => {
  title.opened("old", true);
  title.input("old a");
  title.input("old ab");
  title.receive("old a");
  expect(title.value).toBe("old ab");
  title.receive("old ab");
  vi.advanceTimersByTime(titleQuietMs);
  expect(title.value).toBe("old ab");
});

it("adopts a merged title once the field is quiet, and at once where it is", () => {
  title.opened("old", true);
  title.input("old a");
  title.receive("very old a", true);
  expect(title.value).toBe("old a");
  vi.advanceTimersByTime(titleQuietMs);
  expect(title.value).toBe("very old a");
  title.receive("elsewhere");
  expect(title.value).toBe("elsewhere");
});

/** Another engine opens it, with what is on the disk. */
function openedByAnother(onDisk: string): void {
  title.opening();
  title.opened(onDisk, false);
}

it("sends again what an engine that died did not have on disk", () => {
  title.opened("old", true);
  title.input("old a");
  title.input("old ab");
  openedByAnother("old a");
  expect(sent.slice(2)).toEqual([["old a", "old ab"]]);
});

it("sends nothing again that was saved", () => {
  title.opened("old", true);
  title.input("mine");
  title.receive("mine", true);
  title.saved();
  vi.advanceTimersByTime(titleQuietMs);
  openedByAnother("theirs");
  expect(title.value).toBe("theirs");
  expect(sent).toHaveLength(1);
});

it("holds on to what was sent after the save that is spoken of", () => {
  title.opened("old", true);
  title.input("old a");
  title.receive("old a", true);
  title.input("old ab");
  title.saved();
  openedByAnother("old a");
  expect(sent.slice(2)).toEqual([["old a", "old ab"]]);
});

it("sends what it typed again, and not what somebody else did", () => {
  title.opened("old", true);
  title.input("ol");
  title.receive("ol", true);
  vi.advanceTimersByTime(titleQuietMs);
  title.receive("ol by another");
  title.input("oil by another");
  openedByAnother("old");
  expect(sent.slice(2)).toEqual([
    ["old", "ol"],
    ["ol by another", "oil by another"],
  ]);
});

it("sends nothing again to an engine that has it, whatever others made of it", () => {
  title.opened("old", true);
  title.input("old a");
  title.receive("old a", true);
  title.opening();
  title.opened("very old a", true);
  title.receive("still very old a");
  expect(sent).toHaveLength(1);
  openedByAnother("still very old a");
  expect(sent).toHaveLength(1);
});

it("sends nothing again to an engine that opened it unasked, and shows what that made of all of it", () => {
  title.opened("old", true);
  title.input("old a");
  vi.advanceTimersByTime(titleQuietMs);
  title.opened("very old", true);
  expect(title.value).toBe("old a");
  title.receive("very old a", true);
  expect(title.value).toBe("very old a");
  expect(sent).toHaveLength(1);
});

it("keeps what is typed while an engine is being started, and sends it when it has opened", () => {
  title.opened("old", true);
  title.opening();
  title.input("old a");
  expect(title.pending).toBe(true);
  title.opened("very old", false);
  expect(sent).toEqual([["old", "old a"]]);
  title.receive("very old a", true);
  vi.advanceTimersByTime(titleQuietMs);
  expect(title.value).toBe("very old a");
});

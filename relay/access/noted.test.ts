/** What happens of itself is written down, and nobody can fill the disk with it. */
import { beforeEach, expect, test } from "vitest";
import { notedAtOnceMax, notedDocumentsMax, notedEveryMs, notedWaitingMax } from "../protocol/limits.ts";
import type { AuditEntry } from "./audit.ts";
import { Noted } from "./noted.ts";

let nowMs: number;
let timers: (() => void)[];
let writes: AuditEntry[][];
let lost: number;
let failing: boolean;
let noted: Noted;
beforeEach(() => {
  [nowMs, timers, writes, lost, failing] = [0, [], [], 0, false];
  noted = new Noted({
    nowMs: () => nowMs,
    after: (_delayMs, run) => void timers.push(run),
    write: (entries) => {
      if (!failing) writes.push(entries.map((each) => JSON.parse(each) as AuditEntry));
      return Promise.resolve(!failing);
    },
    lost: (count) => void (lost += count),
  });
});

async function tick(): Promise<void> {
  for (const run of timers.splice(0)) run();
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

const refused = (device: string, documentId: string, reason = "read-only"): void =>
  noted.note({ atMs: nowMs, what: "refused", who: "m", device, documentId, reason });

test("what came within a second goes in one write, and the same is written once a minute", async () => {
  for (let i = 0; i < 1_000; i++) refused("a", "x");
  refused("a", "x", "foreign-actor");
  refused("a", "y");
  refused("b", "x");
  noted.note({ atMs: 0, what: "connected", who: "m", device: "a" });
  expect(writes).toEqual([]);
  await tick();
  expect(writes).toHaveLength(1);
  expect(writes[0]?.map(({ device, documentId, reason }) => [device, documentId, reason])).toEqual([
    ["a", "x", "read-only"],
    ["a", "x", "foreign-actor"],
    ["a", "y", "read-only"],
    ["b", "x", "read-only"],
    ["a", undefined, undefined],
  ]);
  nowMs = notedEveryMs - 1;
  refused("a", "x");
  await tick();
  expect(writes).toHaveLength(1);
  nowMs++;
  refused("a", "x");
  await tick();
  expect(writes.at(-1)).toHaveLength(1);
});

test("attack: one device is refused in document after document: of most it is only written that there are more", async () => {
  for (let i = 0; i < 10_000; i++) refused("a", `document ${i}`);
  refused("b", "x");
  await tick();
  const entries = writes.flat();
  expect(entries).toHaveLength(notedDocumentsMax + 2);
  expect(entries.filter(({ documentId }) => documentId === undefined)).toHaveLength(1);
  nowMs = notedEveryMs;
  refused("a", "document 10000");
  await tick();
  expect(writes.at(-1)).toMatchObject([{ documentId: "document 10000" }]);
});

test("many at once go in several writes; what does not fit is counted", async () => {
  for (let i = 0; i < notedWaitingMax + 7; i++) refused(`device ${i}`, "x");
  await tick();
  expect(writes.map(({ length }) => length)).toEqual(
    Array.from({ length: notedWaitingMax / notedAtOnceMax }, () => notedAtOnceMax),
  );
  expect(lost).toBe(7);
});

test("what the disk does not take is tried again, and counted as lost at the end", async () => {
  failing = true;
  refused("a", "x");
  await tick();
  expect(lost).toBe(0);
  failing = false;
  await tick();
  expect(writes.flat()).toHaveLength(1);
  failing = true;
  refused("a", "y");
  await noted.stop();
  failing = false;
  await tick();
  expect([lost, writes.flat()]).toEqual([1, [expect.objectContaining({ documentId: "x" })]]);
});

test("at the end what waits is written", async () => {
  refused("a", "x");
  await noted.stop();
  expect(writes.flat()).toHaveLength(1);
});

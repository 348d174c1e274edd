import { expect, test } from "vitest";
import { ephemeralBurstMax, ephemeralPerSecondMax, ephemeralWaitingMax } from "../protocol/limits.ts";
import { PresenceLane } from "./presence.ts";

const frame = (count: number, documentId = "a") => ({
  type: "ephemeral" as const,
  senderId: "x",
  documentId,
  count,
  sessionId: "s",
  data: new Uint8Array(1),
});

test("a burst passes up to its limit; one past it waits, and only the latest of a document is kept", () => {
  const lane = new PresenceLane(0);
  for (let i = 0; i < ephemeralBurstMax; i++) expect(lane.offer(frame(i), 0)).toBe(true);
  for (let i = 100; i < 110; i++) expect(lane.offer(frame(i), 0)).toBe(false);
  expect(lane.take(0)).toEqual([]);
  expect(lane.take(1_000 / ephemeralPerSecondMax + 1).map((each) => each.count)).toEqual([109]);
  expect(lane.isWaiting).toBe(false);
});

test("documents that wait are bounded; a clock set back neither fills nor locks out", () => {
  const lane = new PresenceLane(1_000);
  for (let i = 0; i < ephemeralBurstMax; i++) lane.offer(frame(i), 1_000);
  for (let i = 0; i <= ephemeralWaitingMax; i++) lane.offer(frame(1, `doc${i}`), -5_000);
  expect(lane.take(-4_000).length).toBeLessThanOrEqual(ephemeralPerSecondMax);
  expect(lane.take(100_000).length).toBe(ephemeralWaitingMax - ephemeralPerSecondMax);
});

import { expect, test } from "vitest";
import { concat, decodeCbor, encodeCbor } from "../protocol/cbor.ts";
import {
  ephemeralBurstMax,
  ephemeralOutboundBytesMax,
  ephemeralPerSecondMax,
  ephemeralWaitingMax,
  presenceBatchMax,
} from "../protocol/limits.ts";
import { parsePresences } from "../protocol/messages.ts";
import { PresenceLane, RoomPresence } from "./presence.ts";

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
  expect(lane.dropped).toBe(9);
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

const room = "2nGkVeQScJEXQtq9R22UrhThLdU9";
class Listener {
  unsentBytes = 0;
  readonly id: number;
  readonly peerId = "what-it-calls-itself";
  readonly self: string;
  readonly deckle: boolean;
  readonly frames: unknown[] = [];
  constructor(id: number, deckle: boolean) {
    this.id = id;
    this.self = `self-${id}`;
    this.deckle = deckle;
  }
  send(shared: Uint8Array): void {
    const decoded = decodeCbor(concat([shared, encodeCbor(this.peerId)]));
    this.frames.push(decoded.ok ? decoded.value : undefined);
  }
  pause(): void {}
  resume(): void {}
  close(): void {}
  refusalOf(): undefined {}
  wrote(): void {}
  refused(): void {}
  /** Senders of what it heard, in order. */
  get heard(): string[] {
    return this.frames.flatMap((each) => {
      const batch = parsePresences(each).map(({ senderId }) => senderId);
      return batch.length > 0 ? batch : [String((each as { senderId: unknown }).senderId)];
    });
  }
}

test("what came within a tick goes out together: one frame to who takes several, one each to who does not", () => {
  const timers: (() => void)[] = [];
  const all = [new Listener(1, true), new Listener(2, true), new Listener(3, false), new Listener(4, true)];
  const [a, b, stock, slow] = all;
  if (!a || !b || !stock || !slow) throw new Error("no listeners");
  const presence = new RoomPresence({
    relayId: "relay",
    documentId: room,
    after: (_delayMs, run) => void timers.push(run),
    listeners: () => all,
  });
  slow.unsentBytes = ephemeralOutboundBytesMax + 1;
  presence.add(a, frame(1, room));
  presence.add(stock, frame(2, room));
  presence.add(a, frame(3, room));
  for (const run of timers.splice(0)) run();
  expect(b.frames).toHaveLength(1);
  expect(b.heard).toEqual(["self-1", "self-3", "self-1"]);
  // A stock client gets each, but not its own.
  expect(stock.heard).toEqual(["self-1", "self-1"]);
  expect(slow.frames).toEqual([]);
  // Nobody is told only of itself.
  for (const each of all) each.frames.length = 0;
  presence.add(b, frame(4, room));
  for (const run of timers.splice(0)) run();
  expect(b.frames).toEqual([]);
  expect(a.heard).toEqual(["self-2"]);
});

test("a batch has at most so many states", () => {
  const timers: (() => void)[] = [];
  const [a, b] = [new Listener(1, true), new Listener(2, true)];
  const setting = { relayId: "relay", documentId: room, listeners: () => [a, b] };
  const presence = new RoomPresence({ ...setting, after: (_delayMs, run) => void timers.push(run) });
  for (let i = 0; i <= presenceBatchMax; i++) presence.add(a, frame(i, room));
  for (const run of timers.splice(0)) run();
  expect(b.frames.map((each) => parsePresences(each).length)).toEqual([presenceBatchMax, 0]);
  expect(b.heard).toHaveLength(presenceBatchMax + 1);
});

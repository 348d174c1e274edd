/** The feed: from where a client stopped, page by page, then live; nothing missed whoever committed. */
import { beforeEach, expect, test } from "vitest";
import { concat, decodeCbor, encodeCbor } from "../protocol/cbor.ts";
import { feedEntriesMax, feedRecentBytesMax, feedRecentMax, outboundPauseBytes } from "../protocol/limits.ts";
import { parseFeed, type FeedMessage } from "../protocol/messages.ts";
import { Feed } from "./feed.ts";
import type { Connection, FeedEntry, FeedPage } from "./ports.ts";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const nameOf = (n: number): string =>
  Array.from({ length: 24 }, (_, i) => alphabet[Math.floor(n / 58 ** (23 - i)) % 58]).join("");

/** The log as the store has it: a document once, where it was last committed to. */
class Log {
  sequence = 0;
  reads = 0;
  failing = false;
  readonly #last = new Map<string, FeedEntry>();
  commit(document: number): FeedEntry {
    const heads = new Uint8Array(32).fill(++this.sequence);
    const entry = { sequence: this.sequence, documentId: nameOf(document), heads };
    this.#last.delete(entry.documentId);
    this.#last.set(entry.documentId, entry);
    return entry;
  }
  async read(after: number, count: number): Promise<FeedPage> {
    this.reads++;
    if (this.failing) return { ok: false, reason: "disk" };
    const all = [...this.#last.values()].filter((each) => each.sequence > after);
    return { ok: true, entries: all.slice(0, count), isLast: all.length <= count };
  }
}

class FakeConnection implements Connection {
  readonly deckle = true;
  readonly peerId = "peer";
  readonly self = "self";
  readonly id: number;
  readonly heard: FeedMessage[] = [];
  frames: Uint8Array[] = [];
  unsentBytes = 0;
  constructor(id: number) {
    this.id = id;
  }
  send(shared: Uint8Array): void {
    const frame = concat([shared, encodeCbor(this.peerId)]);
    const decoded = decodeCbor(frame);
    const message = decoded.ok ? parseFeed(decoded.value) : undefined;
    if (!message) throw new Error("not a feed");
    this.heard.push(message);
    this.frames.push(frame);
  }
  pause(): void {}
  resume(): void {}
  close(): void {}
  refusalOf(): undefined {}
  wrote(): void {}
  refused(): void {}
  get documents(): string[] {
    return this.heard.flatMap(({ entries }) => entries.map((each) => each.documentId));
  }
}

let log: Log;
let timers: (() => void)[];
let feed: Feed;
let forbidden: string;
beforeEach(() => {
  log = new Log();
  timers = [];
  forbidden = "";
  feed = new Feed({
    relayId: "relay",
    epoch: "now",
    read: (after, count) => log.read(after, count),
    may: (_connection, documentId) => documentId !== forbidden,
    after: (_delayMs, run) => void timers.push(run),
    onBug: (error) => {
      throw error;
    },
  });
});
const turn = async (): Promise<void> => {
  for (const run of timers.splice(0)) run();
  for (let i = 0; i < 40; i++) await Promise.resolve();
};
const listen = async (after = 0, epoch = "now", id = 1): Promise<FakeConnection> => {
  const connection = new FakeConnection(id);
  feed.listen(connection, { type: "feed", senderId: "peer", after, epoch });
  await turn();
  return connection;
};
const commit = (...documents: number[]): void => feed.committed(documents.map((each) => log.commit(each)));

test("10,000 documents cost one exchange: one request, and pages until it is level", async () => {
  for (let i = 0; i < 10_000; i++) log.commit(i);
  for (let i = 0; i < 5_000; i++) log.commit(7);
  const client = await listen();
  expect(client.documents.length).toBe(10_000);
  expect(new Set(client.documents).size).toBe(10_000);
  expect(client.heard.length).toBe(10_000 / feedEntriesMax);
  expect(client.heard.map(({ isLast }) => isLast).filter(Boolean)).toEqual([true]);
  expect(client.heard.at(-1)?.upTo).toBe(15_000);
  for (const frame of client.frames) expect(frame.length).toBeLessThan(100_000);
});

test("who comes back is told what was committed since, and that it is level where nothing was", async () => {
  commit(1, 2, 3);
  const first = await listen();
  feed.leave(first.id);
  commit(2, 4);
  const upTo = first.heard.at(-1)?.upTo ?? 0;
  const second = await listen(upTo);
  expect(second.documents).toEqual([nameOf(2), nameOf(4)]);
  const third = await listen(second.heard.at(-1)?.upTo, "now", 3);
  expect(third.heard).toEqual([{ epoch: "now", entries: [], upTo: 5, isLast: true }]);
});

test("live: what was committed within a tick is told once, the latest of each document, with no read", async () => {
  const client = await listen();
  const reads = log.reads;
  commit(1);
  commit(2, 1);
  await turn();
  commit(3);
  await turn();
  await turn();
  expect(client.documents).toEqual([nameOf(2), nameOf(1), nameOf(3)]);
  // The first commit after a start is not known to follow what was read.
  expect(log.reads).toBeLessThanOrEqual(reads + 1);
});

test("another node's commits are told too, whether they are heard of or only leave a gap", async () => {
  const client = await listen();
  commit(1);
  await turn();
  log.commit(2);
  feed.committedElsewhere();
  await turn();
  log.commit(3);
  commit(4);
  await turn();
  expect(client.documents).toEqual([nameOf(1), nameOf(2), nameOf(3), nameOf(4)]);
});

test("a client that does not read is not sent to, and gets all when it does", async () => {
  const client = await listen();
  client.unsentBytes = outboundPauseBytes + 1;
  for (let i = 0; i < 3 * feedRecentMax; i++) commit(i % 3_000);
  await turn();
  expect(client.documents).toEqual([]);
  client.unsentBytes = 0;
  feed.drained(client.id);
  await turn();
  expect(new Set(client.documents).size).toBe(3_000);
});

test("what is kept of the latest is bounded in bytes too: a document may have thousands of heads", async () => {
  const client = await listen();
  const heads = new Uint8Array(32 * 4_000);
  client.unsentBytes = outboundPauseBytes + 1;
  for (let i = 0; i < 100; i++) feed.committed([{ ...log.commit(i), heads }]);
  expect(feed.recentBytes).toBeLessThanOrEqual(2 * feedRecentBytesMax + heads.length);
  client.unsentBytes = 0;
  feed.drained(client.id);
  await turn();
  expect(new Set(client.documents).size).toBe(100);
});

test("sequences of another epoch mean nothing: all is told again", async () => {
  commit(1, 2);
  expect((await listen(2, "before")).documents).toEqual([nameOf(1), nameOf(2)]);
});

test("what one may not read is not in one's feed, on either way", async () => {
  forbidden = nameOf(2);
  commit(1, 2);
  const client = await listen();
  const other = await listen(0, "now", 2);
  commit(2, 3);
  await turn();
  for (const each of [client, other]) expect(each.documents).toEqual([nameOf(1), nameOf(3)]);
});

test("a log that cannot be read now is read at a later tick", async () => {
  commit(1);
  log.failing = true;
  const client = await listen();
  expect(client.heard).toEqual([]);
  log.failing = false;
  await turn();
  await turn();
  expect(client.documents).toEqual([nameOf(1)]);
});

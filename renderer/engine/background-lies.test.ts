/** A relay that tells nonsense in its feed, and about documents. */
import * as A from "@automerge/automerge/slim";
import { beforeAll, expect, test } from "vitest";
import { until } from "../../relay/harness.ts";
import { MemoryChunks, MemoryLedger } from "../../scripts/background-client.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { Background } from "./background.ts";
import type { BackgroundLink } from "./background.ts";
import { FakeClock } from "./fake-clock.ts";
import { FeedClient } from "./feed-client.ts";
import {
  backgroundPullsMax,
  feedNotedEveryMs,
  feedWaitingMax,
  pullAgainMs,
  pullAttemptsMax,
  pullBeginningsMax,
  pullQuietMs,
  pullSilenceMs,
} from "./limits.ts";

beforeAll(useAutomerge);

const idOf = (n: number): string =>
  `2nGkVeQScJEXQtq9R22Ur${n.toString(9).padStart(7, "0").replaceAll("0", "z")}`;
const head = (n: number): string => n.toString(16).padStart(64, "0");
type Entry = { sequence: number; documentId: string; heads: string[] };
const entry = (sequence: number, n = sequence): Entry => ({
  sequence,
  documentId: idOf(n),
  heads: [head(n)],
});
const page = (entries: Entry[], more: Partial<{ epoch: string; upTo: number; isLast: boolean }> = {}) => ({
  epoch: "e",
  entries,
  upTo: entries.at(-1)?.sequence ?? 0,
  isLast: true,
  ...more,
});

class FakeLink implements BackgroundLink {
  readonly isDeckle = true;
  readonly asked: { epoch: string; after: number }[] = [];
  readonly requested: string[] = [];
  readonly left: string[] = [];
  sync(document: string): void {
    this.requested.push(document);
  }
  leave(document: string): void {
    this.left.push(document);
  }
  askFeed(position: { epoch: string; after: number }): void {
    this.asked.push(position);
  }
}

async function stand(belongs: (document: string) => boolean = () => true) {
  const [clock, ledger, chunks, link] = [
    new FakeClock(),
    new MemoryLedger(),
    new MemoryChunks(),
    new FakeLink(),
  ];
  const background = new Background({
    clock,
    ledger,
    storage: chunks,
    belongs,
    isOpen: () => false,
    isAlwaysOpen: () => false,
    named: () => Promise.resolve(),
  });
  await background.connected(link);
  return { clock, ledger, chunks, link, background };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test("100,000 entries of documents that are nowhere take bounded memory and few turns at once, and all have their turn", async () => {
  const { background, link, chunks, clock, ledger } = await stand();
  for (let from = 0; from < 100_000; from += 1_000)
    background.told(
      page(
        Array.from({ length: 1_000 }, (_, n) => entry(from + n + 1)),
        { isLast: false },
      ),
    );
  expect(link.asked.length).toBe(1);
  await until("asked for", () => link.requested.length > 0);
  expect(link.requested.length).toBe(backgroundPullsMax);
  // One after another is answered; when half of what was taken is done the rest is asked for, from where it was cut.
  let answered = 0;
  while (link.asked.length === 1) {
    const documents = link.requested.slice(answered);
    answered += documents.length;
    for (const document of documents) background.unavailable(document);
    await turn();
  }
  expect(link.requested.length - answered).toBeLessThanOrEqual(backgroundPullsMax);
  expect(answered).toBeGreaterThanOrEqual(feedWaitingMax / 2);
  expect(link.asked[1]?.after).toBeLessThanOrEqual(answered);
  expect(new Set(chunks.loaded).size).toBe(chunks.loaded.length);
  clock.advance(feedNotedEveryMs);
  await turn();
  expect(ledger.position.after).toBeLessThanOrEqual(answered);
}, 180_000);

test("sequences that go back and documents that come twice are not done twice, nor is anything passed over", () => {
  const feed = new FeedClient({ epoch: "e", after: 4 });
  expect(feed.take(page([entry(3), entry(5), entry(5, 6), entry(7), entry(6, 9)])).entries).toEqual([
    entry(5),
    entry(7),
  ]);
  expect(feed.position).toEqual({ epoch: "e", after: 4 });
  feed.done(idOf(7));
  expect(feed.position).toEqual({ epoch: "e", after: 4 });
  feed.take(page([entry(8, 5)]));
  expect(feed.position).toEqual({ epoch: "e", after: 7 });
  feed.done(idOf(5));
  expect(feed.position).toEqual({ epoch: "e", after: 8 });
  feed.done(idOf(5));
  feed.take(page([], { upTo: 2 }));
  expect(feed.position).toEqual({ epoch: "e", after: 8 });
});

test("a feed that is another one with each page has documents that were receipted sent once, and is asked nothing", async () => {
  const { background, ledger, link } = await stand();
  background.told(page([]));
  background.disconnected();
  ledger.set(idOf(1), { heads: [head(1)], unsent: false });
  ledger.position = { epoch: "e", after: 7 };
  await background.connected(link);
  const asked = link.asked.length;
  background.told(page([], { epoch: "f" }));
  expect(ledger.receipt(idOf(1))).toEqual({ heads: [], unsent: true });
  ledger.set(idOf(1), { heads: [head(1)], unsent: false });
  for (let n = 0; n < 100; n++) background.told(page([], { epoch: `g${n}` }));
  expect(ledger.receipt(idOf(1))?.unsent).toBe(false);
  expect(link.asked.length).toBe(asked);
});

test("documents of other places are neither asked for nor loaded, whoever names them", async () => {
  const { background, link, chunks, clock } = await stand((document) => document !== idOf(1));
  background.told(page([entry(1)]));
  const data = A.encodeSyncMessage({ heads: [head(1)], need: [], have: [], changes: [] });
  background.receive(idOf(1), data);
  clock.advance(60_000);
  await turn();
  expect([link.requested, chunks.loaded]).toEqual([[], []]);
  expect(background.isIdle).toBe(true);
});

test("heads that never come: what the relay then says it has counts, and after a while it is not asked any more", async () => {
  const { background, link, clock, ledger } = await stand();
  const doc = A.change(A.init<{ n: number }>(), (draft) => void (draft.n = 1));
  background.told(page([entry(1)]));
  await until("asked", () => link.requested.length === 1);
  const brings = A.encodeSyncMessage({
    heads: A.getHeads(doc),
    need: [],
    have: [],
    changes: A.getAllChanges(doc),
  });
  background.receive(idOf(1), brings);
  const before = link.requested.length;
  clock.advance(pullQuietMs);
  expect(link.requested.length).toBe(before + 1);
  expect(background.isIdle).toBe(false);
  // It says that this is all.
  const nothing = A.encodeSyncMessage({ heads: A.getHeads(doc), need: [], have: [], changes: [] });
  background.receive(idOf(1), nothing);
  await until("level", () => background.isIdle);
  expect(ledger.here(idOf(1))).toEqual(A.getHeads(doc));
  clock.advance(feedNotedEveryMs);
  await turn();
  expect(ledger.position).toEqual({ epoch: "e", after: 1 });
});

test("a relay that never says that this was all is let go of, and the feed is not noted as read past it", async () => {
  const { background, link, clock, ledger } = await stand();
  const doc = A.change(A.init<{ n: number }>(), (draft) => void (draft.n = 1));
  const brings = A.encodeSyncMessage({
    heads: A.getHeads(doc),
    need: [],
    have: [],
    changes: A.getAllChanges(doc),
  });
  background.told(page([entry(1)]));
  for (let attempt = 1; attempt <= pullAttemptsMax; attempt++) {
    const before = link.requested.length;
    await until("asked", () => link.requested.length > before);
    for (let n = 0; n < 4 * pullBeginningsMax && !background.isIdle; n++) {
      background.receive(idOf(1), brings);
      clock.advance(pullQuietMs);
      await turn();
    }
    expect(background.isIdle).toBe(true);
    clock.advance(pullAgainMs * attempt);
  }
  await turn();
  clock.advance(10 * pullAgainMs);
  await turn();
  expect(background.isIdle).toBe(true);
  expect(ledger.position.after).toBe(0);
});

test("a relay that is silent about one document keeps nobody else waiting for ever", async () => {
  const { background, link, clock } = await stand();
  background.told(page(Array.from({ length: backgroundPullsMax + 1 }, (_, n) => entry(n + 1))));
  await until("asked", () => link.requested.length === backgroundPullsMax);
  clock.advance(pullSilenceMs);
  await until("the next", () => link.requested.length === backgroundPullsMax + 1);
});

test("what is no sync message ends the document's turn and no more", async () => {
  const { background, link } = await stand();
  background.told(page([entry(1)]));
  await until("asked", () => link.requested.length === 1);
  background.receive(idOf(1), new Uint8Array([1, 2, 3]));
  await until("over", () => background.isIdle);
  background.receive(idOf(2), new Uint8Array([1, 2, 3]));
  expect(background.isIdle).toBe(true);
});

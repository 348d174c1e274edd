import * as A from "@automerge/automerge/slim";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { Stage, until as eventually } from "../../relay/harness.ts";
import type { Content } from "../../relay/harness.ts";
import { BackgroundClient, MemoryChunks, MemoryLedger } from "../../scripts/background-client.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { FakeClock } from "./fake-clock.ts";
import { gatherDirtyQuietMs, feedNotedEveryMs } from "./limits.ts";

beforeAll(useAutomerge);
// The machine may be busy with others.
vi.setConfig({ testTimeout: 90_000 });
const until = (what: string, holds: () => boolean): Promise<void> => eventually(what, holds, 30_000);

const stage = new Stage();
afterEach(() => stage.end());

const hex = (heads: readonly string[]): string => heads.toSorted().join();

/** Documents at a relay, and the repo of who made them. */
async function library(count: number) {
  const relay = await stage.relay();
  const { repo, receipts } = stage.deckleRepo(relay.url);
  const handles = Array.from({ length: count }, (_, n) => repo.create<Content>({ n }));
  const headsOf = (at: number): string[] => A.getHeads(handles[at]?.doc() ?? A.init());
  const isKept = (at: number): boolean =>
    receipts.some(
      ({ documentId, heads }) => documentId === handles[at]?.documentId && hex(heads) === hex(headsOf(at)),
    );
  const allKept = (): Promise<void> => until("on the relay", () => handles.every((_, at) => isKept(at)));
  await allKept();
  return { relay, repo, handles, headsOf, allKept };
}

function client(parts: ConstructorParameters<typeof BackgroundClient>[2] = {}) {
  const one = new BackgroundClient(new MemoryLedger(), new MemoryChunks(), parts);
  stage.defer(() => one.link?.disconnect());
  return one;
}

test("what is not here comes, what changed comes next time, and nothing else is even loaded", async () => {
  const { relay, handles, headsOf, allKept } = await library(30);
  const one = client();
  one.connect(relay.url);
  const isLevel = (): boolean =>
    handles.every(({ documentId }, at) => hex(one.ledger.here(documentId) ?? []) === hex(headsOf(at)));
  await until("all came", isLevel);
  await until("noted", () => one.ledger.position.after >= 30);
  for (const [at, { documentId }] of handles.entries()) {
    expect(hex(one.chunks.headsOf(documentId))).toBe(hex(headsOf(at)));
    expect(one.ledger.receipt(documentId)).toEqual({ heads: headsOf(at), unsent: false });
  }
  one.link?.disconnect();
  one.chunks.loaded.length = one.chunks.appended.length = 0;
  for (const at of [3, 7]) handles[at]?.change((draft) => void (draft["late"] = at));
  await allKept();
  one.connect(relay.url);
  await until("the changes came", isLevel);
  const changed = [3, 7].map((at) => String(handles[at]?.documentId));
  expect(one.chunks.loaded.toSorted()).toEqual(changed.toSorted());
  expect(one.chunks.appended.toSorted()).toEqual(changed.toSorted());
});

test("what was changed here while the relay was away is sent, and receipted, without a repo", async () => {
  const { relay, repo, handles } = await library(2);
  const one = client();
  one.connect(relay.url);
  await until("here", () => one.chunks.appended.length === 2);
  one.link?.disconnect();
  const [handle] = handles;
  if (!handle) throw new Error("there is no document");
  const { documentId } = handle;
  let doc = A.init<Content>();
  for (const chunk of one.chunks.chunks.get(documentId) ?? []) doc = A.loadIncremental(doc, chunk);
  const known = A.getHeads(doc);
  doc = A.change(doc, (draft) => void (draft["mine"] = 1));
  await one.chunks.append(documentId, A.saveSince(doc, known));
  one.ledger.setHere(documentId, A.getHeads(doc));
  one.ledger.set(documentId, { heads: known, unsent: true });
  one.connect(relay.url);
  await until("receipted", () => one.ledger.receipt(documentId)?.unsent === false);
  expect(one.ledger.receipt(documentId)?.heads).toEqual(A.getHeads(doc));
  await until("the others have it", () => handle.doc()["mine"] === 1);
  expect(repo.peers.length).toBe(1);
});

test("what was here once and is lacking now is not forgotten by a pull", async () => {
  const { relay, handles } = await library(1);
  const [handle] = handles;
  if (!handle) throw new Error("there is no document");
  const { documentId } = handle;
  const lacking = "ab".repeat(32);
  const one = client();
  one.ledger.setHere(documentId, [lacking]);
  one.connect(relay.url);
  await until("here", () => one.chunks.appended.length === 1);
  await until("noted", () => (one.ledger.here(documentId)?.length ?? 0) > 1);
  expect(one.ledger.here(documentId)).toEqual([...A.getHeads(handle.doc()), lacking]);
});

test("main is told the pictures of a document that nobody opens, before it is kept, and again when one is put in", async () => {
  const { relay, repo, handles } = await library(2);
  const [first, second] = ["a".repeat(64), "b".repeat(64)];
  const handle = repo.create<Content>({ n: 2, body: "" });
  const picture = (hash: string): void =>
    handle.change((draft) => A.splitBlock(draft, ["body"], 0, { type: "image", attrs: { hash } }));
  picture(first);
  const chunks = new MemoryChunks();
  const kept: number[] = [];
  let isBroken = false;
  const said = vi.spyOn(console, "warn").mockImplementation(() => {});
  const one = new BackgroundClient(new MemoryLedger(), chunks, {
    named: (document, blobs) => {
      if (isBroken) return Promise.reject(new Error("main does not answer"));
      one.named.push([document, blobs]);
      kept.push(chunks.chunks.get(document)?.length ?? 0);
      return Promise.resolve();
    },
  });
  stage.defer(() => one.link?.disconnect());
  const { documentId } = handle;
  const isHere = (): boolean => hex(one.ledger.here(documentId) ?? []) === hex(A.getHeads(handle.doc()));
  one.connect(relay.url);
  await until("all came", () => isHere() && handles.every((each) => one.ledger.here(each.documentId)));
  picture(second);
  await until("the second", isHere);
  expect(one.named).toEqual([
    [documentId, [first]],
    [documentId, expect.arrayContaining([first, second])],
  ]);
  expect(kept).toEqual([0, 1]);
  // Text comes also where main cannot be told.
  isBroken = true;
  picture("c".repeat(64));
  await until("the third", isHere);
  expect(said).toHaveBeenCalledTimes(1);
  said.mockRestore();
});

test("a long history comes whole, however many pieces it comes in", async () => {
  const { relay, repo } = await library(1);
  const handle = repo.create<Content>({ n: 0 });
  // Random, so that it is as long on the wire.
  for (let part = 0; part < 5; part++) {
    const bytes = new Uint8Array(400_000);
    for (let at = 0; at < bytes.length; at += 50_000) crypto.getRandomValues(bytes.subarray(at, at + 50_000));
    handle.change((draft) => void (draft[`part ${part}`] = bytes));
  }
  const heads = A.getHeads(handle.doc());
  const one = client();
  one.connect(relay.url);
  await until("it came", () => hex(one.ledger.here(handle.documentId) ?? []) === hex(heads));
  expect(hex(one.chunks.headsOf(handle.documentId))).toBe(hex(heads));
});

test("what others write meanwhile is gathered, and what is open is left to its session until it is let go of", async () => {
  const { relay, handles, headsOf } = await library(2);
  const clock = new FakeClock();
  const one = client({ clock });
  one.connect(relay.url);
  await until("here", () => one.chunks.appended.length === 2);
  const [open, closed] = handles;
  if (!open || !closed) throw new Error("there are no documents");
  one.open.add(open.documentId);
  for (const handle of handles) handle.change((draft) => void (draft["live"] = 1));
  await until("told", () => !one.background.isIdle);
  expect(one.chunks.loaded.length).toBe(2);
  clock.advance(gatherDirtyQuietMs);
  await until("the one that is closed", () => one.chunks.appended.length === 3);
  expect(one.chunks.appended[2]).toBe(closed.documentId);
  // What is open is not dealt with: the feed is not noted as read past it.
  clock.advance(feedNotedEveryMs);
  await until("noted", () => one.ledger.position.epoch !== "");
  const { after } = one.ledger.position;
  one.open.delete(open.documentId);
  one.background.released(open.documentId);
  clock.advance(gatherDirtyQuietMs);
  await until("the other", () => hex(one.ledger.here(open.documentId) ?? []) === hex(headsOf(0)));
  await until("level", () => one.background.isIdle);
  clock.advance(feedNotedEveryMs);
  await until("noted further", () => one.ledger.position.after > after);
});

test("a document that is opened while it comes is given up with what has come, and the opening waits for it", async () => {
  const { relay, handles } = await library(1);
  const disk = Promise.withResolvers<void>();
  class SlowChunks extends MemoryChunks {
    override async append(document: string, bytes: Uint8Array): Promise<void> {
      await disk.promise;
      await super.append(document, bytes);
    }
  }
  const chunks = new SlowChunks();
  const one = new BackgroundClient(new MemoryLedger(), chunks);
  stage.defer(() => one.link?.disconnect());
  one.connect(relay.url);
  const documentId = handles[0]?.documentId ?? "";
  await until("it comes", () => chunks.loaded.length === 1);
  one.open.add(documentId);
  let isFree = false;
  const opened = one.background.giveUp(documentId).then(() => (isFree = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  disk.resolve();
  await opened;
  expect(isFree).toBe(true);
  // Whatever of it was kept is what its session begins with; nothing is written any more.
  const { length } = chunks.appended;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(chunks.appended.length).toBe(length);
  expect(one.background.isIdle).toBe(true);
});

test("a disk that refuses is no reason to say that anything is here: it is fetched by the next connection", async () => {
  const { relay, handles, headsOf } = await library(1);
  class FullChunks extends MemoryChunks {
    isFull = true;
    override append(document: string, bytes: Uint8Array): Promise<void> {
      return this.isFull ? Promise.reject(new Error("the disk is full")) : super.append(document, bytes);
    }
  }
  const chunks = new FullChunks();
  const one = new BackgroundClient(new MemoryLedger(), chunks);
  stage.defer(() => one.link?.disconnect());
  one.connect(relay.url);
  await until("tried", () => chunks.loaded.length > 0 && one.background.isIdle);
  const documentId = handles[0]?.documentId ?? "";
  expect(one.ledger.here(documentId)).toBeUndefined();
  expect(one.ledger.position.after).toBe(0);
  chunks.isFull = false;
  one.link?.disconnect();
  one.connect(relay.url);
  await until("here", () => hex(one.ledger.here(documentId) ?? []) === hex(headsOf(0)));
});

test("a relay that lost what it had receipted is brought it again", async () => {
  const { relay, handles, headsOf } = await library(3);
  const one = client();
  one.connect(relay.url);
  await until("here", () => one.chunks.appended.length === 3);
  await until("noted", () => one.ledger.position.after >= 3);
  one.link?.disconnect();
  const empty = await stage.relay();
  one.connect(empty.url);
  await until("brought", () =>
    handles.every(
      ({ documentId }, at) => hex(one.ledger.receipt(documentId)?.heads ?? []) === hex(headsOf(at)),
    ),
  );
  const other = client();
  other.connect(empty.url);
  await until("and had by others", () =>
    handles.every(({ documentId }, at) => hex(other.ledger.here(documentId) ?? []) === hex(headsOf(at))),
  );
});

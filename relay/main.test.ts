import { join } from "node:path";
import * as A from "@automerge/automerge";
import { decodeHeads, parseAutomergeUrl, type UrlHeads } from "@automerge/automerge-repo";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Bus } from "./bus/bus.ts";
import { LocalBus } from "./bus/local.ts";
import { answered } from "./harness-flood.ts";
import { changeBody, chunk, syncMessage } from "./harness-forge.ts";
import { blob, find, RawClient, sleep, Stage, until, type Content } from "./harness.ts";
import { startRelayOn } from "./main.ts";
import { isDocumentId } from "./protocol/ids.ts";
import { parseDeckleMetadata, parseFeed, parseReceipt } from "./protocol/messages.ts";
import { makeDocumentId } from "./store/documentId.ts";
import type { Store } from "./store/store.ts";
import type { Batch, Committed } from "./sync/ports.ts";
import { openStore } from "./workspace-files.ts";

const hexOf = (head: UrlHeads[number]): string => decodeHeads([head] as UrlHeads).join();

let stage: Stage;
beforeEach(() => void (stage = new Stage()));
afterEach(() => stage.end());

test("stock clients create, find, edit at the same time and end equal", async () => {
  const { url } = await stage.relay();
  const [a, b] = [stage.repo(url), stage.repo(url)];
  const handle = a.create<Content>({ title: "one" });
  const found = await find(b, handle.url);
  expect(found.doc()).toEqual({ title: "one" });
  handle.change((doc) => void (doc["a"] = 1));
  found.change((doc) => void (doc["b"] = 2));
  await until("both have both", () =>
    [handle, found].every((each) => each.doc()["a"] === 1 && each.doc()["b"] === 2),
  );
  expect(handle.heads()).toEqual(found.heads());
});

test("a fresh client 3,000 changes behind, and a restart of the relay: the whole document is served", async () => {
  const data = stage.folder();
  const first = await stage.relay({ data });
  const writer = stage.repo(first.url);
  const handle = writer.create<Content>({});
  for (let i = 0; i < 3_000; i++) handle.change((doc) => void (doc[`k${i % 50}`] = i));
  const [reader] = [stage.repo(first.url)];
  const started = performance.now();
  const found = await find(reader, handle.url);
  await until("all is there", () => found.heads().join() === handle.heads().join());
  expect(performance.now() - started).toBeLessThan(5_000);
  await first.stop();

  const second = await stage.relay({ data });
  expect(second.workspace).toBe(first.workspace);
  expect(second.relayId).toBe(first.relayId);
  const later = await find(stage.repo(second.url), handle.url);
  expect(later.heads()).toEqual(handle.heads());
  expect(later.doc()).toEqual(handle.doc());
});

test("a large document goes over in pieces and arrives whole", async () => {
  const { url } = await stage.relay();
  const handle = stage.repo(url).create<Content>({});
  for (let i = 0; i < 12; i++) handle.change((doc) => void (doc[`k${i}`] = blob(500_000)));
  const found = await find(stage.repo(url), handle.url);
  await until("all is there", () => found.heads().join() === handle.heads().join());
  expect(found.doc()).toEqual(handle.doc());
}, 20_000);

test("who asked for a document before it existed gets it once somebody makes it", async () => {
  const { url } = await stage.relay();
  const [a, b] = [stage.repo(url), stage.repo(url)];
  const other = stage.repo("ws://127.0.0.1:9/sync").create<Content>({ made: "later" });
  await expect(a.find<Content>(other.url)).rejects.toThrow(/unavailable/);
  b.import<Content>(A.save(other.doc()), { docId: other.documentId });
  // Nobody asks again: the relay remembers who did.
  const handle = a.handles[other.documentId];
  await until("arrived", () => handle?.isReady() === true);
  expect(handle?.doc()).toEqual({ made: "later" });
});

test("offline edits of both sides meet after the relay comes back", async () => {
  const data = stage.folder();
  const first = await stage.relay({ data });
  const { port } = first;
  const [a, b] = [stage.repo(first.url), stage.repo(first.url)];
  const handle = a.create<Content>({ n: 0 });
  const found = await find(b, handle.url);
  await first.stop();
  handle.change((doc) => void (doc["a"] = 1));
  found.change((doc) => void (doc["b"] = 1));
  await stage.relay({ data, port });
  await until("met", () => [handle, found].every((each) => each.doc()["a"] === 1 && each.doc()["b"] === 1));
});

test("presence reaches the others in the room and nobody else", async () => {
  const { url } = await stage.relay();
  const [a, b] = [stage.repo(url), stage.repo(url)];
  const handle = a.create<Content>({});
  const found = await find(b, handle.url);
  const heard: unknown[] = [];
  const echoed: unknown[] = [];
  found.on("ephemeral-message", ({ message }) => heard.push(message));
  handle.on("ephemeral-message", ({ message }) => echoed.push(message));
  const outsider = await stage.raw(url);
  handle.broadcast({ cursor: 7 });
  await until("heard", () => heard.length > 0);
  expect(heard).toEqual([{ cursor: 7 }]);
  expect(echoed).toEqual([]);
  expect(outsider.of("ephemeral")).toEqual([]);
});

/** A raw client that uploads a change by itself, as automerge-repo would. */
async function upload(url: string, documentId: string, doc: A.Doc<Content>) {
  const client = await stage.raw(url);
  let state = A.initSyncState();
  let message: Uint8Array | null;
  for (let handled = 0, round = 0; round < 4; round++) {
    [state, message] = A.generateSyncMessage(doc, state);
    if (message) client.frame("sync", documentId, message);
    await sleep(30);
    for (const frame of client.of("sync").slice(handled)) {
      handled++;
      if (frame["data"] instanceof Uint8Array) [doc, state] = A.receiveSyncMessage(doc, state, frame["data"]);
    }
  }
  return { client, heads: A.getHeads(doc) };
}

test("deckle clients get the workspace and receipts for what is on disk; stock clients get none", async () => {
  const { url, workspace } = await stage.relay();
  expect(isDocumentId(workspace)).toBe(true);
  expect(() =>
    parseAutomergeUrl(`automerge:${workspace}` as Parameters<typeof parseAutomergeUrl>[0]),
  ).not.toThrow();
  const { client, heads } = await upload(url, workspace, A.from<Content>({ x: 1 }));
  // In the open mode nobody has a role.
  expect(parseDeckleMetadata(client.of("peer")[0]?.["peerMetadata"])).toEqual({
    version: 1,
    workspace,
    self: expect.stringMatching(/^[0-9a-f]{16}-\d+$/),
    role: undefined,
  });
  const receipts = client.of("receipt").map(parseReceipt);
  expect(receipts.at(-1)?.heads).toEqual(heads);
  expect(receipts.at(-1)?.documentId).toBe(workspace);
});

test("who takes in a change is not receipted what it was just told; who says it again, or brings something, is", async () => {
  const { url } = await stage.relay();
  const documentId = makeDocumentId();
  const [writer, reader] = [await stage.raw(url), await stage.raw(url)];
  for (const each of [writer, reader]) each.frame("request", documentId, syncMessage());
  await until("both are in", () => [writer, reader].every((each) => each.of("doc-unavailable").length > 0));
  const { bytes, hash } = chunk(1, changeBody({ seq: 1 }));
  writer.frame("sync", documentId, syncMessage({ heads: [hash], changes: [bytes] }));
  const receipts = (client: RawClient): unknown[] =>
    client.of("receipt").map((each) => parseReceipt(each)?.heads);
  await until("receipted", () => receipts(writer).length > 0);
  await until("shown", () => reader.of("sync").length > 0);
  reader.frame("sync", documentId, syncMessage({ heads: [hash] }));
  await answered(reader);
  expect([receipts(writer), receipts(reader)]).toEqual([[[hash]], []]);
  reader.frame("sync", documentId, syncMessage({ heads: [hash] }));
  await answered(reader);
  expect(receipts(reader)).toEqual([[hash]]);
});

test("with a full disk there is no receipt and peers see nothing; once there is room, everything arrives", async () => {
  const real = openStore(stage.folder());
  let full = false;
  const store: Store = Object.create(real, {
    commit: {
      value: async (batches: readonly Batch[]): Promise<Committed> =>
        full ? { ok: false, reason: "SQLITE_FULL" } : real.commit(batches),
    },
    list: { value: real.list.bind(real) },
    read: { value: real.read.bind(real) },
    stop: { value: real.stop.bind(real) },
    isReady: { value: () => true },
    identity: { value: real.identity },
  });
  const relay = await startRelayOn(store, new LocalBus(), { port: 0, report: () => {} });
  stage.defer(() => relay.stop());
  const [a, b] = [stage.repo(relay.url), stage.repo(relay.url)];
  const handle = a.create<Content>({ n: 0 });
  const found = await find(b, handle.url);
  full = true;
  handle.change((doc) => void (doc["n"] = 1));
  await sleep(400);
  expect(found.doc()["n"]).toBe(0);
  expect((await upload(relay.url, relay.workspace, A.from<Content>({ x: 1 }))).client.of("receipt")).toEqual(
    [],
  );
  full = false;
  await until("arrived after all", () => found.doc()["n"] === 1);
});

test("a torn chunk on the relay's disk is noticed when it is served, and heals from a client that has the change", async () => {
  const data = stage.folder();
  const first = await stage.relay({ data });
  const handle = stage.repo(first.url).create<Content>({ n: 0 });
  for (let i = 1; i < 10; i++) handle.change((doc) => void (doc["n"] = i));
  await find(stage.repo(first.url), handle.url);
  await first.stop();
  const db = new Database(join(data, "relay.sqlite"));
  const torn =
    "UPDATE segments SET body = CAST(substr(body, 1, 20) || zeroblob(40) || substr(body, 61) AS BLOB) WHERE first = 0";
  expect(db.prepare(torn).run().changes).toBe(1);
  db.close();
  const second = await stage.relay({ data, port: first.port });
  const fresh = await find(stage.repo(second.url), handle.url);
  await until("all is there", () => fresh.heads().join() === handle.heads().join());
  expect(stage.events).toContain("chunk-damaged");
  await second.stop();
  const store = openStore(data);
  // What was set aside has been brought again: nothing is missing.
  expect((await store.verify()).faults).toEqual([]);
  await store.stop();
});

test("two nodes on one log: the bus is only a wake-up, the other node reads again", async () => {
  const store = openStore(stage.folder());
  const bus = new LocalBus();
  const one = await startRelayOn(store, bus, { port: 0, report: () => {} });
  const two = await startRelayOn(store, bus, { port: 0, report: () => {} });
  stage.defer(() => two.stop());
  stage.defer(() => one.stop());
  const handle = stage.repo(one.url).create<Content>({ n: 0 });
  const found = await find(stage.repo(two.url), handle.url);
  for (let i = 1; i <= 5; i++) {
    const [here, there] = i % 2 ? [handle, found] : [found, handle];
    here.change((doc) => void (doc["n"] = i));
    await until(`edit ${i} went over`, () => there.doc()["n"] === i);
  }
});

test("two nodes on one log whose bus is dead: both write, and what each lacks is found in the log", async () => {
  const store = openStore(stage.folder());
  const dead: Bus = { publish: () => {}, subscribe: () => () => {}, stop: async () => {} };
  const start = () => startRelayOn(store, dead, { port: 0, report: () => {}, repairMs: 100 });
  const [one, two] = [await start(), await start()];
  stage.defer(() => two.stop());
  stage.defer(() => one.stop());
  const handle = stage.repo(one.url).create<Content>({ n: 0 });
  const found = await find(stage.repo(two.url), handle.url);
  for (let i = 1; i <= 20; i++) {
    handle.change((doc) => void (doc["a"] = i));
    found.change((doc) => void (doc["b"] = i));
    await sleep(10);
  }
  await until("level", () =>
    [handle, found].every((each) => each.doc()["a"] === 20 && each.doc()["b"] === 20),
  );
  expect(handle.heads()).toEqual(found.heads());
});

test("the feed tells what was committed to, live, after a restart from where one stopped, and to Deckle only", async () => {
  const data = stage.folder();
  const first = await stage.relay({ data });
  const repo = stage.repo(first.url);
  const [a, b] = [repo.create<Content>({ n: 0 }), repo.create<Content>({ n: 0 })];
  const pages = (client: RawClient) => client.received.flatMap((each) => parseFeed(each) ?? []);
  const told = (client: RawClient) =>
    new Map(
      pages(client).flatMap(({ entries }) => entries.map((each) => [each.documentId, each.heads.join()])),
    );
  const listen = (client: RawClient, after: number, epoch: string): void =>
    client.send({ type: "feed", senderId: client.peerId, after, epoch });

  const client = await stage.raw(first.url);
  listen(client, 0, "");
  await until("both are told", () => told(client).size === 2);
  a.change((doc) => void (doc["n"] = 1));
  await until("live", () => told(client).get(a.documentId) === a.heads().map(hexOf).join());
  const last = pages(client).at(-1);
  await first.stop();

  const second = await stage.relay({ data, port: first.port });
  b.change((doc) => void (doc["n"] = 2));
  const back = await stage.raw(second.url);
  listen(back, last?.upTo ?? 0, last?.epoch ?? "");
  await until("only what is new", () => told(back).get(b.documentId) === b.heads().map(hexOf).join());
  expect([...told(back).keys()]).toEqual([b.documentId]);

  const stock = await RawClient.open(second.url, "stock");
  stock.send({ type: "join", senderId: "stock", peerMetadata: {}, supportedProtocolVersions: ["1"] });
  listen(stock, 0, "");
  await until("refused", () => stock.closeCode === 4400);
});

test("whoever asks whether the relay is there is answered, not more often than it helps, and only where it is ours", async () => {
  const relay = await stage.relay();
  const client = await stage.raw(relay.url);
  const ask = (): void => client.send({ type: "alive", senderId: client.peerId, targetId: "relay" });
  ask();
  await until("answered", () => client.of("alive").length === 1);
  expect(client.of("alive")[0]?.["targetId"]).toBe(client.peerId);
  for (let n = 0; n < 100; n++) ask();
  await until("answered again", () => {
    ask();
    return client.of("alive").length === 2;
  });
  expect(client.closeCode).toBeUndefined();

  const stock = await RawClient.open(relay.url, "stock");
  stock.send({ type: "join", senderId: "stock", peerMetadata: {}, supportedProtocolVersions: ["1"] });
  stock.send({ type: "alive", senderId: "stock" });
  await until("refused", () => stock.closeCode === 4400);
  const other = await stage.raw(relay.url);
  other.send({ type: "alive", senderId: client.peerId });
  await until("refused", () => other.closeCode === 4400);
});

test("a document that a client has left is not sent to it any more, and comes anew when it asks", async () => {
  const relay = await stage.relay();
  const { repo, receipts } = stage.deckleRepo(relay.url);
  const handle = repo.create<Content>({ n: 0 });
  const { documentId } = handle;
  await until("kept", () => receipts.length > 0);
  const client = await stage.raw(relay.url);
  const ask = (): void => {
    const [, data] = A.generateSyncMessage(A.init(), A.initSyncState());
    if (data) client.frame("request", documentId, data);
  };
  ask();
  await until("sent", () => client.of("sync").length === 1);
  const leave = { type: "leave", senderId: client.peerId, targetId: "relay" };
  client.send({ ...leave, documentId });
  // One that it never had is none that it could leave.
  client.send({ ...leave, documentId: "2nGkVeQScJEXQtq9R22UrhThLdU9" });
  const before = receipts.length;
  handle.change((doc) => void (doc["n"] = 1));
  await until("kept", () => receipts.length > before);
  // Frames keep their order: what was sent to it before this answer has come.
  client.send({ type: "alive", senderId: client.peerId });
  await until("answered", () => client.of("alive").length === 1);
  expect(client.of("sync").length).toBe(1);
  ask();
  await until("sent again", () => client.of("sync").length === 2);
});

test("a draining relay says so, commits, and closes with 1012", async () => {
  const relay = await stage.relay();
  const http = relay.url.replace("ws:", "http:").replace("/sync", "");
  const ready = await fetch(`${http}/readyz`);
  expect([ready.status, ready.headers.get("cache-control")]).toEqual([200, "no-store"]);
  expect((await fetch(`${http}/healthz`)).status).toBe(200);
  expect((await fetch(`${http}/sync/../x`)).headers.get("cache-control")).toBe("no-store");
  const clients = await Promise.all([1, 2, 3].map(() => stage.raw(relay.url)));
  await relay.stop();
  await until("closed", () => clients.every((each) => each.closeCode === 1012));
});

/** Sockets of members who are revoked, removed or lowered in the middle of a flood of writes, and of who only reads. */
import * as A from "@automerge/automerge";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { AttackedMembers } from "../harness-attacked-members.ts";
import { attackedStartMs, type Memory } from "../harness-attacked.ts";
import { answered, answeredOrClosed, inTurns } from "../harness-flood.ts";
import { syncMessage } from "../harness-forge.ts";
import type { Visitor } from "../harness-join.ts";
import { bring, changeBy, receipted, refusals, type Made } from "../harness-members.ts";
import { askOnce, upgrade } from "../harness-posts.ts";
import { sleep, Stage, until, type RawClient } from "../harness.ts";
import { closeReasons } from "../protocol/codes.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
/** What one test opens; ended after it. */
const inner = new Stage();
let members: AttackedMembers;
let before: Memory;
beforeAll(async () => {
  members = await AttackedMembers.start(stage, { idleRoomMs: 500 });
}, attackedStartMs);
afterAll(() => stage.end());
beforeEach(async () => void (before = await members.attacked.memory()));
afterEach(async () => {
  await inner.end();
  await members.attacked.mustBeUnharmed(before);
});

/** From the moment at which it is asked for. It is a second, and some for the test itself. */
const closedWithinMs = 1_500;

/** Writes as fast as it can, each change on the one before, until it is told to end or its socket is closed. */
class Flood {
  readonly client: RawClient;
  readonly documentId: string;
  readonly #by: Visitor;
  readonly #seqByHash = new Map<string, number>();
  sent = 0;
  #last: Made | undefined;
  #isOver = false;
  readonly over: Promise<void>;

  constructor(client: RawClient, by: Visitor, documentId = makeDocumentId()) {
    this.client = client;
    this.#by = by;
    this.documentId = documentId;
    this.over = this.#run();
  }
  /** How far the document that a newcomer is served has come. */
  seenBy(reader: RawClient): number {
    const heads = reader.of("sync").flatMap(({ documentId, data }) => {
      const isOurs = documentId === this.documentId && data instanceof Uint8Array;
      return isOurs ? A.decodeSyncMessage(data).heads : [];
    });
    return Math.max(0, ...heads.map((head) => this.#seqByHash.get(head) ?? 0));
  }
  end(): Promise<void> {
    this.#isOver = true;
    return this.over;
  }
  next(client: RawClient): void {
    const change = changeBy(this.#by.device, {
      seq: ++this.sent,
      deps: this.#last ? [this.#last.hash] : [],
    });
    this.#last = change;
    this.#seqByHash.set(change.hash, this.sent);
    bring(client, this.documentId, [change]);
  }
  async #run(): Promise<void> {
    while (!this.#isOver && this.client.closeCode === undefined) {
      for (let i = 0; i < 5; i++) this.next(this.client);
      await sleep(1);
    }
  }
}

/** What somebody who comes anew is served. */
async function stored(flood: Flood): Promise<number> {
  const reader = await members.owner.connect(inner);
  reader.frame("request", flood.documentId, syncMessage());
  await answered(reader);
  return flood.seenBy(reader);
}

async function flooding(editor: Visitor): Promise<{ readonly flood: Flood; readonly watcher: RawClient }> {
  const watcher = await members.owner.connect(inner);
  const flood = new Flood(await editor.connect(inner), editor);
  watcher.frame("request", flood.documentId, syncMessage());
  await until("the flood is seen", () => flood.seenBy(watcher) > 50);
  return { flood, watcher };
}

test("attack: a device that is revoked in the middle of a flood of writes goes on writing", async () => {
  const editor = await members.member("editor");
  const kept = [await editor.ticket(), await editor.ticket("manage")];
  const { flood, watcher } = await flooding(editor);
  const startedMs = performance.now();
  const { status } = await members.owner.manage("revoke", { device: editor.device.id });
  // What is sent from now on may reach nobody, and what came before may.
  const sent = flood.sent;
  await until("closed", () => flood.client.closeCode !== undefined);
  expect(performance.now() - startedMs).toBeLessThan(closedWithinMs);
  expect([status, flood.client.closeCode]).toEqual([200, closeReasons.revoked.code]);
  await flood.over;
  await answered(watcher);
  const seen = flood.seenBy(watcher);
  expect(seen).toBeLessThanOrEqual(sent);
  expect(await stored(flood)).toBe(seen);
  const [toSync = "", toManage = ""] = kept;
  const managed = await editor.call("people", {}, { authorization: `Ticket ${toManage}` });
  const { port } = members.attacked;
  expect([managed.status, (await askOnce(port, upgrade(`/sync?ticket=${toSync}`)))?.status]).toEqual([
    403, 401,
  ]);
  expect([await editor.ticket(), await editor.ticket("manage")]).toEqual(["", ""]);
  await sleep(300);
  expect([flood.seenBy(watcher), await stored(flood)]).toEqual([seen, seen]);
});

test("attack: whose role is lowered in the middle of a flood of writes comes back and goes on writing", async () => {
  const editor = await members.member("editor");
  const member = await members.memberOf(editor);
  const { flood, watcher } = await flooding(editor);
  const startedMs = performance.now();
  const { status } = await members.owner.manage("role", { member, role: "viewer" });
  const sent = flood.sent;
  await until("closed", () => flood.client.closeCode !== undefined);
  expect(performance.now() - startedMs).toBeLessThan(closedWithinMs);
  expect([status, flood.client.closeCode]).toEqual([200, closeReasons.accessChanged.code]);
  await flood.over;
  await answered(watcher);
  const seen = flood.seenBy(watcher);
  expect(seen).toBeLessThanOrEqual(sent);
  const again = await editor.connect(inner);
  await inTurns(500, 50, () => flood.next(again));
  await answered(again);
  const own = makeDocumentId();
  bring(again, own, [changeBy(editor.device)]);
  await until("refused there as well", () => again.of("refused").some((each) => each["documentId"] === own));
  expect(new Set(refusals(again))).toEqual(new Set(["read-only"]));
  expect([flood.seenBy(watcher), await stored(flood)]).toEqual([seen, seen]);
});

test("attack: a member who is removed, with five sockets that flood and one that only listens", async () => {
  const editor = await members.member("editor");
  const floods: Flood[] = [];
  for (let i = 0; i < 5; i++) floods.push(new Flood(await editor.connect(inner), editor));
  const listening = await editor.connect(inner);
  const shared = makeDocumentId();
  listening.frame("request", shared, syncMessage());
  await answered(listening);
  const startedMs = performance.now();
  expect((await members.owner.manage("remove", { member: await members.memberOf(editor) })).status).toBe(200);
  const sockets = [listening, ...floods.map(({ client }) => client)];
  await until("all closed", () => sockets.every(({ closeCode }) => closeCode === closeReasons.revoked.code));
  expect(performance.now() - startedMs).toBeLessThan(2 * closedWithinMs);
  const heard = listening.received.length;
  const writing = await members.owner.connect(inner);
  const change = changeBy(members.owner.device);
  bring(writing, shared, [change]);
  await receipted(writing, change);
  expect(listening.received).toHaveLength(heard);
});

test("attack: a socket whose device is revoked before it has joined", async () => {
  const editor = await members.member("editor");
  const socket = new WebSocket(`${members.url}?ticket=${await editor.ticket()}`);
  let closeCode: number | undefined;
  const heard: unknown[] = [];
  socket.onclose = ({ code }) => void (closeCode = code);
  socket.onmessage = ({ data }) => void heard.push(data);
  await until("open", () => socket.readyState === WebSocket.OPEN);
  await members.owner.manage("revoke", { device: editor.device.id });
  await until("closed", () => closeCode === closeReasons.revoked.code);
  expect(heard).toEqual([]);
});

test("attack: a viewer floods changes, in its own name and in an editor's", async () => {
  const [editor, viewer] = [await members.member("editor"), await members.member("viewer")];
  const { documentId } = members.attacked.mine;
  const heads = members.attacked.mine.heads().join();
  await members.attacked.attack(async () => {
    const client = await viewer.connect(inner);
    await inTurns(3_000, 30, (i) => {
      const by = [viewer, editor][i % 2] ?? viewer;
      bring(client, i % 3 ? documentId : makeDocumentId(), [changeBy(by.device, { content: `${i}` })]);
    });
    await answeredOrClosed(client);
    expect(new Set(refusals(client))).toEqual(new Set(["read-only"]));
    expect(client.of("receipt").filter((each) => each["documentId"] !== documentId)).toEqual([]);
    client.socket.terminate();
  });
  expect(members.attacked.mine.heads().join()).not.toBe(heads);
  expect(members.attacked.theirs.doc()).toEqual({ edits: expect.any(Number) });
}, 60_000);

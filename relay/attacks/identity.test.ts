/** One client in another's place: peer ids, changes in somebody else's name, ids that are paths. */
import { readdirSync } from "node:fs";
import { dirname, join as joinPath } from "node:path";
import * as A from "@automerge/automerge";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { Attacked, attackedStartMs, type Memory } from "../harness-attacked.ts";
import { frame, join, syncMessage } from "../harness-forge.ts";
import { RawClient, sleep, Stage, until, type Content } from "../harness.ts";
import { encodeCbor } from "../protocol/cbor.ts";
import { parseDeckleMetadata } from "../protocol/messages.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
let attacked: Attacked;
let before: Memory;
beforeAll(async () => void (attacked = await Attacked.start(stage, { idleRoomMs: 500 })), attackedStartMs);
afterAll(() => stage.end());
beforeEach(async () => void (before = await attacked.memory()));
afterEach(async () => void (await attacked.mustBeUnharmed(before)));

test("a second socket with somebody's peer id does not take their place", async () => {
  const victim = await stage.raw(attacked.url, "twin");
  victim.frame("request", attacked.mine.documentId, syncMessage());
  await until("served", () => victim.of("sync").length > 0);
  const served = victim.of("sync").length;
  const twin = await RawClient.join(attacked.url, "twin");
  await attacked.edit();
  await until("the victim gets edits", () => victim.of("sync").length > served);
  twin.socket.terminate();
  const later = victim.of("sync").length;
  await attacked.edit();
  await until("and goes on getting them", () => victim.of("sync").length > later);
  expect(twin.of("sync")).toEqual([]);
});

test("200 sockets with the peer id of one of the pair", async () => {
  const seen = await stage.raw(attacked.url);
  seen.frame("request", attacked.mine.documentId, syncMessage());
  await until("served", () => seen.of("sync").length > 0);
  const twins: RawClient[] = [];
  for (let i = 0; i < 200; i++) twins.push(await RawClient.join(attacked.url, "twin"));
  for (const twin of twins) twin.frame("request", attacked.mine.documentId, syncMessage());
  await attacked.edit();
  for (const twin of twins) twin.socket.terminate();
  seen.socket.terminate();
}, 30_000);

test("frames in somebody else's name after join", async () => {
  for (const type of ["sync", "request"]) {
    const client = await RawClient.join(attacked.url, "attacker");
    client.socket.send(frame(attacked.mine.documentId, syncMessage(), { type, senderId: "victim" }));
    await until("closed", () => client.closeCode === 4400);
  }
});

test("the relay's own peer id, and a targetId of somebody else, get nothing that others do not", async () => {
  const peek = await stage.raw(attacked.url);
  const relayId = String(peek.of("peer")[0]?.["senderId"]);
  const client = await RawClient.open(attacked.url, relayId);
  client.socket.send(join({ senderId: relayId }));
  client.socket.send(
    frame(makeDocumentId(), syncMessage(), { type: "request", senderId: relayId, targetId: "victim" }),
  );
  await until(
    "answered or closed",
    () => client.of("doc-unavailable").length > 0 || client.closeCode !== undefined,
  );
  client.socket.terminate();
});

test("presence in somebody else's name is not passed on", async () => {
  const [attacker, reader] = [await stage.raw(attacked.url), await stage.raw(attacked.url)];
  const { documentId } = attacked.mine;
  for (const each of [attacker, reader]) each.frame("request", documentId, syncMessage());
  await until("in the room", () => [attacker, reader].every((each) => each.of("sync").length > 0));
  const more = { targetId: "relay", documentId, count: 1, sessionId: "s" };
  attacker.send({ type: "ephemeral", senderId: "victim", ...more, data: encodeCbor("forged") });
  attacker.send({ type: "ephemeral", senderId: attacker.peerId, ...more, data: encodeCbor("own") });
  const heard = (): string => JSON.stringify([...reader.of("ephemeral"), ...reader.of("presences")]);
  // By the name that the relay gave it: whoever calls itself by another's is not taken for it either.
  const { self = "" } = parseDeckleMetadata(attacker.of("peer")[0]?.["peerMetadata"]) ?? {};
  expect(self).toMatch(/^[0-9a-f]{16}-\d+$/);
  await until("its own comes through", () => heard().includes(self));
  for (const name of ["victim", attacker.peerId]) expect(heard()).not.toContain(name);
  for (const each of [attacker, reader]) each.socket.terminate();
});

test("a forged change with a victim's next sequence number is refused, the first one stays", async () => {
  const actor = "aa".repeat(16);
  const base = A.from<Content>({ n: 0 }, { actor });
  const next = (n: number): Uint8Array =>
    A.getLastLocalChange(A.change(A.clone(base, { actor }), (doc) => void (doc["n"] = n))) ??
    new Uint8Array(0);
  const [real, forged] = [next(1), next(66)];
  const id = makeDocumentId();
  const [victim, attacker] = [await stage.raw(attacked.url), await stage.raw(attacked.url)];
  const realHead = A.decodeChange(real).hash;
  victim.frame("sync", id, syncMessage({ heads: [realHead], changes: [...A.getAllChanges(base), real] }));
  await until("receipted", () => victim.of("receipt").length > 0);
  attacker.frame("sync", id, syncMessage({ heads: [A.decodeChange(forged).hash], changes: [forged] }));
  await sleep(100);
  expect(attacker.of("receipt")).toEqual([]);
  const reader = await stage.raw(attacked.url);
  reader.frame("request", id, syncMessage());
  await until("served", () => reader.of("sync").length > 0);
  const data = reader.of("sync")[0]?.["data"];
  expect(data instanceof Uint8Array && A.decodeSyncMessage(data).heads).toEqual([realHead]);
  for (const each of [victim, attacker, reader]) each.socket.terminate();
});

test("ids that are paths leave nothing outside the relay's files", async () => {
  const folder = stage.folder();
  const own = await Attacked.start(stage, {}, joinPath(folder, "data"));
  const files = (): string[] =>
    readdirSync(dirname(joinPath(folder, "data")), { recursive: true })
      .map(String)
      .sort();
  const known = files();
  const ids = [
    "../x",
    "../../../../../../tmp/x",
    "..%2f..%2fx",
    "/etc/x",
    "a\0b",
    "x".repeat(5_000),
    "C:\\x",
    "con",
    ".",
  ];
  for (const id of ids) {
    for (const type of ["sync", "request"]) {
      const client = await RawClient.join(own.url, "attacker");
      client.socket.send(frame(id, syncMessage(), { type }));
      await until("closed", () => client.closeCode === 4400);
    }
    const joining = await RawClient.open(own.url, "x");
    joining.socket.send(join({ senderId: id, peerMetadata: { storageId: id, isEphemeral: false } }));
    joining.socket.send(frame(makeDocumentId(), syncMessage(), { senderId: id }));
    await sleep(5);
    joining.socket.terminate();
  }
  await own.edit();
  expect(files()).toEqual(known);
}, 30_000);

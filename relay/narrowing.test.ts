/**
 * Documents in which somebody may do less, down to nothing: then they look as if they were not there, in what is
 * answered and in how long it takes; and comments, which are documents of their own.
 */
import * as A from "@automerge/automerge";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { TestDevice } from "./harness-access.ts";
import { answered, randomHashes } from "./harness-flood.ts";
import { syncMessage } from "./harness-forge.ts";
import { bring, changeBy, Members, receipted, refusals, servedTo, type Made } from "./harness-members.ts";
import { Stage, until, type RawClient } from "./harness.ts";
import { encodeCbor } from "./protocol/cbor.ts";
import { parseDeckleMetadata, parseFeed } from "./protocol/messages.ts";
import type { Share } from "./protocol/roles.ts";
import { commentsOf, makeDocumentId } from "./store/documentId.ts";

let stage: Stage;
let members: Members;
let editor: TestDevice;
let viewer: TestDevice;
beforeEach(async () => {
  stage = new Stage();
  members = await Members.start(stage);
  [editor, viewer] = [await members.member("editor"), await members.member("viewer")];
});
afterEach(() => stage.end());

async function narrow(documentId: string, share: Share, device?: TestDevice): Promise<void> {
  const member = device && (await members.memberOf(device));
  const { status } = await members.manage(members.owner, "narrow", {
    documentId,
    share,
    ...(member !== undefined && { member }),
  });
  expect(status).toBe(200);
}

/** A chain of changes of the editor, on the relay. */
async function written(documentId: string, count = 1, content = ""): Promise<readonly Made[]> {
  const client = await members.connect(editor);
  const made: Made[] = [];
  for (let seq = 1; seq <= count; seq++)
    made.push(changeBy(editor, { seq, deps: made.slice(-1).map(({ hash }) => hash), content }));
  for (let at = 0; at < count; at += 2_000) bring(client, documentId, made.slice(at, at + 2_000));
  await receipted(client, made.at(-1) ?? changeBy(editor));
  client.socket.terminate();
  return made;
}

const hexOf = ({ bytes }: Made): string => Buffer.from(bytes).toString("hex");
const headsTold = (client: RawClient, documentId: string): string[] =>
  client.of("sync").flatMap(({ documentId: of, data }) => {
    return of === documentId && data instanceof Uint8Array ? A.decodeSyncMessage(data).heads : [];
  });

const ephemeral = (client: RawClient, documentId: string, words: string): void =>
  client.send({
    type: "ephemeral",
    senderId: client.peerId,
    targetId: "relay",
    documentId,
    count: 1,
    sessionId: "s",
    data: encodeCbor(words),
  });

test("narrowing closes the sockets of who is concerned, and what is written then does not reach them", async () => {
  const documentId = makeDocumentId();
  const [first] = await written(documentId);
  const [watching, untouched] = [await members.connect(viewer), await members.connect(members.owner)];
  for (const each of [watching, untouched]) each.frame("request", documentId, syncMessage());
  await until("served", () => [watching, untouched].every((each) => each.of("sync").length > 0));
  await narrow(documentId, "none", viewer);
  await until("closed", () => watching.closeCode === 4430);
  const again = await members.connect(viewer);
  again.frame("request", documentId, syncMessage());
  const client = await members.connect(editor);
  const second = changeBy(editor, { seq: 2, deps: [first?.hash ?? ""] });
  bring(client, documentId, [second]);
  await receipted(client, second);
  await until("who may sees it", () => servedTo(untouched, documentId).includes(hexOf(second)));
  await answered(again);
  expect(headsTold(again, documentId)).toEqual([]);
  expect(again.of("doc-unavailable").map((each) => each["documentId"])).toContain(documentId);
  expect([untouched.closeCode, client.closeCode]).toEqual([undefined, undefined]);
});

/** All that a client is answered on a document that it asks for in every way there is, but for the document's id. */
async function answersOn(client: RawClient, documentId: string, known: readonly string[]): Promise<string[]> {
  client.received.length = 0;
  const [head = ""] = known.slice(-1);
  client.frame("request", documentId, syncMessage());
  client.frame("sync", documentId, syncMessage());
  client.frame("sync", documentId, syncMessage({ heads: [head] }));
  client.frame("sync", documentId, syncMessage({ need: known.slice(0, 3) }));
  client.frame("sync", documentId, syncMessage({ have: [{ lastSync: [head], bloom: new Uint8Array(0) }] }));
  ephemeral(client, documentId, "is anybody there");
  bring(client, documentId, [changeBy(viewer)]);
  client.frame("request", documentId, syncMessage({ heads: [head] }));
  const last = makeDocumentId();
  client.frame("request", last, syncMessage());
  await until("all answered", () => client.received.at(-1)?.["documentId"] === last);
  return client.received
    .filter((each) => each["documentId"] === documentId)
    .map((each) => JSON.stringify({ ...each, documentId: "" }));
}

test("attack: a viewer asks in every way whether a document that they may not see is there", async () => {
  const [hidden, unknown] = [makeDocumentId(), makeDocumentId()];
  const made = await written(hidden, 500);
  await narrow(hidden, "none", viewer);
  const other = await members.connect(members.owner);
  other.frame("request", hidden, syncMessage());
  await until("somebody is in it", () => other.of("sync").length > 0);
  const client = await members.connect(viewer);
  const known = made.map(({ hash }) => hash);
  const ofHidden = await answersOn(client, hidden, known);
  expect(ofHidden.length).toBeGreaterThan(3);
  expect(ofHidden).toEqual(await answersOn(client, unknown, known));
  // Nor does anybody hear of them.
  await answered(other);
  expect([...other.of("ephemeral"), ...other.of("presences")]).toEqual([]);
  // Presence of those who are in it does not come out.
  client.received.length = 0;
  ephemeral(other, hidden, "hello");
  for (const each of [other, client]) await answered(each);
  expect([...client.of("ephemeral"), ...client.of("presences")]).toEqual([]);
});

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

test("attack: how long an answer takes does not say that a document is there, however large it is", async () => {
  const hidden = Array.from({ length: 40 }, () => makeDocumentId());
  for (const documentId of hidden.slice(0, 20)) await written(documentId, 2_000, "x".repeat(200));
  // Half of those that are not there are narrowed as well: that is no news either.
  for (const documentId of hidden) await narrow(documentId, "none", viewer);
  await members.restart();
  const client = await members.connect(viewer);
  const took = async (documentId: string): Promise<number> => {
    client.received.length = 0;
    const startedMs = performance.now();
    client.frame("request", documentId, syncMessage({ heads: randomHashes(1) }));
    await new Promise<void>((resolve) => client.socket.once("message", () => resolve()));
    return performance.now() - startedMs;
  };
  for (let i = 0; i < 20; i++) await took(makeDocumentId());
  const times: { readonly large: number[]; readonly absent: number[]; readonly unknown: number[] } = {
    large: [],
    absent: [],
    unknown: [],
  };
  for (let i = 0; i < 20; i++) {
    times.large.push(await took(hidden[i] ?? ""));
    times.unknown.push(await took(makeDocumentId()));
    times.absent.push(await took(hidden[20 + i] ?? ""));
  }
  const [large, absent, unknown] = [median(times.large), median(times.absent), median(times.unknown)];
  // A document of 2,000 changes that is opened takes several times as long.
  expect(Math.max(large, absent) / unknown).toBeLessThan(1.8);
  expect(unknown / Math.min(large, absent)).toBeLessThan(1.8);
}, 60_000);

test("the feed names no document to who may not see it, and sends them no page for it", async () => {
  const [hidden, open] = [makeDocumentId(), makeDocumentId()];
  await narrow(hidden, "none", viewer);
  const [client, watching] = [await members.connect(viewer), await members.connect(members.owner)];
  for (const each of [client, watching])
    each.send({ type: "feed", senderId: each.peerId, targetId: "relay", after: 0, epoch: "" });
  const told = (each: RawClient): string[] =>
    each.of("feed").flatMap((page) => parseFeed(page)?.entries.map(({ documentId }) => documentId) ?? []);
  await until("level", () => [client, watching].every((each) => each.of("feed").length > 0));
  await written(hidden);
  await until("who may see it is told", () => told(watching).includes(hidden));
  await written(open);
  await until("told of the other", () => client.of("feed").length > 1);
  expect(told(client)).toEqual([open]);
  expect(client.of("feed")).toHaveLength(2);
});

test("who may comment writes comments, others see them, and they write nowhere else", async () => {
  const documentId = makeDocumentId();
  const comments = commentsOf(documentId) ?? "";
  const commenter = await members.member("commenter");
  const [writing, reading] = [await members.connect(commenter), await members.connect(viewer)];
  reading.frame("request", comments, syncMessage());
  const comment = changeBy(commenter);
  bring(writing, comments, [comment]);
  await receipted(writing, comment);
  await until("seen", () => servedTo(reading, comments).includes(hexOf(comment)));
  for (const id of [documentId, members.relay.workspace]) bring(writing, id, [comment]);
  await until("refused", () => refusals(writing).length === 2);
  bring(reading, comments, [changeBy(viewer)]);
  await until("a viewer is refused", () => refusals(reading).length === 1);
  await narrow(documentId, "none", viewer);
  const again = await members.connect(viewer);
  again.frame("request", comments, syncMessage());
  await answered(again);
  expect(headsTold(again, comments)).toEqual([]);
});

test("attack: presence in somebody else's name, or to a document that is narrowed", async () => {
  const documentId = makeDocumentId();
  await written(documentId);
  const [speaking, hearing] = [await members.connect(editor), await members.connect(viewer)];
  for (const each of [speaking, hearing]) each.frame("request", documentId, syncMessage());
  await until("in", () => [speaking, hearing].every((each) => each.of("sync").length > 0));
  ephemeral(speaking, documentId, "hello");
  await until("heard", () => hearing.of("ephemeral").length > 0);
  const self = parseDeckleMetadata(speaking.of("peer")[0]?.["peerMetadata"])?.self;
  expect(hearing.of("ephemeral").map(({ senderId }) => senderId)).toEqual([self]);
  expect(self?.startsWith(editor.id.slice(0, 16))).toBe(true);
});

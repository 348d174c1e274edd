/**
 * Documents that are another workspace's, or none at all. Of a relay that lets in members only. How long it takes to
 * say that a document is not there, and all that can be asked of one that is narrowed, is in `../narrowing.test.ts`.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { AttackedMembers } from "../harness-attacked-members.ts";
import { attackedStartMs, type Memory } from "../harness-attacked.ts";
import { answered, inTurns } from "../harness-flood.ts";
import { syncMessage } from "../harness-forge.ts";
import type { Visitor } from "../harness-join.ts";
import { bring, changeBy, receipted, refusals, servedTo, type Made } from "../harness-members.ts";
import { Stage, until, type RawClient } from "../harness.ts";
import type { AuditMessage } from "../protocol/access-messages.ts";
import { commentsOf, makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
/** What one test opens; ended after it. */
const inner = new Stage();
let members: AttackedMembers;
let elsewhere: Visitor;
let before: Memory;
beforeAll(async () => {
  members = await AttackedMembers.start(stage, { idleRoomMs: 500 });
  elsewhere = await members.anotherWorkspace("Elsewhere");
}, attackedStartMs);
afterAll(() => stage.end());
beforeEach(async () => void (before = await members.attacked.memory()));
afterEach(async () => {
  await inner.end();
  await members.attacked.mustBeUnharmed(before);
});

/** All that a client was told of a document, but for its id. */
const toldOf = (client: RawClient, documentId: string): string[] =>
  client.received
    .filter((each) => each["documentId"] === documentId)
    .map((each) => JSON.stringify({ ...each, documentId: "" }));

test("attack: a document is moved to another workspace: others' changes are refused there, the contents stay apart", async () => {
  const editor = await members.member("editor");
  const writing = await editor.connect(inner);
  const documentId = makeDocumentId();
  const [first, theirs] = [changeBy(editor.device), changeBy(members.owner.device, { content: "owner's" })];
  bring(writing, documentId, [first]);
  await receipted(writing, first);
  // The mover is in both, and brings all of it, the same bytes under the same id.
  const mover = await members.anotherWorkspace("Moved to", members.owner.device);
  const [here, there] = [await members.owner.connect(inner), await mover.connect(inner)];
  bring(here, documentId, [theirs]);
  await receipted(here, theirs);
  bring(there, documentId, [first, theirs]);
  await until("refused", () => refusals(there).length > 0);
  expect(refusals(there)).toEqual(["foreign-actor"]);
  const own = changeBy(mover.device, { content: "elsewhere" });
  bring(there, documentId, [own]);
  await answered(there);
  const hexOf = ({ bytes }: Made): string => Buffer.from(bytes).toString("hex");
  const [readHere, readThere] = [await editor.connect(inner), await mover.connect(inner)];
  for (const reader of [readHere, readThere]) {
    reader.frame("request", documentId, syncMessage());
    await answered(reader);
  }
  const kept = (reader: RawClient): boolean[] =>
    [first, theirs, own].map((change) => servedTo(reader, documentId).includes(hexOf(change)));
  expect(kept(readHere)).toEqual([true, true, false]);
  expect(kept(readThere)[0]).toBe(false);
  // By an import, into an id that is new there, it may be moved, and that is written down.
  const moved = makeDocumentId();
  expect((await mover.manage("import", { documentId: moved })).status).toBe(200);
  bring(there, moved, [first]);
  await receipted(there, first);
  expect((await mover.manage("import", { documentId })).status).toBe(409);
  const { body } = await mover.manage("audit", { after: 0 });
  const { entries } = body as { entries: AuditMessage[] };
  expect(entries.filter(({ what }) => what === "imported").map((each) => each.documentId)).toEqual([moved]);
});

test("attack: ids of another workspace: its documents, list and comments, in every kind of frame and call", async () => {
  const editor = await members.member("editor");
  const writing = await editor.connect(inner);
  const documentId = makeDocumentId();
  const comments = commentsOf(documentId) ?? "";
  const change = changeBy(editor.device);
  for (const id of [documentId, comments, members.workspace]) {
    bring(writing, id, [change]);
    await receipted(writing, change);
  }
  const spy = await elsewhere.connect(inner);
  const unknown = makeDocumentId();
  for (const id of [unknown, documentId, comments, members.workspace]) {
    spy.frame("request", id, syncMessage());
    spy.frame("sync", id, syncMessage({ heads: [change.hash] }));
    spy.frame("sync", id, syncMessage({ need: [change.hash] }));
    spy.frame("request", id, syncMessage({ have: [{ lastSync: [change.hash], bloom: new Uint8Array(0) }] }));
    await answered(spy);
  }
  for (const id of [documentId, comments, members.workspace])
    expect(toldOf(spy, id)).toEqual(toldOf(spy, unknown));
  expect(toldOf(spy, unknown)).not.toEqual([]);
  spy.send({ type: "feed", senderId: spy.peerId, after: 0, epoch: "" });
  await answered(spy);
  expect(JSON.stringify(spy.of("feed"))).not.toContain(documentId);
  const member = await members.memberOf(editor);
  for (const [call, body] of [
    ["role", { member, role: "viewer" }],
    ["remove", { member }],
    ["revoke", { device: editor.device.id }],
    ["narrow", { documentId, member, share: "none" }],
  ] as const)
    expect([call, (await elsewhere.manage(call, body)).status]).toEqual([call, 403]);
  expect(writing.closeCode).toBeUndefined();
});

test("attack: 20,000 document ids are tried by a viewer, among them one of another workspace and one narrowed to nothing", async () => {
  const [editor, viewer] = [await members.member("editor"), await members.member("viewer")];
  const [there, hidden] = [makeDocumentId(), makeDocumentId()];
  const [writing, outside] = [await editor.connect(inner), await elsewhere.connect(inner)];
  for (const [client, id, { device }] of [
    [writing, hidden, editor],
    [outside, there, elsewhere],
  ] as const) {
    bring(client, id, [changeBy(device)]);
    await receipted(client, changeBy(device));
  }
  const member = await members.memberOf(viewer);
  await members.owner.manage("narrow", { documentId: hidden, member, share: "none" });
  await members.attacked.attack(async () => {
    const spy = await viewer.connect(inner);
    const ids = Array.from({ length: 20_000 }, () => makeDocumentId());
    [ids[5_000], ids[15_000]] = [there, hidden];
    await inTurns(ids.length, 200, (i) => spy.frame("request", ids[i] ?? "", syncMessage()));
    await until("all answered", () => spy.of("doc-unavailable").length === ids.length, 20_000);
    const answers = new Map<string, string[]>();
    for (const { documentId, ...rest } of spy.received) {
      const id = String(documentId);
      answers.set(id, [...(answers.get(id) ?? []), JSON.stringify(rest)]);
    }
    const kinds = ids.map((id) => (answers.get(id) ?? []).join());
    expect(new Set(kinds).size).toBe(1);
    spy.socket.terminate();
  });
}, 60_000);

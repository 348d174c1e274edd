/**
 * Whose changes are whose: two different changes with one actor and sequence are never both kept, by whatever way they
 * come, and nobody shuts out the rightful author of a document that is there.
 */
import * as A from "@automerge/automerge";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askRelay } from "./commands/control-client.ts";
import type { TestDevice } from "./harness-access.ts";
import { answered } from "./harness-flood.ts";
import { syncMessage } from "./harness-forge.ts";
import { bring, changeBy, Members, receipted, refusals, servedTo, type Made } from "./harness-members.ts";
import { Stage, until, type RawClient } from "./harness.ts";
import { commentsOf, makeDocumentId } from "./store/documentId.ts";

let stage: Stage;
let members: Members;
let one: TestDevice;
let two: TestDevice;
let client: RawClient;
let rightful: RawClient;
let documentId: string;
beforeEach(async () => {
  stage = new Stage();
  members = await Members.start(stage);
  [one, two] = [await members.member("editor"), await members.member("editor")];
  [client, rightful] = [await members.connect(one), await members.connect(two)];
  documentId = makeDocumentId();
});
afterEach(() => stage.end());

/** Which of these the relay has, as somebody finds out who comes anew. */
async function kept(changes: readonly Made[], id = documentId): Promise<readonly boolean[]> {
  const reader = await members.connect(members.owner);
  reader.frame("request", id, syncMessage());
  // A relay that has just started reads it from the disk first, and may answer of others before.
  await until("told of it", () =>
    [...reader.of("sync"), ...reader.of("doc-unavailable")].some((each) => each["documentId"] === id),
  );
  await answered(reader);
  const served = servedTo(reader, id);
  return changes.map(({ bytes }) => served.includes(Buffer.from(bytes).toString("hex")));
}
const imported = (device: TestDevice, id = documentId) =>
  members.manage(device, "import", { documentId: id });

test("attack: an editor brings a change of another device, with its next sequence number", async () => {
  const forged = changeBy(two, { content: "forged" });
  bring(client, documentId, [forged]);
  await until("refused", () => refusals(client).length > 0);
  expect(refusals(client)).toEqual(["foreign-actor"]);
  const real = changeBy(two);
  bring(rightful, documentId, [real]);
  await receipted(rightful, real);
  // What is known may be said again by anybody.
  bring(client, documentId, [real]);
  await receipted(client, real);
  const next = changeBy(two, { seq: 2, deps: [real.hash] });
  bring(rightful, documentId, [next]);
  await receipted(rightful, next);
  expect(await kept([forged, real, next])).toEqual([false, true, true]);
  const noted = async () => (await members.audit()).filter(({ what }) => what === "refused");
  await until("written down", async () => (await noted()).length > 0);
  expect(await noted()).toMatchObject([{ device: one.id, documentId, reason: "foreign-actor" }]);
});

test("attack: the same within a whole document", async () => {
  const actor = two.id.slice(0, 16) + "0".repeat(16);
  const bytes = A.save(A.from({ text: "forged" }, { actor }));
  const heads = A.getHeads(A.load(bytes));
  client.frame("sync", documentId, syncMessage({ heads, changes: [bytes] }));
  await until("refused", () => refusals(client).length > 0);
  expect(refusals(client)).toEqual(["foreign-actor"]);
  const own = A.save(A.from({ text: "own" }, { actor: one.id.slice(0, 16) }));
  const [head = ""] = A.getHeads(A.load(own));
  client.frame("sync", documentId, syncMessage({ heads: [head], changes: [own] }));
  await receipted(client, { hash: head, bytes: own });
});

test("attack: comments in another's name, by who may comment", async () => {
  const commenter = await members.member("commenter");
  const commenting = await members.connect(commenter);
  const comments = commentsOf(documentId) ?? "";
  bring(commenting, comments, [changeBy(two)]);
  await until("refused", () => refusals(commenting).length > 0);
  expect(refusals(commenting)).toEqual(["foreign-actor"]);
  const own = changeBy(commenter);
  bring(commenting, comments, [own]);
  await receipted(commenting, own);
  bring(commenting, documentId, [own]);
  await until("refused there", () => refusals(commenting).includes("read-only"));
});

test("a history from elsewhere comes into a document that is new, and still after a cut and a restart", async () => {
  expect(await imported(one)).toEqual({ status: 200, body: {} });
  const first = changeBy(members.owner);
  bring(client, documentId, [first]);
  await receipted(client, first);
  client.socket.terminate();
  await members.restart();
  const again = await members.connect(one);
  const second = changeBy(two, { deps: [first.hash] });
  bring(again, documentId, [second]);
  await receipted(again, second);
  // It is this device's alone.
  const other = await members.connect(two);
  bring(other, documentId, [changeBy(members.owner, { seq: 2, deps: [first.hash] })]);
  await until("refused", () => refusals(other).length > 0);
  expect(refusals(other)).toEqual(["foreign-actor"]);
  expect((await members.audit()).filter(({ what }) => what === "imported")).toMatchObject([
    { device: one.id, documentId },
  ]);
});

test("attack: an import into a document that is there", async () => {
  const real = changeBy(two);
  bring(rightful, documentId, [real]);
  await receipted(rightful, real);
  for (const id of [documentId, commentsOf(documentId) ?? "", members.relay.workspace])
    expect(await imported(one, id)).toEqual({ status: 409, body: { refused: "not-new" } });
  bring(client, documentId, [changeBy(two, { seq: 2, deps: [real.hash], content: "forged" })]);
  await until("refused", () => refusals(client).length > 0);
});

test("an imported history that is forged, and the true author's: one of the two is kept", async () => {
  await imported(one);
  const forged = changeBy(two, { content: "forged" });
  bring(client, documentId, [forged]);
  await receipted(client, forged);
  const real = changeBy(two);
  const later = changeBy(two, { seq: 2 });
  bring(rightful, documentId, [real]);
  bring(rightful, documentId, [later]);
  await receipted(rightful, later);
  expect(await kept([forged, real, later])).toEqual([true, false, true]);
  await members.restart();
  expect(await kept([forged, real, later])).toEqual([true, false, true]);
});

test("attack: an import is used to forge after somebody else has written", async () => {
  await imported(one);
  const base = changeBy(members.owner);
  bring(client, documentId, [base]);
  await receipted(client, base);
  const real = changeBy(two, { deps: [base.hash] });
  bring(rightful, documentId, [real]);
  await receipted(rightful, real);
  const forged = changeBy(two, { seq: 2, deps: [real.hash], content: "forged" });
  bring(client, documentId, [forged]);
  await until("refused", () => refusals(client).length > 0);
  expect(refusals(client)).toEqual(["foreign-actor"]);
  expect(await imported(one)).toEqual({ status: 409, body: { refused: "not-new" } });
  await members.restart();
  const again = await members.connect(one);
  bring(again, documentId, [forged]);
  await until("refused after a restart", () => refusals(again).length > 0);
  const [rightfulAgain, next] = [await members.connect(two), changeBy(two, { seq: 2, deps: [real.hash] })];
  bring(rightfulAgain, documentId, [next]);
  await receipted(rightfulAgain, next);
  expect(await kept([base, real, forged, next])).toEqual([true, true, false, true]);
});

test("an import goes on while another device's changes wait for what it has yet to bring", async () => {
  await imported(one);
  const base = changeBy(members.owner);
  const [middle, theirs] = [
    changeBy(members.owner, { seq: 2, deps: [base.hash] }),
    changeBy(two, { deps: [base.hash] }),
  ];
  bring(rightful, documentId, [theirs]);
  await answered(rightful);
  bring(client, documentId, [base]);
  await receipted(client, base);
  bring(client, documentId, [middle]);
  await receipted(client, middle);
  expect(await kept([base, middle, theirs])).toEqual([true, true, true]);
});

test("the same in one frame, and where both wait for what they depend on: one of the two is kept", async () => {
  await imported(one);
  const base = changeBy(one);
  const [forged, real] = [
    changeBy(two, { deps: [base.hash], content: "forged" }),
    changeBy(two, { deps: [base.hash] }),
  ];
  bring(client, documentId, [forged]);
  bring(rightful, documentId, [real]);
  for (const each of [client, rightful]) await answered(each);
  bring(client, documentId, [base]);
  await receipted(client, base);
  const [isForged, isReal] = await kept([forged, real]);
  expect([isForged, isReal].filter(Boolean)).toHaveLength(1);
  const [third, fourth] = [changeBy(two, { seq: 9 }), changeBy(two, { seq: 9, content: "other" })];
  bring(client, documentId, [third, fourth]);
  await answered(client);
  expect(await kept([third, fourth])).toEqual([true, false]);
});

test("while the operator lets it recover, one device brings back what another wrote; not before and not by viewers", async () => {
  const real = changeBy(two);
  bring(client, documentId, [real]);
  await until("refused", () => refusals(client).length > 0);
  expect(await askRelay(members.data, { command: "recover", lastsMs: 60_000 })).toMatchObject({ ok: true });
  bring(client, documentId, [real]);
  await receipted(client, real);
  const viewing = await members.connect(await members.member("viewer"));
  bring(viewing, documentId, [changeBy(two, { seq: 2 })]);
  await until("refused", () => refusals(viewing).length > 0);
  expect(refusals(viewing)).toEqual(["read-only"]);
});

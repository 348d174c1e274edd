/**
 * Who has no ticket, or not one for this: expired, replayed, stolen, of another audience, cut off; signatures that were
 * made for something else; pages of other origins; and headers of any kind. Of a relay that lets in members only.
 */
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { AttackedMembers } from "../harness-attacked-members.ts";
import { attackedStartMs, type Memory } from "../harness-attacked.ts";
import { answered } from "../harness-flood.ts";
import { syncMessage } from "../harness-forge.ts";
import type { Visitor } from "../harness-join.ts";
import { askOnce, post, upgrade } from "../harness-posts.ts";
import { RawClient, sleep, Stage, type Content } from "../harness.ts";
import { nonceMs, ticketMs } from "../protocol/limits.ts";
import { parseDeckleMetadata } from "../protocol/messages.ts";
import { makeDocumentId } from "../store/documentId.ts";

const stage = new Stage();
/** What one test opens; ended after it. */
const inner = new Stage();
let members: AttackedMembers;
let editor: Visitor;
/** Owner of another workspace of the same relay. */
let elsewhere: Visitor;
let before: Memory;
beforeAll(async () => {
  members = await AttackedMembers.start(stage, { idleRoomMs: 500 });
  editor = await members.member("editor");
  elsewhere = await members.anotherWorkspace("Elsewhere");
}, attackedStartMs);
afterAll(() => stage.end());
beforeEach(async () => void (before = await members.attacked.memory()));
afterEach(async () => {
  await inner.end();
  await members.attacked.mustBeUnharmed(before);
});

/** How the upgrade of a socket is answered that shows this ticket, in both ways in which one can be shown. */
async function knock(ticket: string, headers: readonly string[] = []): Promise<readonly string[]> {
  const { port } = members.attacked;
  const offered = `Sec-WebSocket-Protocol: automerge-repo.1, ticket.${ticket}`;
  const answers = [
    await askOnce(port, upgrade("/sync", [...headers, offered])),
    await askOnce(port, upgrade(`/sync?ticket=${ticket}`, headers)),
  ];
  return answers.map((answer) => answer?.text ?? "");
}
const refusal =
  "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n";
const nobody = [refusal, refusal];
const forbidden = { status: 403, body: { refused: "forbidden" } };

/** How a call that takes a ticket is answered. */
const managing = (ticket: string) => editor.call("people", {}, { authorization: `Ticket ${ticket}` });

test("attack: a stock client without a ticket", async () => {
  const { documentId, url } = members.attacked.mine;
  const stock = inner.repo(members.url);
  const own = stock.create<Content>({ forged: 1 });
  for (let n = 0; n < 50; n++) own.change((doc) => void (doc["n"] = n));
  const found = await Promise.race([
    stock.find<Content>(url).then(
      () => "found",
      () => "none",
    ),
    sleep(1_000),
  ]);
  expect(found).not.toBe("found");
  for (const path of ["/sync", "/sync?", "/sync?ticket", "/sync?ticket=", `/sync?documentId=${documentId}`])
    expect((await askOnce(members.attacked.port, upgrade(path)))?.text).toBe(refusal);
  const plain = upgrade("/sync", ["Sec-WebSocket-Protocol: automerge-repo.1"]);
  expect((await askOnce(members.attacked.port, plain))?.text).toBe(refusal);
});

test("attack: a ticket that has expired", async () => {
  const [ticket, toManage] = [await editor.ticket(), await editor.ticket("manage")];
  await members.attacked.letTimePass(ticketMs);
  expect(await knock(ticket)).toEqual(nobody);
  expect(await managing(toManage)).toEqual(forbidden);
});

test("attack: a ticket that is replayed, and one that is stolen: whoever comes second is nobody", async () => {
  const ticket = await editor.ticket();
  const client = await editor.connect(inner, ticket);
  expect(await knock(ticket)).toEqual(nobody);
  const toManage = await editor.ticket("manage");
  expect((await managing(toManage)).status).toBe(200);
  expect(await managing(toManage)).toEqual(forbidden);
  // The very bytes that were overheard.
  const request = upgrade(`/sync?ticket=${await editor.ticket()}`);
  expect((await askOnce(members.attacked.port, request))?.status).toBe(101);
  expect((await askOnce(members.attacked.port, request))?.text).toBe(refusal);
  expect(client.closeCode).toBeUndefined();
});

test("attack: twenty thieves show one ticket at the same moment: one gets in", async () => {
  const ticket = await editor.ticket();
  const request = upgrade(`/sync?ticket=${ticket}`);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => askOnce(members.attacked.port, request)),
  );
  expect(answers.map((answer) => answer?.status ?? 0).toSorted((a, b) => a - b)).toEqual([
    101,
    ...Array<number>(19).fill(401),
  ]);
});

test("attack: a ticket for another purpose, which is used up by that", async () => {
  const [toSync, toManage] = [await editor.ticket(), await editor.ticket("manage")];
  expect(await managing(toSync)).toEqual(forbidden);
  expect(await knock(toManage)).toEqual(nobody);
  expect(await knock(toSync)).toEqual(nobody);
  expect(await managing(toManage)).toEqual(forbidden);
});

test("attack: a ticket for another workspace leads there and nowhere else", async () => {
  const client = await elsewhere.connect(inner);
  const told = parseDeckleMetadata(client.of("peer")[0]?.["peerMetadata"]);
  expect([told?.workspace, told?.role]).toEqual([elsewhere.workspace, "owner"]);
  const [documentId, unknown] = [members.attacked.mine.documentId, makeDocumentId()];
  for (const id of [documentId, unknown]) client.frame("request", id, syncMessage());
  await answered(client);
  const toldOf = (id: string): string[] =>
    client.received
      .filter((each) => each["documentId"] === id)
      .map((each) => JSON.stringify({ ...each, documentId: "" }));
  expect(toldOf(documentId)).toEqual(toldOf(unknown));
  expect(toldOf(unknown)).not.toEqual([]);
  // An owner there, who names the workspace here in whatever they ask.
  const { body } = await elsewhere.manage("people", { workspace: members.workspace });
  expect(body).toMatchObject({ name: "Elsewhere", members: [{ role: "owner" }] });
  const { device } = editor;
  expect(await elsewhere.manage("revoke", { device: device.id, workspace: members.workspace })).toEqual(
    forbidden,
  );
  expect(await editor.ticket()).not.toBe("");
});

test("attack: tickets that are cut off, longer, or of other characters", async () => {
  const ticket = await editor.ticket();
  const spoiled = [
    ticket.slice(0, -1),
    ticket.slice(1),
    ticket.slice(0, 8),
    `${ticket}A`,
    `${ticket.slice(0, -1)}%3D`,
    "A".repeat(43),
    "A".repeat(900),
    "%00",
    "..%2f..%2f",
  ];
  for (const each of spoiled) {
    expect(await knock(each)).toEqual(nobody);
    expect(await managing(each)).toEqual(forbidden);
  }
  // None of that has used it up.
  expect((await editor.connect(inner, ticket)).closeCode).toBeUndefined();
});

test("attack: a signature for another relay, another workspace, another purpose, another nonce, by another key", async () => {
  const evil = "wss://relay.evil.example";
  const signed = [
    await editor.proof("sync", { origin: evil }),
    await editor.proof("sync", {}, { origin: evil }),
    await editor.proof("sync", {}, { workspace: elsewhere.workspace }),
    { ...(await editor.proof("sync")), workspace: elsewhere.workspace },
    { ...(await elsewhere.proof("sync")), workspace: members.workspace },
    { ...(await editor.proof("manage")), purpose: "sync" },
    await editor.proof("accept"),
    { ...(await editor.proof("sync")), nonce: await editor.nonce() },
    await members.stranger().proof("sync", { publicKey: editor.device.publicKey }),
    { ...(await editor.proof("sync")), publicKey: members.owner.device.publicKey },
  ];
  for (const proof of signed) expect(await editor.call("ticket", proof)).toEqual(forbidden);
  const good = await editor.proof("sync");
  const names = ["http://127.0.0.1", "ws://127.0.0.1:1", "", "null", editor.origin.replace("ws:", "wss:")];
  for (const origin of names) {
    expect(await editor.call("ticket", { ...good, origin })).toEqual(forbidden);
    expect(await editor.call("ticket", await editor.proof("sync", { origin }))).toEqual(forbidden);
  }
  // The nonce of what was refused is still good: nobody uses up another's.
  expect((await editor.call("ticket", good)).status).toBe(200);
  expect(await editor.call("ticket", good)).toEqual(forbidden);
});

test("attack: a nonce after its time, of another relay, or changed", async () => {
  const proof = await editor.proof("sync");
  await members.attacked.letTimePass(nonceMs);
  expect(await editor.call("ticket", proof)).toEqual(forbidden);
  const { origin, device, workspace } = editor;
  const nonce = await editor.nonce();
  const foreign = ["", nonce.slice(1), `${nonce}A`, nonce.replace(/^./, "_"), "A".repeat(nonce.length)];
  for (const each of foreign) {
    const shown = { workspace, ...device.prove("sync", each, { origin }, { workspace }) };
    expect(await editor.call("ticket", shown)).toEqual(forbidden);
  }
});

test("attack: pages of other origins, with tickets that are good", async () => {
  const evil = ["https://evil.example", "null", "app://deckle.evil", "file://", "", "APP://DECKLE"];
  const ticket = await editor.ticket();
  const proof = await editor.proof("sync");
  for (const origin of evil) {
    for (const answer of await knock(ticket, [`Origin: ${origin}`]))
      expect(answer).toContain("403 Forbidden");
    const authorization = `Ticket ${await editor.ticket("manage")}`;
    for (const [name, body] of [
      ["ticket", proof],
      ["nonce", { workspace: members.workspace }],
      ["people", {}],
    ] as const)
      expect([name, await editor.call(name, body, { origin, authorization })]).toEqual([name, forbidden]);
  }
  // What a page could not use it could not use up either.
  expect((await editor.call("ticket", proof, { origin: "app://deckle" })).status).toBe(200);
  const client = await RawClient.join(`${members.url}?ticket=${ticket}`, "x");
  client.socket.terminate();
});

test("attack: headers that are too long, that come several times, or name another scheme", async () => {
  const { port } = members.attacked;
  const people = (...headers: string[]) => askOnce(port, post("/access/people", "{}", headers));
  const wrong = `Ticket ${"A".repeat(43)}`;
  const good = `Ticket ${await editor.ticket("manage")}`;
  const bare = good.slice("Ticket ".length);
  for (const each of [
    `Bearer ${bare}`,
    `Basic ${bare}`,
    bare,
    `ticket ${bare}`,
    `Ticket  ${bare}`,
    `Ticket ${bare},`,
  ])
    expect([each, (await people(`Authorization: ${each}`))?.status]).toEqual([each, 403]);
  expect((await people(`Authorization: ${wrong}`, `Authorization: ${good}`))?.status).toBe(403);
  const tooLong = await people(`Authorization: Ticket ${"A".repeat(8_192)}`);
  expect([undefined, 403, 431]).toContain(tooLong?.status);
  const many = await people(...Array.from({ length: 200 }, (_, i) => `X-${i}: Ticket ${bare}`));
  expect([undefined, 403, 431]).toContain(many?.status);
  expect((await people(`Proxy-Authorization: ${good}`, `X-Forwarded-Authorization: ${good}`))?.status).toBe(
    403,
  );
  expect((await people(`Authorization: ${good}`))?.status).toBe(200);
  const offers = Array.from({ length: 200 }, () => `ticket.${"A".repeat(20)}`).join(",");
  expect((await askOnce(port, upgrade("/sync", [`Sec-WebSocket-Protocol: ${offers}`])))?.text).toBe(refusal);
});

/** A relay that lets in members only: by HTTP and WebSocket, as apps and as attackers come. */
import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import WebSocket from "ws";
import { idOfSecret, TestDevice } from "./harness-access.ts";
import { answered } from "./harness-flood.ts";
import { syncMessage } from "./harness-forge.ts";
import { bring, changeBy, Members, refusals } from "./harness-members.ts";
import { Stage, until, type RawClient } from "./harness.ts";
import type { PeopleMessage } from "./protocol/access-messages.ts";
import { connectionsPerDeviceMax, httpBodyBytesMax, inviteSecretCharsMax } from "./protocol/limits.ts";
import { parseDeckleMetadata, parseReceipt, parseRefused } from "./protocol/messages.ts";
import { makeDocumentId } from "./store/documentId.ts";

let stage: Stage;
let members: Members;
beforeEach(async () => {
  stage = new Stage();
  members = await Members.start(stage);
});
afterEach(() => stage.end());

/** How the upgrade of a socket was answered. */
const knock = (url: string, protocols: string[] = []): Promise<string> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, protocols);
    socket.on("error", (error) => resolve(error.message));
    socket.on("open", () => {
      resolve(`open ${socket.protocol}`);
      socket.terminate();
    });
  });

const syncs = (client: RawClient, documentId: string): number =>
  client.of("sync").filter((each) => each["documentId"] === documentId).length;

test("an editor writes, a viewer sees it and cannot write, whatever its client sends", async () => {
  const [editor, viewer] = [await members.member("editor"), await members.member("viewer")];
  const [writing, reading] = [await members.connect(editor), await members.connect(viewer)];
  const documentId = makeDocumentId();
  for (const each of [writing, reading]) each.frame("request", documentId, syncMessage());
  const first = changeBy(editor);
  writing.frame("sync", documentId, syncMessage({ heads: [first.hash], changes: [first.bytes] }));
  await until("receipted", () => parseReceipt(writing.of("receipt")[0])?.heads[0] === first.hash);
  await until("shown", () => reading.of("sync").length > 0);
  const shown = syncs(writing, documentId);
  const own = changeBy(viewer);
  reading.frame("sync", documentId, syncMessage({ heads: [own.hash], changes: [own.bytes] }));
  await until("refused", () => reading.of("refused").length > 0);
  expect(parseRefused(reading.of("refused")[0])).toEqual({ documentId, why: "read-only" });
  await answered(writing);
  expect(syncs(writing, documentId)).toBe(shown);
  expect(reading.of("receipt").some((each) => parseReceipt(each)?.heads.includes(own.hash))).toBe(false);
});

test("revoked mid-session: the socket is closed within a second, and nothing of it reaches anybody any more", async () => {
  const [editor, watcher] = [await members.member("editor"), await members.member("viewer")];
  const [writing, watching] = [await members.connect(editor), await members.connect(watcher)];
  const documentId = makeDocumentId();
  watching.frame("request", documentId, syncMessage());
  let seq = 0;
  let last: string | undefined;
  const typing = setInterval(() => {
    const { bytes, hash } = changeBy(editor, { seq: ++seq, deps: last ? [last] : [] });
    last = hash;
    if (writing.closeCode === undefined)
      writing.frame("sync", documentId, syncMessage({ heads: [hash], changes: [bytes] }));
  }, 5);
  stage.defer(() => clearInterval(typing));
  await until("typing is seen", () => watching.of("sync").length > 3);
  const startedMs = performance.now();
  expect((await members.manage(members.owner, "revoke", { device: editor.id })).status).toBe(200);
  await until("closed", () => writing.closeCode !== undefined);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  expect(writing.closeCode).toBe(4403);
  await answered(watching);
  const seen = syncs(watching, documentId);
  expect(await members.ticket(editor)).toBe("");
  await answered(watching);
  expect(syncs(watching, documentId)).toBe(seen);
});

test("a role that is lowered counts at once, and the socket is told to come again", async () => {
  const editor = await members.member("editor");
  const client = await members.connect(editor);
  const { body } = await members.manage(members.owner, "people", {});
  const id = (body as PeopleMessage).members.find(({ name }) => name === "editor")?.id;
  expect((await members.manage(members.owner, "role", { member: id, role: "viewer" })).status).toBe(200);
  await until("closed", () => client.closeCode === 4430);
  const again = await members.connect(editor);
  const { bytes, hash } = changeBy(editor);
  again.frame("sync", makeDocumentId(), syncMessage({ heads: [hash], changes: [bytes] }));
  await until("refused", () => again.of("refused").length > 0);
});

test("attack: no ticket, a used one, one for managing, one that is cut off: the same answer", async () => {
  const used = await members.ticket(members.owner);
  expect(await knock(members.relay.url, ["automerge-repo.1", `ticket.${used}`])).toBe(
    "open automerge-repo.1",
  );
  const managing = await members.ticket(members.owner, "manage");
  const cut = (await members.ticket(members.owner)).slice(0, -1);
  const answers = await Promise.all([
    knock(members.relay.url),
    knock(members.relay.url, ["automerge-repo.1"]),
    knock(members.relay.url, [`ticket.${used}`]),
    knock(`${members.relay.url}?ticket=${managing}`),
    knock(`${members.relay.url}?ticket=${cut}`),
    knock(`${members.relay.url}?ticket=`),
  ]);
  expect(new Set(answers)).toEqual(new Set(["Unexpected server response: 401"]));
  for (const authorization of ["", "Ticket", `Ticket ${used}`, `Bearer ${managing}`, "Ticket \u00e4"])
    expect(await members.call("people", {}, { authorization })).toEqual({
      status: 403,
      body: { refused: "forbidden" },
    });
});

test("attack: one who is nobody, in a workspace that is there and in one that is not, is told the same", async () => {
  const stranger = new TestDevice();
  const here = await members.proof(stranger, "sync");
  const elsewhere = makeDocumentId();
  const there = await members.proof(stranger, "sync", { workspace: elsewhere });
  expect(await members.call("ticket", here)).toEqual(await members.call("ticket", there));
  const knocking = (proof: object) =>
    members.call("accept", { ...proof, secret: "guess", name: "Eve", deviceName: "x" });
  const more = { invite: idOfSecret("guess") };
  expect(await knocking(await members.proof(stranger, "accept", more))).toEqual(
    await knocking(await members.proof(stranger, "accept", { ...more, workspace: elsewhere })),
  );
  const offer = { secret: "guess" };
  expect(await members.call("offer", { workspace: members.relay.workspace, ...offer })).toEqual(
    await members.call("offer", { workspace: elsewhere, ...offer }),
  );
  expect((await members.call("nonce", { workspace: elsewhere })).status).toBe(200);
});

test("attack: who knows only the id of a pending invite, as owners, the audit and backups show it, takes it", async () => {
  const secret = await members.invite("owner");
  const { invites } = (await members.manage(members.owner, "people", {})).body as PeopleMessage;
  const id = invites[0]?.id ?? "";
  expect(id).toBe(idOfSecret(secret));
  const { workspace } = members.relay;
  const removed = new TestDevice();
  const guessed = { status: 403, body: { refused: "invite-invalid" } };
  const names = { name: "Eve", deviceName: "x" };
  // It signs the id itself, or the hash of what it shows, and shows the id or a guess.
  for (const shown of [id, "guess"]) {
    for (const invite of [id, idOfSecret(shown)]) {
      const proof = await members.proof(removed, "accept", { invite });
      expect(await members.call("accept", { ...proof, invite, secret: shown, ...names })).toEqual(guessed);
    }
    expect(await members.call("offer", { workspace, invite: id, secret: shown })).toEqual(guessed);
  }
  const proof = await members.proof(removed, "accept", { invite: id });
  expect((await members.call("accept", { ...proof, invite: id, ...names })).status).toBe(400);
  expect((await members.call("offer", { workspace, invite: id })).status).toBe(400);
  // Nor with the secret and a signature for another.
  const forOther = await members.proof(removed, "accept", { invite: idOfSecret("another") });
  expect(await members.call("accept", { ...forOther, secret, ...names })).toEqual(guessed);
  const tooLong = { workspace, secret: "x".repeat(inviteSecretCharsMax + 1) };
  expect((await members.call("offer", tooLong)).status).toBe(400);
  expect(await members.accept(removed, secret)).toBe(200);
});

test("attack: a page of another origin, bodies that are none, too long, or of another shape", async () => {
  const { workspace } = members.relay;
  expect((await members.call("nonce", { workspace }, { origin: "https://evil.example" })).status).toBe(403);
  expect((await members.call("nonce", { workspace }, { origin: "app://deckle" })).status).toBe(200);
  expect((await members.call("nonce", { workspace }, { "content-type": "text/plain" })).status).toBe(400);
  for (const body of ["", "{", "[]", "null", '{"workspace":"../x"}', '{"workspace":null}'])
    expect([body, (await members.call("nonce", body)).status]).toEqual([body, 400]);
  expect(
    (await members.call("nonce", JSON.stringify({ workspace, x: "x".repeat(httpBodyBytesMax) }))).status,
  ).toBe(413);
  expect((await members.call("toString", {})).status).toBe(404);
  expect(
    (await members.call("ticket", { ...(await members.proof(members.owner, "sync")), signature: 1 })).status,
  ).toBe(400);
});

test("attack: a body that never ends is cut at the deadline of requests", async () => {
  const asking = request({
    port: members.relay.port,
    method: "POST",
    path: "/access/nonce",
    headers: { "content-type": "application/json" },
  });
  const ended = new Promise((resolve) => asking.once("error", resolve));
  asking.write("{");
  const dripping = setInterval(() => asking.write(" "), 200);
  await ended;
  clearInterval(dripping);
}, 60_000);

test("members see who is in; devices and invites only owners, and each their own", async () => {
  const viewer = await members.member("viewer");
  const all = (await members.manage(members.owner, "people", {})).body as PeopleMessage;
  expect([all.members.length, all.devices.length, all.you.role]).toEqual([2, 2, "owner"]);
  const some = (await members.manage(viewer, "people", {})).body as PeopleMessage;
  expect([some.members.length, some.devices.map(({ id }) => id), some.invites]).toEqual([2, [viewer.id], []]);
});

test("a relay that was started again knows its members", async () => {
  const secret = "again";
  await members.relay.invite({ id: idOfSecret(secret), role: "owner", uses: 1, lastsMs: 60_000 });
  const second = new TestDevice();
  expect(await members.accept(second, secret)).toBe(200);
  await members.restart();
  expect(await members.ticket(second)).not.toBe("");
  expect(await members.accept(new TestDevice(), secret)).toBe(403);
});

test("a workspace is named by its owners, and who is invited is told the name", async () => {
  const { workspace } = members.relay;
  const secret = "to a workspace with a name";
  await members.relay.invite({ id: idOfSecret(secret), role: "editor", uses: 1, lastsMs: 60_000 });
  const offered = () => members.call("offer", { workspace, secret });
  expect((await offered()).body).toEqual({ role: "editor", isDevice: false, name: "Workspace" });
  const editor = await members.member("editor");
  expect((await members.manage(editor, "rename", { name: "Mine" })).status).toBe(403);
  expect((await members.manage(members.owner, "rename", { name: "two\nlines" })).status).toBe(400);
  expect((await members.manage(members.owner, "rename", { name: "The novel" })).status).toBe(200);
  expect((await offered()).body).toEqual({ role: "editor", isDevice: false, name: "The novel" });
  expect((await members.manage(editor, "people", {})).body).toMatchObject({ name: "The novel" });
});

test("what is narrowed is told to owners only", async () => {
  const editor = await members.member("editor");
  const documentId = makeDocumentId();
  const member = await members.memberOf(editor);
  await members.manage(members.owner, "narrow", { documentId, member, share: "viewer" });
  const narrowings = async (device: TestDevice): Promise<unknown> =>
    ((await members.manage(device, "people", {})).body as PeopleMessage).narrowings;
  expect([await narrowings(members.owner), await narrowings(editor)]).toEqual([
    [{ documentId, member, share: "viewer" }],
    [],
  ]);
});

test("who connected and what was refused is in the audit, once, for owners; and nothing of what was written", async () => {
  const viewer = await members.member("viewer");
  const member = await members.memberOf(viewer);
  const documentId = makeDocumentId();
  for (let i = 0; i < 3; i++) {
    const client = await members.connect(viewer);
    bring(client, documentId, [changeBy(viewer, { content: `a secret of ${i}` })]);
    await until("refused", () => refusals(client).length > 0);
  }
  const by = { who: member, device: viewer.id, number: expect.any(Number), atMs: expect.any(Number) };
  const noted = async () => (await members.audit()).filter(({ device }) => device === viewer.id).slice(1);
  await until("written down", async () => (await noted()).length >= 2);
  expect(await noted()).toEqual([
    { ...by, what: "connected" },
    { ...by, what: "refused", reason: "read-only", documentId },
  ]);
  expect(JSON.stringify(await members.audit())).not.toContain("secret");
  expect((await members.manage(viewer, "audit", { after: 0 })).status).toBe(403);
});

test("what waits to be written down is written when the relay stops", async () => {
  const viewer = await members.member("viewer");
  await members.connect(viewer);
  await members.restart();
  expect((await members.audit()).map(({ what }) => what)).toContain("connected");
});

test("the relay tells a client its role, and by what name others hear of it", async () => {
  const editor = await members.member("editor");
  const clients = [await members.connect(editor), await members.connect(editor)];
  const told = clients.map((each) => parseDeckleMetadata(each.of("peer")[0]?.["peerMetadata"]));
  const self = expect.stringMatching(new RegExp(`^${editor.id.slice(0, 16)}-\\d+$`));
  const { workspace } = members.relay;
  expect(told).toEqual(Array.from({ length: 2 }, () => ({ version: 1, workspace, self, role: "editor" })));
  expect(told[0]?.self).not.toBe(told[1]?.self);
});

test("attack: one device takes all the sockets there are: its oldest give way", async () => {
  const viewer = await members.member("viewer");
  const clients: RawClient[] = [];
  for (let i = 0; i <= connectionsPerDeviceMax; i++) clients.push(await members.connect(viewer));
  await until("the oldest is closed", () => clients[0]?.closeCode === 4429);
  expect(clients.slice(1).map(({ closeCode }) => closeCode)).toEqual(
    Array.from({ length: connectionsPerDeviceMax }, () => undefined),
  );
});

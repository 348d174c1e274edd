/** Several workspaces on one relay: what is in one is nowhere in another, whoever asks for it. */
import { copyFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LocalBus } from "./bus/local.ts";
import { answered } from "./harness-flood.ts";
import { idOfSecret, TestDevice } from "./harness-access.ts";
import { syncMessage } from "./harness-forge.ts";
import { Visitor } from "./harness-join.ts";
import { bring, changeBy, origin, receipted, type Made } from "./harness-members.ts";
import { Stage, until, type RawClient } from "./harness.ts";
import { startRelay, startRelayOn, type Relay } from "./main.ts";
import { workspacesMax } from "./protocol/limits.ts";
import { parseFeed, parseReceipt } from "./protocol/messages.ts";
import { makeDocumentId } from "./store/documentId.ts";
import { LocalStore } from "./store/local.ts";
import type { Store } from "./store/store.ts";
import { openStore, otherWorkspaces, workspaceFile } from "./workspace-files.ts";
import { makeNamedWorkspace } from "./workspace-name.ts";

let stage: Stage;
beforeEach(() => void (stage = new Stage()));
afterEach(() => stage.end());

/** A member of a workspace who owns it. */
async function owner(relay: Relay, workspace: string, device = new TestDevice()): Promise<Visitor> {
  const secret = `secret ${Math.random()}`;
  const invited = { id: idOfSecret(secret), role: "owner", uses: 1, lastsMs: 60_000 } as const;
  expect(await relay.invite(invited, workspace)).toEqual({ ok: true });
  const visitor = new Visitor(relay, { origin, workspace }, device);
  expect(await visitor.accept(secret)).toBe(200);
  return visitor;
}

async function write(client: RawClient, documentId: string, made: Made): Promise<void> {
  bring(client, documentId, [made]);
  await receipted(client, made);
}

const about = (client: RawClient, documentId: string) =>
  client.received.filter((each) => each["documentId"] === documentId);

const told = (client: RawClient): string[] =>
  client.received.flatMap((each) => parseFeed(each)?.entries.map(({ documentId }) => documentId) ?? []);

describe("two workspaces", () => {
  let data: string;
  let relay: Relay;
  let [here, there]: Visitor[] = [];
  beforeEach(async () => {
    data = stage.folder();
    await openStore(data).stop();
    const { id } = await makeNamedWorkspace(data, "Second", []);
    relay = await stage.relay({ data, origins: [origin] });
    [here, there] = [await owner(relay, relay.workspace), await owner(relay, id)];
  });
  const both = async (): Promise<[RawClient, RawClient]> => {
    if (!here || !there) throw new Error("nobody is there");
    return [await here.connect(stage), await there.connect(stage)];
  };

  test("each tells its own name, id and relay", async () => {
    const [a, b] = await both();
    const said = [a, b].map((client) => client.of("peer")[0]);
    expect(said.map((each) => each?.["peerMetadata"])).toMatchObject([
      { deckle: { workspace: here?.workspace } },
      { deckle: { workspace: there?.workspace } },
    ]);
    expect(said[0]?.["senderId"]).not.toBe(said[1]?.["senderId"]);
  });

  test("attack: a device asks for another workspace's document by its id: it is not there", async () => {
    const [a, b] = await both();
    const documentId = makeDocumentId();
    b.frame("request", documentId, syncMessage());
    await write(a, documentId, changeBy(here?.device ?? new TestDevice()));
    const unknown = makeDocumentId();
    b.frame("request", unknown, syncMessage());
    await answered(b);
    const heard = (id: string) => about(b, id).map(({ type, data: said }) => ({ type, said }));
    expect(heard(documentId)).toEqual(heard(unknown));
    expect(heard(unknown)).not.toEqual([]);
  });

  test("a document id of one that is used in the other is another document", async () => {
    const [a, b] = await both();
    const documentId = makeDocumentId();
    const [mine, theirs] = [here?.device, there?.device].map((each) => changeBy(each ?? new TestDevice()));
    if (!mine || !theirs) throw new Error("nobody wrote");
    await write(a, documentId, mine);
    await write(b, documentId, theirs);
    await answered(a);
    await answered(b);
    const heads = (client: RawClient) => client.of("receipt").map((each) => parseReceipt(each)?.heads);
    expect(heads(a).at(-1)).toEqual([mine.hash]);
    expect(heads(b).at(-1)).toEqual([theirs.hash]);
    await relay.stop();
    const stores = [openStore(data), new LocalStore(workspaceFile(data, there?.workspace ?? ""))];
    const lists = await Promise.all(stores.map((store) => store.list(documentId, 0)));
    expect(lists).toMatchObject([
      { ok: true, next: 1 },
      { ok: true, next: 1 },
    ]);
    for (const store of stores) await store.stop();
  });

  test("the feed and presence of one are not heard in the other", async () => {
    const [a, b] = await both();
    for (const client of [a, b]) client.send({ type: "feed", senderId: client.peerId, after: 0, epoch: "" });
    const documentId = makeDocumentId();
    for (const client of [a, b]) client.frame("request", documentId, syncMessage());
    await write(a, documentId, changeBy(here?.device ?? new TestDevice()));
    const [data1, more] = [Uint8Array.of(1), { targetId: "relay", sessionId: "s" }];
    a.send({ type: "ephemeral", senderId: a.peerId, documentId, count: 1, data: data1, ...more });
    await until("its own feed tells", () => told(a).includes(documentId));
    await answered(b);
    expect(told(b)).toEqual([]);
    expect([...b.of("ephemeral"), ...b.of("presences")]).toEqual([]);
  });

  test("attack: a ticket, a nonce's signature and a membership of one are of no use in the other", async () => {
    const elsewhere = new Visitor(relay, { origin, workspace: there?.workspace ?? "" }, here?.device);
    expect(await elsewhere.ticket()).toBe("");
    expect((await elsewhere.manage("people", {})).status).toBe(403);
    // A ticket leads to the workspace that it was given for, whatever else its bearer says.
    const client = await elsewhere.connect(stage, await here?.ticket());
    expect(client.of("peer")[0]?.["peerMetadata"]).toMatchObject({ deckle: { workspace: here?.workspace } });
  });

  test("who is revoked in one stays in the other, on the same device", async () => {
    const again = await owner(relay, here?.workspace ?? "", there?.device);
    const [inHere, inThere] = [await again.connect(stage), await there?.connect(stage)];
    expect((await here?.manage("revoke", { device: again.device.id }))?.status).toBe(200);
    await until("closed", () => inHere.closeCode === 4403);
    if (!inThere) throw new Error("nobody is there");
    await answered(inThere);
    expect(inThere.closeCode).toBeUndefined();
    expect([await again.ticket(), await there?.ticket()]).toEqual(["", expect.stringMatching(/./)]);
  });

  test("open, it leads to the default workspace", async () => {
    await relay.stop();
    const open = await stage.relay({ data });
    const client = await stage.raw(open.url);
    expect(client.of("peer")[0]?.["peerMetadata"]).toMatchObject({ deckle: { workspace: relay.workspace } });
  });
});

describe("files", () => {
  const start = (data: string): Promise<Relay> =>
    startRelay({ data, port: 0, origins: [origin], report: () => {} });
  let data: string;
  let id: string;
  beforeEach(async () => {
    data = stage.folder();
    await openStore(data).stop();
    ({ id } = await makeNamedWorkspace(data, "Second", []));
  });

  test("of what was made nothing is left over, and its name is kept", async () => {
    expect(readdirSync(data).filter((name) => name.startsWith("."))).toEqual([]);
    expect(otherWorkspaces(data)).toEqual([id]);
    await expect(makeNamedWorkspace(data, "two\nlines", [])).rejects.toThrow("one line");
    await expect(makeNamedWorkspace(data, "Second", ["Second"])).rejects.toThrow("already");
    const names = Array.from({ length: workspacesMax - 1 }, (_, i) => `w${i}`);
    const { id: last } = await makeNamedWorkspace(data, "Last", names);
    expect(otherWorkspaces(data)).toEqual([id, last].toSorted());
    await expect(makeNamedWorkspace(data, "Over", [...names, "Last"])).rejects.toThrow(String(workspacesMax));
  });

  test("a relay that cannot open one of them does not start, says which, and lets go of the others", async () => {
    const file = workspaceFile(data, id);
    renameSync(file, join(data, "kept"));
    writeFileSync(file, "not a store at all");
    await expect(start(data)).rejects.toThrow(file);
    renameSync(join(data, "kept"), file);
    await (await start(data)).stop();
  });

  test("a copy under another name is not taken for that workspace", async () => {
    copyFileSync(workspaceFile(data, id), workspaceFile(data, makeDocumentId()));
    await expect(start(data)).rejects.toThrow(`is the store of the workspace ${id}`);
  });
});

describe("two nodes on one store", () => {
  let bus: LocalBus;
  let store: Store;
  const node = async (more: object = {}): Promise<Relay> => {
    const relay = await startRelayOn(store, bus, { port: 0, origins: [origin], report: () => {}, ...more });
    stage.defer(() => relay.stop());
    return relay;
  };
  beforeEach(() => {
    bus = new LocalBus();
    store = openStore(stage.folder());
  });

  /** Comes to the one, is revoked at the other. */
  async function revokeElsewhere(one: Relay, two: Relay): Promise<number> {
    const at = { origin, workspace: one.workspace };
    const owns = await owner(one, one.workspace);
    const secret = "for the other";
    const invited = { id: idOfSecret(secret), role: "editor", uses: 1, lastsMs: 60_000 };
    expect((await owns.manage("invite", invited)).status).toBe(200);
    const editor = new Visitor(two, at);
    await until("the invite is known at the other node", async () => (await editor.accept(secret)) === 200);
    const client = await editor.connect(stage);
    const startedMs = performance.now();
    await until("the device is known at this node", async () => {
      const { status } = await owns.manage("revoke", { device: editor.device.id });
      return status === 200;
    });
    await until("closed", () => client.closeCode === 4403);
    return performance.now() - startedMs;
  }

  test("who is revoked on one is out on the other within a second", async () => {
    const [one, two] = [await node(), await node()];
    expect(await revokeElsewhere(one, two)).toBeLessThan(1_000);
  });

  test("where the bus loses everything, the repair finds it", async () => {
    bus.publish = () => {};
    const repairMs = 100;
    const [one, two] = [await node({ repairMs }), await node({ repairMs })];
    expect(await revokeElsewhere(one, two)).toBeLessThan(5_000);
  });
});

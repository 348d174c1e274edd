/**
 * What once left a peer behind for ever, or a change in no log: each found by reading, each with the least that shows
 * it. `World` is a relay on a log in memory whose clients are Automerge's own sync.
 */
import * as A from "@automerge/automerge";
import { expect, test } from "vitest";
import { Client, documentId, drain, World } from "../harness-world.ts";
import type { Bytes, Committed } from "./ports.ts";

function clientsOf(world: World): [Client, Client, Client, Client] {
  const [a, b = new Client(), c = new Client(), d = new Client()] = world.clients;
  if (!a) throw new Error("no clients");
  return [a, b, c, d];
}
const say = (client: Client): void => {
  const data = client.generate();
  if (data) client.connection?.toRelay.push({ type: "sync", data });
};
const toRelay = (world: World, client: Client): void => {
  while (client.connection?.toRelay.length) world.toRelay(client);
};
/** Two nodes, a client on each, level after one edit; then the first edits and the second's node is not woken. */
async function secondIsBehind(): Promise<{ world: World; a: Client; b: Client }> {
  const world = new World(2, 2);
  const [a, b] = clientsOf(world);
  for (const client of [a, b]) world.connect(client);
  a.edit(1);
  await world.pump();
  await world.repair();
  await world.pump();
  await world.deaf(async () => {
    world.edit(a, 2);
    await world.pump();
  });
  return { world, a, b };
}

test("a dropped room that fails once more does not take its successor away", async () => {
  const world = new World(4);
  const [a, p, q, c] = clientsOf(world);
  world.connect(a);
  a.edit(1);
  a.edit(2);
  say(a);
  await world.pump();
  world.restartRelay();
  const gates: ((bytes: Bytes) => void)[] = [];
  const read = world.log.read.bind(world.log);
  world.log.read = () => new Promise((resolve) => gates.push(resolve));
  world.connect(p);
  world.connect(q);
  world.toRelay(p);
  for (let i = 0; i < 2; i++) await world.turn();
  world.toRelay(q);
  await drain();
  expect(gates).toHaveLength(2);
  world.log.read = read;
  gates[0]?.({ ok: false, reason: "damaged" });
  await drain();
  world.connect(c);
  await world.pump(8, [c]);
  expect(c.doc.list).toEqual([1, 2]);
  gates[1]?.({ ok: false, reason: "damaged" });
  await drain();
  for (const client of [p, q]) world.disconnect(client);
  world.connect(a);
  await world.pump(8, [a, c]);
  world.edit(a, 3);
  await world.pump(8, [a, c]);
  expect(c.doc.list).toEqual([1, 2, 3]);
});

test("another node was first, and the log cannot be read just then: it is read later, and what waits is committed", async () => {
  const { world, b } = await secondIsBehind();
  const list = world.log.list.bind(world.log);
  world.log.list = async () => ({ ok: false, reason: "EIO" });
  world.edit(b, 3);
  await world.pump(3);
  await world.repair();
  world.log.list = list;
  await world.pump();
  expect(world.log.rows).toHaveLength(3);
});

test("edits that keep coming do not keep the second node from reading what was first", async () => {
  const { world, b } = await secondIsBehind();
  // A log that takes a while, in the order in which it was asked.
  const queue: (() => Promise<void>)[] = [];
  const slow = <T>(run: () => Promise<T>): Promise<T> =>
    new Promise((resolve) => queue.push(async () => resolve(await run())));
  const [list, commit] = [world.log.list.bind(world.log), world.log.commit.bind(world.log)];
  world.log.list = (id, from) => slow(() => list(id, from));
  world.log.commit = (batches) => slow(() => commit(batches));
  for (let i = 0; i < 60; i++) {
    world.edit(b, 100 + i);
    toRelay(world, b);
    for (const run of world.timers.splice(0)) run();
    await drain();
    await queue.shift()?.();
    await drain();
  }
  expect(world.log.rows.length).toBeGreaterThan(10);
});

test("a wake-up that comes while the room is being opened is not lost", async () => {
  const world = new World(2, 2);
  const [a, b] = clientsOf(world);
  world.connect(a);
  a.edit(1);
  await world.pump(8, [a]);
  const list = world.log.list.bind(world.log);
  let go: (() => void) | undefined;
  world.log.list = async (id, from) => {
    const listed = await list(id, from);
    await new Promise<void>((resolve) => (go = resolve));
    return listed;
  };
  world.connect(b);
  world.toRelay(b);
  await drain();
  world.log.list = list;
  world.edit(a, 2);
  await world.pump(4, [a]);
  for (const hub of world.hubs) hub.refresh(documentId);
  await world.repair();
  go?.();
  await world.pump();
  expect(b.doc.list).toEqual([1, 2]);
});

test("the second who brought what a failed commit lost is told to come again too", async () => {
  const world = new World(3);
  const [a, b] = clientsOf(world);
  a.edit(1);
  await world.settle();
  a.edit(2);
  b.doc = A.merge(b.doc, a.doc);
  for (const client of [a, b]) {
    say(client);
    toRelay(world, client);
  }
  world.log.failing = true;
  await world.turn();
  expect([a.connection, b.connection]).toEqual([undefined, undefined]);
});

test("a client that dropped what it was sent, and starts its sync anew with the heads it last told, gets it again", async () => {
  const world = new World(2);
  const [a, b] = clientsOf(world);
  a.edit(1);
  await world.settle();
  world.edit(a, 2);
  await world.pump(4, [a]);
  b.connection?.toClient.splice(0);
  b.state = A.initSyncState();
  say(b);
  await world.pump(20);
  expect(b.doc.list).toEqual([1, 2]);
});

test("a wake-up that comes during a commit that fails is not lost", async () => {
  const world = new World(3, 2);
  const [a, b, c] = clientsOf(world);
  for (const client of [a, b, c]) world.connect(client);
  a.edit(1);
  await world.pump();
  await world.repair();
  await world.pump();
  await world.deaf(async () => {
    world.edit(b, 2);
    await world.pump(4, [b]);
  });
  // a and c are on one node. Its commit is under way when the wake-up comes, and fails.
  expect(a.hub).toBe(c.hub);
  let answer: ((committed: Committed) => void) | undefined;
  const commit = world.log.commit.bind(world.log);
  world.log.commit = () => new Promise((resolve) => (answer = resolve));
  world.edit(a, 3);
  toRelay(world, a);
  await world.turn();
  a.hub?.refresh(documentId);
  world.log.commit = commit;
  answer?.({ ok: false, reason: "disk full" });
  await world.pump(10, [c]);
  expect(c.doc.list).toEqual([1, 2]);
});

test("a whole document of which a client takes no notice is not all that it is ever sent", async () => {
  const world = new World(1);
  const [a] = clientsOf(world);
  for (let i = 0; i < 4_000; i++) a.edit(i);
  await world.settle();
  const b = new Client();
  world.clients.push(b);
  const hear = b.hear.bind(b);
  b.hear = (data) => {
    const message = A.decodeSyncMessage(data);
    const isWhole = message.changes.some((chunk) => chunk[8] === 0);
    hear(isWhole ? A.encodeSyncMessage({ ...message, changes: [] }) : data);
  };
  world.connect(b);
  await world.pump(60);
  expect(b.doc.list).toHaveLength(4_000);
});

test("what comes for a room that is being opened counts as waiting: who sends too much is paused", () => {
  const world = new World(1);
  const [a] = clientsOf(world);
  world.log.list = () => new Promise(() => {});
  world.connect(a);
  let pauses = 0;
  if (a.connection) a.connection.pause = () => void pauses++;
  const message = A.encodeSyncMessage({ heads: [], need: [], have: [], changes: [] });
  for (let i = 0; i < 40; i++) {
    const data = new Uint8Array(8 * 1024 * 1024);
    data.set(message);
    a.hub?.receive(a.connection?.id ?? 0, { type: "sync", senderId: "peer-1", documentId, data });
  }
  expect(pauses).toBe(1);
});

test.each(["anew", "kept"])(
  "a client that lost one frame is healed by the edits that follow, its sync state %s",
  async (state) => {
    const world = new World(2);
    const [a, b] = clientsOf(world);
    a.edit(1);
    await world.settle();
    world.edit(a, 2);
    await world.pump(4, [a]);
    b.connection?.toClient.splice(0);
    if (state === "anew") {
      b.state = A.initSyncState();
      say(b);
    }
    await world.pump(6);
    for (let i = 3; i < 23; i++) {
      world.edit(a, i);
      await world.pump(6);
    }
    expect(b.doc.list).toEqual(a.doc.list);
  },
);

/**
 * The relay's half of the sync protocol against Automerge's own as the oracle: random histories with forks and
 * merges, messages in any interleaving, clients and relays restarted in between, commits that fail, one or two relay
 * nodes on one log with a bus that loses half of what it is given, documents that go over as a whole.
 */
import * as A from "@automerge/automerge";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCbor } from "../protocol/cbor.ts";
import { Client, documents, World, type Content } from "../harness-world.ts";

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("edit" as const),
      who: fc.nat(3),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("toRelay" as const, "toClient" as const),
      who: fc.nat(3),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("turn" as const), who: fc.nat(3), count: fc.constant(1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("connect" as const, "disconnect" as const),
      who: fc.nat(3),
      count: fc.constant(1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "restart" as const,
        "forget" as const,
        "fail" as const,
        "gossip" as const,
        "lie" as const,
        "rewindClient" as const,
        "rewindRelay" as const,
      ),
      who: fc.nat(3),
      count: fc.constant(1),
    }),
  },
);

test("any history over any interleaving, with restarts, losses and failed commits, ends equal everywhere", async () => {
  const seen = { restart: 0, forget: 0, fail: 0, rewind: 0, lie: 0, changes: 0, rounds: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 2 }),
      fc.array(step, { maxLength: 60 }),
      async (clients, nodes, steps) => {
        const world = new World(clients, nodes);
        let value = 0;
        for (const { do: what, who, count } of steps) {
          const client = world.clients[who % clients];
          if (!client) continue;
          for (let i = 0; i < count; i++) {
            if (what === "edit") world.edit(client, value++);
            else if (what === "toRelay") world.toRelay(client);
            else if (what === "toClient") world.toClient(client);
            else if (what === "connect") world.connect(client);
            else if (what === "disconnect") world.disconnect(client);
            else if (what === "turn") await world.turn();
            else if (what === "restart") {
              seen.restart++;
              world.restartRelay();
            } else if (what === "lie") {
              seen.lie++;
              world.lying = !world.lying;
            } else if (what === "fail") {
              seen.fail++;
              world.log.failing = !world.log.failing;
            } else if (what === "rewindRelay") {
              // Restored from a backup: what it said it had since is not its any more.
              seen.rewind++;
              world.log.rows.length = Math.floor(world.log.rows.length / 2);
              world.log.kept = undefined;
              world.acknowledged.clear();
              world.restartRelay();
            } else if (what === "rewindClient") {
              seen.rewind++;
              world.disconnect(client);
              client.doc = A.load<Content>(client.older);
              if (value % 2 === 0) client.state = A.initSyncState();
            } else if (what === "gossip") {
              // Peers may also meet elsewhere: partial knowledge that the relay did not hand out.
              const other = world.clients[(who + 1) % clients];
              if (other && other !== client) other.doc = A.merge(other.doc, client.doc);
            } else {
              // A client that lost its sync state but not its document.
              seen.forget++;
              world.disconnect(client);
              client.state = A.initSyncState();
            }
          }
        }
        seen.rounds = Math.max(seen.rounds, await world.settle());
        world.check();
        seen.changes += world.log.rows.length;
      },
    ),
    { numRuns: Number(process.env["RELAY_RUNS"] ?? 150) },
  );
  // A fuzz that did nothing proves nothing.
  expect(Math.min(seen.restart, seen.forget, seen.fail, seen.rewind, seen.lie)).toBeGreaterThan(0);
  expect(seen.changes).toBeGreaterThan(100);
  expect(seen.rounds).toBeLessThan(20);
}, 60_000);

test("a long new history goes up as a whole document, and down as one to whoever has nothing", async () => {
  const world = new World(1, 2);
  const [a] = world.clients;
  const b = new Client();
  if (!a) throw new Error("no clients");
  for (let i = 0; i < 4_000; i++) a.edit(i);
  const whole = A.save(a.doc).length;
  const raw = A.getAllChanges(a.doc).reduce((sum, each) => sum + each.length, 0);
  let up = 0;
  let down = 0;
  const generate = a.generate.bind(a);
  a.generate = () => {
    const data = generate();
    up += data?.length ?? 0;
    return data;
  };
  const hear = b.hear.bind(b);
  b.hear = (data) => {
    down += data.length;
    hear(data);
  };
  await world.settle();
  world.clients.push(b, new Client());
  await world.settle();
  for (let i = 0; i < 10; i++) world.edit(a, -i);
  await world.settle();
  world.check();
  expect(world.log.kept?.upTo).toBe(4_000);
  expect(raw).toBeGreaterThan(20 * whole);
  // Beside the document two filters of what it has, 10 bits a change.
  expect(up).toBeLessThan(whole + 3 * 5_000);
  expect(down).toBeLessThan(2 * whole);
});

test("a whole document that cannot be read is asked for as changes", async () => {
  const world = new World(2);
  const [a] = world.clients;
  if (!a) throw new Error("no clients");
  for (let i = 0; i < 2_100; i++) a.edit(i);
  const readable = documents.changes;
  documents.changes = async () => undefined;
  try {
    world.connect(a);
    await world.settle();
    world.check();
  } finally {
    documents.changes = readable;
  }
});

test("two divergent copies of a thousand changes with no sync state meet in a few rounds", async () => {
  const world = new World(3);
  const [a, b] = world.clients;
  if (!a || !b) throw new Error("no clients");
  for (let i = 0; i < 500; i++) a.edit(i);
  b.doc = A.merge(b.doc, a.doc);
  world.connect(a);
  await world.settle();
  for (let i = 0; i < 500; i++) {
    a.edit(i);
    b.edit(-i);
  }
  world.restartRelay();
  for (const client of world.clients) client.state = A.initSyncState();
  expect(await world.settle()).toBeLessThan(12);
  world.check();
}, 30_000);

test("a client whose document went back to an older state on the same connection gets the rest again", async () => {
  const world = new World(2);
  const [a, b] = world.clients;
  if (!a || !b) throw new Error("no clients");
  a.edit(1);
  await world.settle();
  const older = A.save(b.doc);
  world.edit(a, 2);
  await world.settle();
  b.doc = A.load(older);
  b.state = A.initSyncState();
  const data = b.generate();
  if (data) b.connection?.toRelay.push({ type: "sync", data });
  await world.settle();
  world.check();
});

test("what one commit holds goes out as one message, to level peers as the same bytes", async () => {
  const world = new World(4);
  const [a, b, c, d] = world.clients;
  if (!a || !b || !c || !d) throw new Error("no clients");
  a.edit(1);
  await world.settle();
  world.edit(a, 2);
  world.edit(a, 3);
  world.edit(b, 4);
  for (const client of [a, a, b]) world.toRelay(client);
  for (const { connection } of world.clients) expect(connection?.toClient).toEqual([]);
  await world.turn();
  const dataOf = (client: Client) =>
    (client.connection?.toClient ?? []).flatMap((frame) => {
      const decoded = decodeCbor(frame);
      const message = decoded.ok ? (decoded.value as { type: string; data: Uint8Array }) : undefined;
      return message?.type === "sync" ? [message.data] : [];
    });
  for (const client of [c, d]) {
    expect(dataOf(client)).toHaveLength(1);
    expect(A.decodeSyncMessage(dataOf(client)[0] ?? new Uint8Array()).changes).toHaveLength(3);
  }
  expect(dataOf(c)).toEqual(dataOf(d));
  // Who brought a part is not sent it back.
  expect(A.decodeSyncMessage(dataOf(b)[0] ?? new Uint8Array()).changes).toHaveLength(2);
  await world.settle();
  world.check();
});

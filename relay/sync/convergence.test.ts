/**
 * The relay's half of the sync protocol against Automerge's own as the oracle: random histories with forks and
 * merges, messages in any interleaving, clients and relays restarted in between, commits that fail, one or two relay
 * nodes on one log with a bus that loses half of what it is given, documents that go over as a whole.
 */
import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import * as A from "@automerge/automerge";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concat, decodeCbor, encodeCbor } from "../protocol/cbor.ts";
import { parseReceipt } from "../protocol/messages.ts";
import type { Hashing } from "./chunk.ts";
import { toHex } from "./bytes.ts";
import { Hub } from "./hub.ts";
import type {
  Batch,
  Bytes,
  ChangeLog,
  Committed,
  Connection,
  Documents,
  FeedPage,
  Listed,
  Range,
  Snapshot,
} from "./ports.ts";
import { packBody, packStretch, readBody, readIndex } from "./segment.ts";

const hashing: Hashing = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  inflate: (bytes, maxOutputLength) => inflateRawSync(bytes, { maxOutputLength }),
};
const documentId = "2nGkVeQScJEXQtq9R22UrhThLdU9";

interface Row {
  readonly hash: string;
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

class MemoryLog implements ChangeLog {
  readonly rows: Row[] = [];
  heads = new Uint8Array(0);
  sequence = 0;
  failing = false;
  kept: Snapshot | undefined;

  async list(_documentId: string, from: number): Promise<Listed> {
    const { count, index } = packStretch(this.rows.slice(from));
    return { ok: true, stretches: count ? [{ first: from, count, index }] : [], next: this.rows.length };
  }
  async read(_documentId: string, ranges: readonly Range[]): Promise<Bytes> {
    const rows = ranges.flatMap(({ from, to }) => this.rows.slice(from, to));
    return { ok: true, ...packBody(rows.map((each) => each.bytes)) };
  }
  async commit(batches: readonly Batch[]): Promise<Committed> {
    if (this.failing) return { ok: false, reason: "disk full" };
    const sequences = batches.map((batch) => {
      if (batch.first !== this.rows.length) return undefined;
      const chunks: Uint8Array[] = [];
      readBody(batch.body, batch.count, (chunk) => void chunks.push(chunk.slice()));
      const hashes: string[] = [];
      const isWhole = readIndex(batch.index, batch.count, ({ hash, deps, actor, seq, size }, at) => {
        hashes.push(toHex(hash));
        const bytes = chunks[at] ?? new Uint8Array(0);
        expect(bytes.length).toBe(size);
        const names = deps.map((dep) => (typeof dep === "number" ? (hashes[dep] ?? "") : toHex(dep)));
        this.rows.push({ hash: toHex(hash), deps: names, actor, seq, bytes });
      });
      expect(isWhole).toBe(true);
      this.heads = batch.heads.slice();
      return ++this.sequence;
    });
    return { ok: true, sequences };
  }
  async snapshot(): Promise<Snapshot | undefined> {
    return this.kept;
  }
  async keepSnapshot(_documentId: string, snapshot: Snapshot): Promise<void> {
    this.kept = snapshot;
  }
  async feed(after: number): Promise<FeedPage> {
    const entries = this.sequence > after ? [{ sequence: this.sequence, documentId, heads: this.heads }] : [];
    return { ok: true, entries, isLast: true };
  }
}

/** Automerge in this process, as the relay has it in another. */
const documents: { -readonly [key in keyof Documents]: Documents[key] } = {
  async save({ count, body }, heads) {
    const chunks: Uint8Array[] = [];
    readBody(body, count, (chunk) => void chunks.push(chunk));
    const doc = A.loadIncremental(A.init<Content>(), concat(chunks));
    expect(A.getHeads(doc).sort()).toEqual([...heads].sort());
    return A.save(doc);
  },
  changes: async (document) => packBody(A.getAllChanges(A.load(document))),
};

type Content = { list?: number[] };

/** A stock client reduced to its sync: one document, one connection at a time. */
class Client {
  doc: A.Doc<Content> = A.init<Content>();
  state = A.initSyncState();
  connection: FakeConnection | undefined;
  hub: Hub | undefined;
  messages = 0;
  /** What was on its disk some time ago. */
  older = A.save(A.init<Content>());

  edit(value: number): void {
    if (value % 3 === 0) this.older = A.save(this.doc);
    this.doc = A.change(this.doc, (draft) => {
      draft.list ??= [];
      draft.list.push(value);
    });
  }

  generate(): Uint8Array | undefined {
    const [state, message] = A.generateSyncMessage(this.doc, this.state);
    this.state = state;
    if (message) this.messages++;
    return message ?? undefined;
  }

  hear(data: Uint8Array): void {
    [this.doc, this.state] = A.receiveSyncMessage(this.doc, this.state, data);
  }
}

class FakeConnection implements Connection {
  readonly deckle = true;
  readonly toClient: Uint8Array[] = [];
  readonly toRelay: { type: "sync" | "request"; data: Uint8Array }[] = [];
  isClosed = false;
  readonly id: number;
  readonly peerId: string;
  constructor(id: number) {
    this.id = id;
    this.peerId = `peer-${id}`;
  }
  get unsentBytes(): number {
    return 0;
  }
  send(shared: Uint8Array): void {
    this.toClient.push(concat([shared, encodeCbor(this.peerId)]));
  }
  pause(): void {}
  resume(): void {}
  close(): void {
    this.isClosed = true;
  }
}

/** The message with filters that claim every change there is: what a false positive does, at its worst. */
function claimingAll(data: Uint8Array): Uint8Array {
  const message = A.decodeSyncMessage(data);
  const have = message.have.map(({ lastSync, bloom }) => {
    const bits = bloom.slice();
    // After the number of entries, 10 bits an entry, 7 probes.
    const from = bits.findIndex((byte, i) => byte === 10 && bits[i + 1] === 7) + 2;
    return { lastSync, bloom: bloom.length === 0 ? bloom : bits.fill(0xff, from) };
  });
  return A.encodeSyncMessage({ ...message, have });
}

class World {
  /** Filters lie, both ways. */
  lying = false;
  readonly log = new MemoryLog();
  readonly clients: Client[];
  readonly nodes: number;
  hubs: Hub[];
  timers: (() => void)[] = [];
  nextId = 1;
  readonly receipted = new Set<string>();
  #bus = 0;

  constructor(clients: number, nodes = 1) {
    this.nodes = nodes;
    this.clients = Array.from({ length: clients }, () => new Client());
    this.hubs = this.#start();
  }

  #start(): Hub[] {
    const hubs: Hub[] = [];
    for (let i = 0; i < this.nodes; i++) {
      const hub: Hub = new Hub({
        relayId: "relay",
        log: this.log,
        epoch: "epoch",
        idleRoomMs: 0,
        documents,
        hashing,
        timing: { nowMs: () => 0, after: (_delayMs, run) => void this.timers.push(run) },
        may: () => true,
        report: (event, facts) => {
          if (event === "bug") throw new Error(JSON.stringify(facts));
        },
        // Every other wake-up is lost.
        onCommitted: (ids) => {
          if (this.#bus++ % 2 === 0)
            for (const other of this.hubs) if (other !== hub) for (const id of ids) other.refresh(id);
        },
      });
      hubs.push(hub);
    }
    return hubs;
  }

  connect(client: Client): void {
    if (client.connection) return;
    const connection = new FakeConnection(this.nextId++);
    client.connection = connection;
    client.hub = this.hubs[connection.id % this.nodes];
    client.hub?.join(connection);
    client.state = A.decodeSyncState(A.encodeSyncState(client.state));
    const type = A.getHeads(client.doc).length === 0 ? "request" : "sync";
    const data = client.generate();
    if (data) connection.toRelay.push({ type, data });
  }

  disconnect(client: Client): void {
    if (client.connection) client.hub?.leave(client.connection.id);
    client.connection = undefined;
  }

  restartRelay(): void {
    for (const client of this.clients) this.disconnect(client);
    this.timers = [];
    this.hubs = this.#start();
  }

  edit(client: Client, value: number): void {
    client.edit(value);
    const data = client.connection && client.generate();
    if (data) client.connection?.toRelay.push({ type: "sync", data });
  }

  toRelay(client: Client): void {
    const frame = client.connection?.toRelay.shift();
    if (!frame || !client.connection) return;
    const isWhole = frame.data[0] === 0x43 && A.decodeSyncMessage(frame.data).changes.length > 0;
    const problem = client.hub?.receive(client.connection.id, {
      ...frame,
      data: this.lying && !isWhole ? claimingAll(frame.data) : frame.data,
      senderId: client.connection.peerId,
      documentId,
    });
    expect(problem).toBeUndefined();
  }

  toClient(client: Client): void {
    const { connection } = client;
    const frame = connection?.toClient.shift();
    if (!frame || !connection) return;
    const decoded = decodeCbor(frame);
    expect(decoded.ok).toBe(true);
    const message = decoded.ok
      ? (decoded.value as { type: string; data: Uint8Array; targetId: string })
      : undefined;
    expect(message?.targetId).toBe(connection.peerId);
    const receipt = parseReceipt(message);
    const durable = new Set(this.log.rows.map((each) => each.hash));
    for (const head of receipt?.heads ?? []) {
      expect(durable.has(head)).toBe(true);
      this.receipted.add(head);
    }
    if (message?.type !== "sync") return;
    // Durable before shown: no head and no change is told that is not in the log.
    const { heads, changes } = A.decodeSyncMessage(message.data);
    const told = changes.flatMap((each) =>
      each[8] === 0 ? A.getHeads(A.load(each)) : A.decodeChange(each).hash,
    );
    for (const hash of [...heads, ...told]) expect(durable.has(hash)).toBe(true);
    client.hear(this.lying ? claimingAll(message.data) : message.data);
    const data = client.generate();
    if (data) connection.toRelay.push({ type: "sync", data });
  }

  async turn(): Promise<void> {
    for (const run of this.timers.splice(0)) run();
    for (let i = 0; i < 16; i++) await Promise.resolve();
    for (const client of this.clients) if (client.connection?.isClosed) this.disconnect(client);
  }

  /** Everybody online, everything delivered. Returns the rounds it took. */
  async settle(): Promise<number> {
    this.log.failing = false;
    for (let round = 1; round <= 60; round++) {
      for (const client of this.clients) this.connect(client);
      for (const client of this.clients) while (client.connection?.toRelay.length) this.toRelay(client);
      await this.turn();
      for (const hub of this.nodes > 1 ? this.hubs : []) await hub.repair();
      await this.turn();
      for (const client of this.clients) while (client.connection?.toClient.length) this.toClient(client);
      const isQuiet = this.clients.every(
        (each) => each.connection && each.connection.toRelay.length + each.connection.toClient.length === 0,
      );
      if (isQuiet && this.timers.length === 0) return round;
    }
    throw new Error("did not settle in 60 rounds");
  }

  check(): void {
    const held = this.log.rows.map((each) => each.hash).sort();
    expect(new Set(held).size).toBe(held.length);
    const heads = A.getHeads(this.clients[0]?.doc ?? A.init()).sort();
    for (const client of this.clients) {
      expect(A.getHeads(client.doc).sort()).toEqual(heads);
      const hashes = A.getAllChanges(client.doc).map((each) => A.decodeChange(each).hash);
      expect(hashes.sort()).toEqual(held);
    }
    for (const head of heads) expect(this.receipted.has(head)).toBe(true);
  }
}

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
              // Restored from a backup: what it had receipted since is not its any more.
              seen.rewind++;
              world.log.rows.length = Math.floor(world.log.rows.length / 2);
              world.log.kept = undefined;
              world.receipted.clear();
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

/** For tests of the sync layer: a relay's hubs on a log in memory, and clients that are Automerge's own sync and no more. */
import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import * as A from "@automerge/automerge";
import { expect } from "vitest";
import { concat, decodeCbor, encodeCbor } from "./protocol/cbor.ts";
import { parseReceipt, type Refused } from "./protocol/messages.ts";
import type { Hashing } from "./sync/chunk.ts";
import { toHex } from "./sync/bytes.ts";
import { Hub } from "./sync/hub.ts";
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
} from "./sync/ports.ts";
import { packBody, packStretch, readBody, readIndex } from "./sync/segment.ts";

const hashing: Hashing = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  inflate: (bytes, maxOutputLength) => inflateRawSync(bytes, { maxOutputLength }),
};
export const documentId = "2nGkVeQScJEXQtq9R22UrhThLdU9";

interface Row {
  readonly hash: string;
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  readonly bytes: Uint8Array;
}

export class MemoryLog implements ChangeLog {
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
export const documents: { -readonly [key in keyof Documents]: Documents[key] } = {
  async save({ count, body }, heads) {
    const chunks: Uint8Array[] = [];
    readBody(body, count, (chunk) => void chunks.push(chunk));
    const doc = A.loadIncremental(A.init<Content>(), concat(chunks));
    expect(A.getHeads(doc).sort()).toEqual([...heads].sort());
    return A.save(doc);
  },
  changes: async (document) => packBody(A.getAllChanges(A.load(document))),
};

export type Content = { list?: number[] };

/** A stock client reduced to its sync: one document, one connection at a time. */
export class Client {
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

export class FakeConnection implements Connection {
  readonly deckle = true;
  readonly toClient: Uint8Array[] = [];
  readonly toRelay: { type: "sync" | "request"; data: Uint8Array }[] = [];
  isClosed = false;
  readonly id: number;
  readonly peerId: string;
  readonly self: string;
  constructor(id: number) {
    this.id = id;
    this.peerId = `peer-${id}`;
    this.self = `self-${id}`;
  }
  refusalOf(): Refused | undefined {
    return undefined;
  }
  wrote(_documentId: string): void {}
  refused(_documentId: string, _why: Refused): void {}
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

export class World {
  /** Filters lie, both ways. */
  lying = false;
  readonly log = new MemoryLog();
  readonly clients: Client[];
  readonly nodes: number;
  hubs: Hub[];
  timers: (() => void)[] = [];
  nextId = 1;
  /** Heads that somebody was receipted, or told of. */
  readonly acknowledged = new Set<string>();
  #bus = 0;
  #isDeaf = false;

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
          if (this.#bus++ % 2 === 0 && !this.#isDeaf)
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
      this.acknowledged.add(head);
    }
    if (message?.type !== "sync") return;
    // Durable before shown: no head and no change is told that is not in the log.
    const { heads, changes } = A.decodeSyncMessage(message.data);
    const told = changes.flatMap((each) =>
      each[8] === 0 ? A.getHeads(A.load(each)) : A.decodeChange(each).hash,
    );
    for (const hash of [...heads, ...told]) expect(durable.has(hash)).toBe(true);
    // Who only takes in what it is told is not receipted as well.
    for (const hash of heads) this.acknowledged.add(hash);
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
    for (const head of heads) expect(this.acknowledged.has(head)).toBe(true);
  }

  /** Everything said is heard, so many times over; of these clients, or of all. */
  async pump(rounds = 12, only: readonly Client[] = this.clients): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      for (const client of only) while (client.connection?.toRelay.length) this.toRelay(client);
      await this.turn();
      for (const client of only) while (client.connection?.toClient.length) this.toClient(client);
    }
  }

  /** Does `run` while no wake-up reaches any node. */
  async deaf(run: () => Promise<void>): Promise<void> {
    this.#isDeaf = true;
    await run();
    this.#isDeaf = false;
  }

  async repair(): Promise<void> {
    for (const hub of this.hubs) await hub.repair();
  }
}

/** What promises have to do is done. */
export async function drain(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

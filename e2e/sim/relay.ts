/**
 * A relay: one log, and one or more nodes that serve it. A node is the relay's own hub, rooms and sessions; the log is
 * in memory, and survives every node. What it holds is proved on the way in.
 */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { openSession } from "../../relay/access/authorize.ts";
import type { Bus, News } from "../../relay/bus/bus.ts";
import { joinDeadlineMs, outboundStuckMs, pingMs, silenceMs } from "../../relay/protocol/limits.ts";
import { SocketSession } from "../../relay/server/session.ts";
import { nodeHashing } from "../../relay/store/hashing.ts";
import { parseChange } from "../../relay/sync/chunk.ts";
import { Hub } from "../../relay/sync/hub.ts";
import type {
  Batch,
  Bytes,
  ChangeLog,
  Committed,
  FeedPage,
  Listed,
  Range,
  Snapshot,
} from "../../relay/sync/ports.ts";
import { packBody, packStretch, readBody } from "../../relay/sync/segment.ts";
import { Life, Machine, type Loop } from "./loop.ts";
import type { Host, Network, ServerSocket, ServerWire } from "./network.ts";

interface Row {
  readonly hash: string;
  readonly deps: readonly string[];
  readonly actor: string;
  readonly seq: number;
  readonly bytes: Uint8Array;
}
interface Logged {
  readonly rows: Row[];
  readonly hashes: Set<string>;
  heads: Uint8Array;
  sequence: number;
}

/** What is on the relay's disk. */
export class Archive {
  readonly byDocument = new Map<string, Logged>();
  sequence = 0;
  isFull = false;
  isSlow = false;

  /** Whether a document's log holds these changes, and with them all that they depend on. */
  holds(documentId: string, heads: readonly string[]): boolean {
    const logged = this.byDocument.get(documentId);
    return heads.every((head) => logged?.hashes.has(head));
  }

  chunks(documentId: string): Uint8Array[] {
    return (this.byDocument.get(documentId)?.rows ?? []).map(({ bytes }) => bytes);
  }

  /** All batches or none; undefined for those that another node was quicker with. */
  commit(batches: readonly Batch[]): Committed {
    if (this.isFull) return { ok: false, reason: "the disk is full" };
    return { ok: true, sequences: batches.map((batch) => this.#take(batch)) };
  }

  #take({ documentId, first, count, body, heads }: Batch): number | undefined {
    const known = this.byDocument.get(documentId);
    const logged = known ?? { rows: [], hashes: new Set<string>(), heads, sequence: 0 };
    if (logged.rows.length !== first) return undefined;
    this.byDocument.set(documentId, logged);
    readBody(body, count, (chunk) => {
      const parsed = parseChange(chunk.slice(), nodeHashing);
      if (!parsed.ok) throw new Error(`the log was given what is no change: ${parsed.fault}`);
      const { hash, deps, actor, seq, bytes } = parsed.change;
      if (logged.hashes.has(hash)) throw new Error(`the log was given ${hash} twice`);
      for (const dep of deps)
        if (!logged.hashes.has(dep)) throw new Error(`the log was given ${hash} before what it depends on`);
      logged.rows.push({ hash, deps, actor, seq, bytes });
      logged.hashes.add(hash);
    });
    logged.heads = heads.slice();
    logged.sequence = ++this.sequence;
    return logged.sequence;
  }

  list(documentId: string, from: number): Listed {
    const rows = this.byDocument.get(documentId)?.rows ?? [];
    const { count, index } = packStretch(rows.slice(from));
    return { ok: true, stretches: count > 0 ? [{ first: from, count, index }] : [], next: rows.length };
  }

  read(documentId: string, ranges: readonly Range[]): Bytes {
    const rows = this.byDocument.get(documentId)?.rows ?? [];
    const chunks = ranges.flatMap(({ from, to }) => rows.slice(from, to)).map(({ bytes }) => bytes);
    return { ok: true, ...packBody(chunks) };
  }

  feed(after: number, count: number): FeedPage {
    const all = [...this.byDocument]
      .filter(([, { sequence }]) => sequence > after)
      .sort(([, a], [, b]) => a.sequence - b.sequence)
      .map(([documentId, { sequence, heads }]) => ({ documentId, sequence, heads }));
    return { ok: true, entries: all.slice(0, count), isLast: all.length <= count };
  }
}

/** The archive as one node's store: each call takes time, and dies with the node. */
class Store implements ChangeLog {
  readonly #archive: Archive;
  readonly #loop: Loop;
  readonly #life: Life;
  constructor(archive: Archive, loop: Loop, life: Life) {
    this.#archive = archive;
    this.#loop = loop;
    this.#life = life;
  }
  list(documentId: string, from: number): Promise<Listed> {
    return this.#later(() => this.#archive.list(documentId, from));
  }
  read(documentId: string, ranges: readonly Range[]): Promise<Bytes> {
    return this.#later(() => this.#archive.read(documentId, ranges));
  }
  async commit(batches: readonly Batch[]): Promise<Committed> {
    const committed = await this.#later(() => this.#archive.commit(batches));
    // A node can die between the commit and its own knowing of it.
    return this.#later(() => committed);
  }
  feed(after: number, count: number): Promise<FeedPage> {
    return this.#later(() => this.#archive.feed(after, count));
  }
  async snapshot(): Promise<Snapshot | undefined> {
    return undefined;
  }
  async keepSnapshot(): Promise<void> {}

  #later<T>(run: () => T): Promise<T> {
    const delayMs = this.#archive.isSlow ? this.#loop.between(50, 1_500) : this.#loop.between(0.1, 6);
    return new Promise((resolve, reject) => {
      this.#loop.after(
        delayMs,
        () => {
          try {
            resolve(run());
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
        this.#life,
      );
    });
  }
}

/** Wakes the other nodes, late, and often not at all. */
class LossyBus implements Bus {
  readonly #loop: Loop;
  readonly #nodes = new Map<string, { life: Life; hear: (news: News) => void }>();
  constructor(loop: Loop) {
    this.#loop = loop;
  }
  publish(fromNode: string, news: News): void {
    for (const [node, { life, hear }] of this.#nodes)
      if (node !== fromNode && this.#loop.random.chance(0.6))
        this.#loop.after(this.#loop.between(0.1, 300), () => hear(news), life);
  }
  subscribe(node: string, hear: (news: News) => void): () => void {
    this.#nodes.set(node, { life: this.#loop.life, hear });
    return () => this.#nodes.delete(node);
  }
  async stop(): Promise<void> {}
}

/** How often a node looks for what the bus did not tell. */
const repairMs = 5_000;

export class Relay {
  readonly archive = new Archive();
  readonly host: string;
  readonly workspace: string;
  readonly nodes: Node[];
  readonly bugs: string[] = [];

  constructor(loop: Loop, network: Network, host: string, workspace: string, nodes: number) {
    this.host = host;
    this.workspace = workspace;
    const bus = new LossyBus(loop);
    this.nodes = Array.from({ length: nodes }, (_, i) => new Node(loop, this, bus, `${host} ${i}`));
    network.hosts.set(host, () => {
      const alive = this.nodes.flatMap(({ host: one }) => one ?? []);
      return alive.length > 0 ? loop.random.pick(alive) : undefined;
    });
  }

  get url(): string {
    return `ws://${this.host}/sync`;
  }
}

export class Node {
  readonly name: string;
  host: Host | undefined;
  readonly #loop: Loop;
  readonly #relay: Relay;
  readonly #bus: Bus;
  readonly #machine: Machine;
  #starts = 0;

  constructor(loop: Loop, relay: Relay, bus: Bus, name: string) {
    this.#loop = loop;
    this.#relay = relay;
    this.#bus = bus;
    this.name = name;
    this.#machine = new Machine(name);
  }

  start(): void {
    if (this.host) return;
    const life = new Life(this.#machine, this.name);
    const before = this.#loop.life;
    this.#loop.life = life;
    this.host = this.#serve(life);
    this.#loop.life = before;
  }

  /** @returns the life that ended */
  crash(): Life | undefined {
    const life = this.host?.life;
    this.host = undefined;
    if (life) life.isAlive = false;
    return life;
  }

  #serve(life: Life): Host {
    const loop = this.#loop;
    const { archive, workspace, bugs } = this.#relay;
    const relayId = `relay-${this.#relay.host}`;
    const sessions = new Map<number, SocketSession>();
    const report = (event: string, facts: Readonly<Record<string, string | number>>): void => {
      if (event === "bug") bugs.push(String(facts["stack"]));
    };
    const nowMs = (): number => loop.nowMs;
    const hub: Hub = new Hub({
      relayId,
      log: new Store(archive, loop, life),
      epoch: "epoch",
      documents: { save: async () => undefined, changes: async () => undefined },
      hashing: nodeHashing,
      timing: { nowMs, after: (delayMs, run) => void loop.after(delayMs, run, life) },
      may: (connection, documentId, action) => sessions.get(connection.id)?.may(documentId, action) ?? false,
      report,
      onCommitted: (documentIds) =>
        this.#bus.publish(this.name, { kind: "documents", workspace, documentIds }),
    });
    this.#bus.subscribe(this.name, (news) => {
      if (news.kind === "documents") for (const documentId of news.documentIds) hub.refresh(documentId);
    });
    const every = (everyMs: number, run: () => void): void => {
      loop.after(everyMs, () => (run(), every(everyMs, run)), life);
    };
    every(pingMs, () => {
      for (const session of sessions.values()) session.tick(silenceMs, outboundStuckMs);
    });
    if (this.#relay.nodes.length > 1) every(repairMs, () => void hub.repair());
    const traffic = { framesIn: 0, framesOut: 0 };
    const start = `${this.name.replaceAll(" ", "-")}-${++this.#starts}`;
    let nextId = 1;
    return {
      life,
      accept: (socket: ServerSocket, wire: ServerWire) => {
        const id = nextId++;
        const setting = { hub, relayId, workspace, start, report, traffic, joinDeadlineMs, nowMs };
        // Of both a session uses what these have.
        const [ws, tcp] = [socket as unknown as WebSocket, wire as unknown as Socket];
        sessions.set(id, new SocketSession(id, openSession, ws, tcp, setting));
        socket.on("close", () => sessions.delete(id));
      },
    };
  }
}

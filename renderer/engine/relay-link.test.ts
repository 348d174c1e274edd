import * as A from "@automerge/automerge/slim";
import { Repo } from "@automerge/automerge-repo/slim";
import type { DocumentId, Message, PeerId } from "@automerge/automerge-repo/slim";
import { once } from "node:events";
import { afterEach, beforeAll, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import type { WebSocket as ServerSocket } from "ws";
import { decodeCbor, encodeCbor } from "../../relay/protocol/cbor.ts";
import type { Encodable } from "../../relay/protocol/cbor.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { FakeClock } from "./fake-clock.ts";
import {
  aliveAfterMs,
  aliveLooks,
  aliveWithinMs,
  helloLooks,
  helloTimesOfMet,
  helloWithinMs,
  reconnectFirstMs,
  receivingDocumentsMax,
  sendingEveryMs,
  sendingFromBytes,
} from "./limits.ts";
import type { Receiving, RelayState } from "./port.ts";
import { RelayLink } from "./relay-link.ts";

beforeAll(useAutomerge);

const documentId = "2nGkVeQScJEXQtq9R22UrhThLdU9" as DocumentId;
const other = "3gkN4zGgpu6v5hzDEn9X5YLHpdiB" as DocumentId;
const us = "engine" as PeerId;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A relay that says what the test wants said. */
class ScriptedRelay {
  private readonly server: WebSocketServer;
  readonly sockets: ServerSocket[] = [];
  readonly heard: Record<string, unknown>[] = [];
  /** Whether a join is answered at once. */
  answers = true;

  private constructor(server: WebSocketServer) {
    this.server = server;
    server.on("connection", (socket) => {
      this.sockets.push(socket);
      socket.on("message", (data: Buffer) => this.hear(new Uint8Array(data)));
    });
  }

  /** What it says that it speaks; nothing is a relay of others. */
  metadata: { readonly [key: string]: Encodable } = {
    deckle: { version: 1, workspace: other, self: "self-1" },
  };

  static async start(): Promise<ScriptedRelay> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    const relay = new ScriptedRelay(server);
    closers.push(() => {
      for (const socket of relay.sockets) socket.terminate();
      return new Promise((resolve) => server.close(resolve));
    });
    return relay;
  }

  get url(): string {
    const address = this.server.address();
    return `ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  }

  say(message: { readonly [key: string]: Encodable }): void {
    this.sockets.at(-1)?.send(encodeCbor({ senderId: "relay", targetId: us, ...message }));
  }

  answer(): void {
    this.say({ type: "peer", selectedProtocolVersion: "1", peerMetadata: this.metadata });
  }

  private hear(bytes: Uint8Array): void {
    const decoded = decodeCbor(bytes);
    if (!decoded.ok || typeof decoded.value !== "object") throw new Error("not a frame");
    const message = { ...decoded.value } as Record<string, unknown>;
    this.heard.push(message);
    if (message["type"] === "join" && this.answers) this.answer();
  }
}

type Said = [documentId: string, receiving: Receiving | null];

class Stand {
  readonly relay: ScriptedRelay;
  readonly clock = new FakeClock();
  readonly states: RelayState["state"][] = [];
  readonly receiving: Said[] = [];
  readonly sending: number[] = [];
  readonly receipts: string[] = [];
  readonly told: (readonly string[])[] = [];
  readonly messages: Message[] = [];
  readonly link: RelayLink;
  /** What the disk has not taken yet. */
  durable: Promise<void> | null = null;

  constructor(relay: ScriptedRelay) {
    this.relay = relay;
    const events = {
      state: ({ state }: RelayState) => void this.states.push(state),
      workspace: () => {},
      takes: () => true,
      role: () => {},
      withheld: () => {},
      receipt: (document: string) => void this.receipts.push(document),
      told: (_document: string, heads: readonly string[]) => void this.told.push(heads),
      beforeChanges: () => {},
      durable: () => this.durable,
      past: () => false,
      feed: () => {},
      receiving: (document: string, receiving: Receiving | null) =>
        void this.receiving.push([document, receiving]),
      sending: (bytes: number) => void this.sending.push(bytes),
    };
    this.link = new RelayLink(relay.url, events, this.clock, () => 0.5);
    this.link.on("message", (message) => this.messages.push(message));
    closers.push(() => this.link.disconnect());
  }

  /** A link that has been welcomed, to a relay that is silent otherwise. */
  static async connected(): Promise<Stand> {
    const stand = new Stand(await ScriptedRelay.start());
    stand.link.connect(us, {});
    await until(() => stand.states.includes("connected"));
    return stand;
  }

  /** All that the relay has said so far has been read: frames keep their order. */
  async heardAll(): Promise<void> {
    const before = this.receipts.length;
    this.relay.say({ type: "receipt", documentId: other, heads: new Uint8Array(32) });
    await until(() => this.receipts.length > before);
  }

  progress(sentBytes: number, totalBytes: number, document = documentId): void {
    this.relay.say({ type: "progress", documentId: document, sentBytes, totalBytes });
  }

  sync(document = documentId): void {
    const data = A.encodeSyncMessage({ heads: ["ab".repeat(32)], need: [], have: [], changes: [] });
    this.relay.say({ type: "sync", documentId: document, data });
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 8_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const part = (receivedBytes: number, totalBytes = 300): Said => [documentId, { receivedBytes, totalBytes }];
const over: Said = [documentId, null];

test("nothing of a document is sent before the disk has it, and what is sent keeps its order", async () => {
  const stand = await Stand.connected();
  const { link, relay } = stand;
  const say = (text: string): void =>
    link.send({
      type: "sync",
      senderId: us,
      targetId: "relay" as PeerId,
      documentId,
      data: new TextEncoder().encode(text),
    } as unknown as Message);
  const disk = Promise.withResolvers<void>();
  stand.durable = disk.promise;
  say("first");
  stand.durable = null;
  say("second");
  link.send({
    type: "ephemeral",
    senderId: us,
    targetId: "relay" as PeerId,
    documentId,
    count: 1,
    sessionId: "s",
    data: new Uint8Array(1),
  } as unknown as Message);
  const kinds = (): unknown[] => relay.heard.map(({ type }) => type).filter((type) => type !== "join");
  await until(() => kinds().length > 0);
  expect(kinds()).toEqual(["ephemeral"]);
  disk.resolve();
  await until(() => kinds().length === 3);
  expect(relay.heard.slice(-2).map(({ data }) => new TextDecoder().decode(data as Uint8Array))).toEqual([
    "first",
    "second",
  ]);
});

test("what others say at once reaches the repo one by one, and what we said ourselves does not", async () => {
  const { relay, link, states } = new Stand(await ScriptedRelay.start());
  const repo = new Repo({ network: [link], peerId: us });
  await until(() => states.includes("connected"));
  const handle = repo.create({ text: "x" });
  const heard: unknown[] = [];
  handle.on("ephemeral-message", ({ senderId, message }) => heard.push([senderId, message]));
  await until(() => relay.heard.some(({ type }) => type === "sync"));
  const state = (sender: string, count: number, words: string): Encodable => [
    sender,
    count,
    "session",
    encodeCbor({ words }),
  ];
  relay.say({
    type: "presences",
    documentId: handle.documentId,
    states: [state("one", 1, "a"), state("self-1", 1, "ours"), state("two", 1, "b"), state("one", 2, "c")],
  });
  await until(() => heard.length >= 3);
  expect(heard).toEqual([
    ["one", { words: "a" }],
    ["two", { words: "b" }],
    ["one", { words: "c" }],
  ]);
});

test("of presences that are none, what can be read is taken, and the connection stays", async () => {
  const stand = await Stand.connected();
  const good = ["one", 1, "session", new Uint8Array([1])];
  for (const states of [
    7,
    "states",
    [],
    [7, [], ["one"], ["one", -1, "s", new Uint8Array([1])], good],
  ] as Encodable[])
    stand.relay.say({ type: "presences", documentId, states });
  stand.relay.say({ type: "presences", documentId: "../x", states: [good] });
  await stand.heardAll();
  expect(stand.messages).toEqual([
    {
      type: "ephemeral",
      senderId: "one",
      targetId: us,
      documentId,
      count: 1,
      sessionId: "session",
      data: new Uint8Array([1]),
    },
  ]);
  expect(stand.states).toEqual(["connected"]);
});

test("frames of types that this version does not know change nothing", async () => {
  const stand = await Stand.connected();
  stand.relay.say({ type: "feed", epoch: "e", entries: [], upTo: 1, isLast: true });
  stand.relay.say({ type: "of-tomorrow", documentId, data: new Uint8Array([1]) });
  stand.relay.say({ documentId });
  for (const sentBytes of [-1, "1", true, new Uint8Array(8)])
    stand.relay.say({ type: "progress", documentId, sentBytes, totalBytes: 300 });
  stand.relay.say({ type: "progress", documentId: "../x", sentBytes: 1, totalBytes: 300 });
  await stand.heardAll();
  expect(stand.messages).toEqual([]);
  expect(stand.receiving).toEqual([]);
  expect(stand.states).toEqual(["connected"]);
});

test("nothing counts before the relay has answered our join", async () => {
  const stand = new Stand(await ScriptedRelay.start());
  stand.relay.answers = false;
  stand.link.connect(us, {});
  await until(() => stand.relay.heard.length > 0);
  stand.progress(100, 300);
  stand.relay.say({ type: "presences", documentId, states: [["one", 1, "s", new Uint8Array([1])]] });
  stand.relay.answer();
  await stand.heardAll();
  expect(stand.receiving).toEqual([]);
  expect(stand.messages).toEqual([]);
});

test("an engine that was too busy to hear the answer does not take the relay for silent", async () => {
  const stand = new Stand(await ScriptedRelay.start());
  stand.relay.answers = false;
  stand.link.connect(us, {});
  await until(() => stand.relay.heard.length > 0);
  for (let look = 1; look < helloLooks; look++) stand.clock.advance(2 * helloWithinMs);
  expect(stand.states).toEqual([]);
  stand.relay.answer();
  await until(() => stand.states.includes("connected"));
});

test("something that takes the connection and says nothing is no relay", async () => {
  const stand = new Stand(await ScriptedRelay.start());
  stand.relay.answers = false;
  stand.link.connect(us, {});
  await until(() => stand.relay.heard.length > 0);
  for (let look = 1; look < helloLooks; look++) stand.clock.advance(helloWithinMs / helloLooks);
  expect(stand.states).toEqual([]);
  stand.clock.advance(helloWithinMs / helloLooks);
  expect(stand.states).toEqual(["incompatible"]);
});

test("a relay that has answered before is one, however slow the network has become", async () => {
  const stand = await Stand.connected();
  stand.relay.answers = false;
  stand.relay.sockets.at(-1)?.terminate();
  await until(() => stand.states.at(-1) === "unreachable");
  const joins = (): number => stand.relay.heard.filter(({ type }) => type === "join").length;
  stand.clock.advance(reconnectFirstMs);
  await until(() => joins() === 2);
  for (let look = 1; look < helloLooks * helloTimesOfMet; look++)
    stand.clock.advance(helloWithinMs / helloLooks);
  expect(stand.states).toEqual(["connected", "unreachable"]);
  // It is given up, and tried again as soon as any other.
  stand.clock.advance(helloWithinMs / helloLooks);
  stand.relay.answers = true;
  await until(() => {
    stand.clock.advance(reconnectFirstMs);
    return stand.states.at(-1) === "connected";
  });
  expect(stand.states).toEqual(["connected", "unreachable", "connected"]);
});

test("a catch-up counts what has come, not what was announced, and ends with its last piece", async () => {
  const stand = await Stand.connected();
  stand.progress(100, 300);
  await stand.heardAll();
  expect(stand.receiving).toEqual([part(0)]);
  stand.sync();
  await stand.heardAll();
  stand.progress(200, 300);
  await stand.heardAll();
  expect(stand.receiving).toEqual([part(0), part(100)]);
  stand.sync();
  stand.sync(); // somebody's edit in between is no piece
  stand.progress(300, 300);
  await stand.heardAll();
  expect(stand.receiving.slice(2)).toEqual([part(200)]);
  stand.sync();
  await stand.heardAll();
  expect(stand.receiving.slice(3)).toEqual([part(300), over]);
  stand.sync();
  await stand.heardAll();
  expect(stand.receiving.length).toBe(5);
  expect(stand.messages.length).toBe(5);
});

test("the end of a catch-up is said after its last piece was handed on", async () => {
  const stand = await Stand.connected();
  const order: string[] = [];
  stand.link.on("message", () => order.push(`message, ${stand.receiving.at(-1)?.[1]?.receivedBytes}`));
  stand.progress(300, 300);
  stand.sync();
  await stand.heardAll();
  expect(order).toEqual(["message, 300"]);
  expect(stand.receiving.at(-1)).toEqual(over);
});

test("the end waits for what is gathered", async () => {
  const stand = await Stand.connected();
  const change = A.getLastLocalChange(A.change(A.init<{ n: number }>(), (draft) => void (draft.n = 1)));
  const brings = (): void =>
    stand.relay.say({
      type: "sync",
      documentId,
      data: A.encodeSyncMessage({
        heads: ["ab".repeat(32)],
        need: [],
        have: [],
        changes: [change ?? new Uint8Array()],
      }),
    });
  brings();
  await stand.heardAll();
  stand.link.applied(documentId, 100);
  stand.progress(300, 300);
  brings();
  await stand.heardAll();
  expect(stand.receiving).toEqual([part(0), part(300)]);
  stand.clock.advance(300);
  expect(stand.messages.length).toBe(2);
  expect(stand.receiving).toEqual([part(0), part(300), over]);
});

test("a document that comes whole ends with its one message", async () => {
  const stand = await Stand.connected();
  stand.progress(0, 300);
  stand.sync();
  await stand.heardAll();
  expect(stand.receiving).toEqual([part(0), part(300), over]);
});

test("a catch-up that the relay begins again counts from the beginning", async () => {
  const stand = await Stand.connected();
  stand.progress(100, 300);
  stand.sync();
  stand.progress(80, 400);
  stand.sync();
  await stand.heardAll();
  expect(stand.receiving).toEqual([part(0), part(100), part(0, 400), part(80, 400)]);
  stand.progress(40, 400);
  await stand.heardAll();
  expect(stand.receiving.at(-1)).toEqual(part(0, 400));
});

test("what was written during a catch-up makes it no longer than it was said to be, and what comes later is none", async () => {
  const stand = await Stand.connected();
  stand.progress(200, 300);
  stand.sync();
  stand.progress(350, 300);
  stand.sync();
  stand.progress(360, 300);
  stand.sync();
  await stand.heardAll();
  expect(stand.receiving).toEqual([part(0), part(200), part(300), over]);
});

test("a catch-up ends where the relay has no document after all, and with the connection", async () => {
  const stand = await Stand.connected();
  stand.progress(100, 300);
  stand.relay.say({ type: "doc-unavailable", documentId });
  await stand.heardAll();
  expect(stand.receiving).toEqual([part(0), over]);

  stand.progress(100, 300);
  stand.progress(100, 300, other);
  await stand.heardAll();
  stand.receiving.length = 0;
  stand.relay.sockets.at(-1)?.terminate();
  await until(() => stand.states.includes("unreachable"));
  expect(stand.receiving).toEqual([over, [other, null]]);

  // The next connection begins from nothing.
  stand.receiving.length = 0;
  stand.clock.advance(reconnectFirstMs);
  await until(() => stand.states.at(-1) === "connected");
  stand.sync();
  await stand.heardAll();
  expect(stand.receiving).toEqual([]);
});

test("a relay that tells the progress of endlessly many documents takes up no memory with it", async () => {
  const stand = await Stand.connected();
  // Digits without the 0, which no id has.
  const idOf = (n: number): string =>
    documentId.slice(0, -4) +
    n
      .toString(9)
      .padStart(4, "0")
      .replace(/\d/g, (digit) => `${Number(digit) + 1}`);
  const ids = Array.from({ length: receivingDocumentsMax + 1 }, (_, n) => idOf(n));
  expect(new Set(ids).size).toBe(receivingDocumentsMax + 1);
  for (const id of ids) stand.progress(100, 300, id as DocumentId);
  await stand.heardAll();
  expect(stand.receiving.length).toBe(receivingDocumentsMax);
  expect(stand.receiving.at(-1)?.[0]).toBe(ids.at(-2));
});

/** Sends until so much waits in the socket: what the system's own buffers take is nobody's to see. */
function fill(link: RelayLink, bytes: number): void {
  const frame = new Uint8Array(64 * 1024);
  for (let sent = 0; (link.socket?.bufferedAmount ?? 0) <= bytes; sent++) {
    if (sent > 4_000) throw new Error("the socket takes everything");
    link.send({ type: "sync", senderId: us, targetId: "relay" as PeerId, documentId, data: frame });
  }
}

test("what waits in the socket is told a few times a second until it is gone, and no timer runs otherwise", async () => {
  const stand = await Stand.connected();
  const idle = stand.clock.waiting;
  stand.link.send({
    type: "sync",
    senderId: us,
    targetId: "relay" as PeerId,
    documentId,
    data: new Uint8Array(1_000),
  });
  expect(stand.sending).toEqual([]);
  expect(stand.clock.waiting).toBe(idle);

  stand.relay.sockets.at(-1)?.pause();
  fill(stand.link, 4 * sendingFromBytes);
  expect(stand.sending.length).toBe(1);
  expect(stand.sending[0]).toBeGreaterThan(sendingFromBytes);
  // More in the same moment is told with the next look, and not by itself.
  fill(stand.link, 8 * sendingFromBytes);
  expect(stand.sending.length).toBe(1);
  stand.clock.advance(sendingEveryMs - 1);
  expect(stand.sending.length).toBe(1);
  stand.clock.advance(1);
  expect(stand.sending.length).toBe(2);
  expect(stand.sending[1]).toBeGreaterThan(8 * sendingFromBytes);
  expect(stand.clock.waiting).toBe(idle + 1);
  // Nothing moved: nothing is told.
  stand.clock.advance(sendingEveryMs);
  expect(stand.sending.length).toBe(2);

  stand.relay.sockets.at(-1)?.resume();
  await until(() => stand.link.socket?.bufferedAmount === 0);
  stand.clock.advance(sendingEveryMs);
  expect(stand.sending.slice(2)).toEqual([0]);
  expect(stand.clock.waiting).toBe(idle);
});

test("a connection that closes has nothing to send any more, whatever its socket goes on counting", async () => {
  const stand = await Stand.connected();
  stand.relay.sockets.at(-1)?.pause();
  fill(stand.link, sendingFromBytes);
  expect(stand.sending.length).toBe(1);
  stand.relay.sockets.at(-1)?.terminate();
  await until(() => stand.states.includes("unreachable"));
  expect(stand.sending.slice(1)).toEqual([0]);
  expect(stand.clock.waiting).toBe(1); // for the next attempt to connect
});

/** Looks as often as the link does before it gives a relay up. */
const lookInVain = (stand: Stand): void => {
  for (let look = 0; look < aliveLooks; look++) stand.clock.advance(aliveWithinMs / aliveLooks);
};

test("a relay that was silent is asked, and its answer is enough", async () => {
  const stand = await Stand.connected();
  stand.clock.advance(aliveAfterMs);
  await until(() => stand.relay.heard.some(({ type }) => type === "alive"));
  expect(stand.relay.heard.at(-1)).toEqual({ type: "alive", senderId: us, targetId: "relay" });
  stand.relay.say({ type: "alive" });
  await stand.heardAll();
  lookInVain(stand);
  expect(stand.states).toEqual(["connected"]);
});

test("a relay that does not answer is unreachable at once, and is tried again", async () => {
  const stand = await Stand.connected();
  stand.relay.sockets.at(-1)?.pause();
  stand.clock.advance(aliveAfterMs);
  lookInVain(stand);
  expect(stand.states).toEqual(["connected", "unreachable"]);
  stand.clock.advance(reconnectFirstMs);
  await until(() => stand.states.at(-1) === "connected");
  // What the dead socket still says is nobody's word any more.
  stand.relay.sockets[0]?.resume();
  stand.relay.sockets[0]?.terminate();
  await stand.heardAll();
  expect(stand.states).toEqual(["connected", "unreachable", "connected"]);
});

test("a relay of others is asked nothing that it would not know", async () => {
  const stand = new Stand(await ScriptedRelay.start());
  stand.relay.metadata = {};
  stand.link.connect(us, {});
  await until(() => stand.states.includes("connected"));
  stand.link.leave(documentId);
  stand.link.askFeed({ epoch: "", after: 0 });
  stand.clock.advance(10 * aliveAfterMs);
  lookInVain(stand);
  await stand.heardAll();
  expect(stand.relay.heard.map(({ type }) => type)).toEqual(["join"]);
  expect(stand.states).toEqual(["connected"]);
});

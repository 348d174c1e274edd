/**
 * The network between clients and relays: connections that keep order and take time. A client's line can be cut (what
 * it had ends, nothing new begins) or stalled (half-open: nobody is told, and what was sent arrives later or never).
 * Both ends are sockets as the code under test knows them: a browser's WebSocket, and what `ws` makes of an upgrade.
 */
import { EventEmitter } from "node:events";
import * as A from "@automerge/automerge/slim";
import { decodeCbor } from "../../relay/protocol/cbor.ts";
import type { Life, Loop, Machine } from "./loop.ts";

export type Line = "well" | "cut" | "stalled";

type Packet =
  | { readonly kind: "data"; readonly bytes: Uint8Array; readonly dueMs: number; readonly sent?: () => void }
  | { readonly kind: "ping" | "pong"; readonly dueMs: number }
  | { readonly kind: "end"; readonly code: number; readonly dueMs: number };

/** Who is at an address, now. */
export interface Host {
  readonly life: Life;
  accept(socket: ServerSocket, wire: ServerWire): void;
}

/** What a sender's system takes without saying that it is slow. */
const systemBufferBytes = 64 * 1024;
/** As Chromium waits for the other side's close frame. */
const closingMs = 10_000;

export class Network {
  readonly loop: Loop;
  readonly hosts = new Map<string, () => Host | undefined>();
  readonly #lines = new Map<Machine, Line>();
  readonly #open = new Set<Wire>();

  constructor(loop: Loop) {
    this.loop = loop;
  }

  line(machine: Machine): Line {
    return this.#lines.get(machine) ?? "well";
  }

  setLine(machine: Machine, line: Line): void {
    this.#lines.set(machine, line);
    for (const wire of this.#open)
      if (wire.machine === machine) {
        if (line === "cut") wire.cut();
        else wire.pump();
      }
  }

  /** A process died; without a word where its machine went down with it. */
  died(life: Life, silently: boolean): void {
    for (const wire of this.#open) wire.died(life, silently);
  }

  /** The class that stands for `WebSocket`. */
  socketClass(): unknown {
    const dial = (socket: ClientSocket, url: string): void => this.#dial(socket, url);
    const { loop } = this;
    return class extends ClientSocket {
      constructor(url: string) {
        super(loop.life);
        dial(this, url);
      }
    };
  }

  #dial(socket: ClientSocket, url: string): void {
    const { loop } = this;
    const { life } = socket;
    const wire = new Wire(this, socket, life);
    socket.wire = wire;
    const line = this.line(life.machine);
    if (line === "stalled") return; // and nobody answers
    loop.after(
      this.latencyMs,
      () => {
        const host = this.line(life.machine) === "well" ? this.hosts.get(new URL(url).host)?.() : undefined;
        if (socket.readyState !== 0) return;
        if (!host) return socket.ended(1006);
        wire.connect(host);
      },
      life,
    );
  }

  opened(wire: Wire): void {
    this.#open.add(wire);
  }

  closed(wire: Wire): void {
    this.#open.delete(wire);
  }

  get latencyMs(): number {
    return this.loop.random.chance(0.05) ? this.loop.between(50, 800) : this.loop.between(0.5, 40);
  }
}

type Listener = (event: { data?: unknown; code?: number }) => void;

class ClientSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  binaryType = "arraybuffer";
  readyState = 0;
  readonly life: Life;
  wire: Wire | undefined;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(life: Life) {
    this.life = life;
  }

  get bufferedAmount(): number {
    return this.wire?.unsent("server") ?? 0;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.set(
      type,
      (this.#listeners.get(type) ?? []).filter((one) => one !== listener),
    );
  }

  send(data: ArrayBuffer | Uint8Array): void {
    if (this.readyState === 0) throw new Error("the socket is not open yet");
    if (this.readyState === 1) this.wire?.toServer(new Uint8Array(data).slice());
  }

  close(): void {
    if (this.readyState >= 2) return;
    const wasOpen = this.readyState === 1;
    this.readyState = 2;
    this.wire?.closedByClient(wasOpen);
  }

  emit(type: string, event: { data?: unknown; code?: number } = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  ended(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit("close", { code });
  }
}

/** What `ws` gives a server for a connection, as far as a session uses it. */
export class ServerSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  isPaused = false;
  readonly #wire: Wire;

  constructor(wire: Wire) {
    super();
    this.#wire = wire;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
    this.#wire.pump();
  }
  send(bytes: Uint8Array): void {
    this.#wire.toClient(bytes.slice());
  }
  ping(): void {
    this.#wire.ping();
  }
  close(code: number): void {
    if (this.readyState !== 1) return;
    this.readyState = 2;
    this.#wire.endedByServer(code);
  }
  terminate(): void {
    this.close(1006);
    this.ended();
  }
  ended(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.emit("close");
  }
}

/** The server's TCP socket: takes WebSocket frames as bytes. */
export class ServerWire extends EventEmitter {
  destroyed = false;
  #rest = Buffer.alloc(0);
  readonly #wire: Wire;

  constructor(wire: Wire) {
    super();
    this.#wire = wire;
  }
  get writableLength(): number {
    return Math.max(0, this.#wire.unsent("client") - systemBufferBytes);
  }
  cork(): void {}
  uncork(): void {}
  write(bytes: Uint8Array, sent?: () => void): void {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const payload = payloadOf(this.#rest);
      if (!payload) break;
      this.#rest = this.#rest.subarray(payload.end);
      const isLast = this.#rest.length === 0;
      this.#wire.toClient(new Uint8Array(payload.bytes), isLast ? sent : undefined);
    }
  }
}

function payloadOf(frame: Buffer): { bytes: Buffer; end: number } | undefined {
  const short = (frame[1] ?? 0) & 0x7f;
  const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (frame.length < headBytes) return undefined;
  const length = short < 126 ? short : short === 126 ? frame.readUInt16BE(2) : frame.readUInt32BE(6);
  const end = headBytes + length;
  return frame.length < end ? undefined : { bytes: frame.subarray(headBytes, end), end };
}

type Side = "client" | "server";

class Wire {
  readonly machine: Machine;
  readonly #network: Network;
  readonly #client: ClientSocket;
  readonly #lives: Record<Side, Life | undefined>;
  #server: { socket: ServerSocket; wire: ServerWire } | undefined;
  readonly #queues: Record<Side, Packet[]> = { client: [], server: [] };
  /** What is sent from now on goes nowhere, also where the line is mended before both ends have noticed. */
  #isCut = false;
  readonly #isDue: Record<Side, boolean> = { client: false, server: false };

  constructor(network: Network, client: ClientSocket, life: Life) {
    this.#network = network;
    this.#client = client;
    this.#lives = { client: life, server: undefined };
    this.machine = life.machine;
  }

  connect(host: Host): void {
    const { loop } = this.#network;
    this.#lives.server = host.life;
    this.#network.opened(this);
    const socket = new ServerSocket(this);
    const wire = new ServerWire(this);
    this.#server = { socket, wire };
    loop.after(0, () => host.accept(socket, wire), host.life);
    const latencyMs = this.#network.latencyMs;
    loop.after(
      latencyMs,
      () => {
        if (this.#client.readyState !== 0) return;
        this.#client.readyState = 1;
        this.#client.emit("open");
      },
      this.#lives.client,
    );
  }

  unsent(to: Side): number {
    let bytes = 0;
    for (const packet of this.#queues[to]) if (packet.kind === "data") bytes += packet.bytes.length;
    return bytes;
  }

  toServer(bytes: Uint8Array): void {
    const server = this.#lives.server;
    // The other side's system answers that it knows of no such connection, or nobody answers and time runs out.
    if (!server?.isAlive || this.#server?.socket.readyState === 3) return this.#reset();
    this.#send("server", { kind: "data", bytes, dueMs: this.#dueMs });
  }

  toClient(bytes: Uint8Array, sent?: () => void): void {
    this.#send("client", { kind: "data", bytes, dueMs: this.#dueMs, ...(sent && { sent }) });
  }

  ping(): void {
    this.#send("client", { kind: "ping", dueMs: this.#dueMs });
  }

  endedByServer(code: number): void {
    // Of what is terminated over a line on which nothing passes the client hears only when it speaks.
    const isHeard = code !== 1006 || this.#network.line(this.machine) === "well";
    if (isHeard) this.#send("client", { kind: "end", code, dueMs: this.#dueMs });
  }

  closedByClient(wasOpen: boolean): void {
    const { loop } = this.#network;
    const { client } = this.#lives;
    if (!wasOpen) {
      loop.after(1, () => this.#client.ended(1006), client);
      if (this.#lives.server?.isAlive) this.#send("server", { kind: "end", code: 1006, dueMs: this.#dueMs });
      return;
    }
    this.#send("server", { kind: "end", code: 1005, dueMs: this.#dueMs });
    const isQuick = this.#lives.server?.isAlive && this.#network.line(this.machine) === "well";
    loop.after(isQuick ? 2 * this.#network.latencyMs : closingMs, () => this.#client.ended(1006), client);
  }

  /** The line is gone, and both systems know it, sooner or later. */
  cut(): void {
    this.#isCut = true;
    this.#queues.client = [];
    this.#queues.server = [];
    const { loop } = this.#network;
    loop.after(loop.between(1, 2_000), () => this.#client.ended(1006), this.#lives.client);
    const server = this.#server;
    if (server && loop.random.chance(0.7))
      loop.after(loop.between(1, 5_000), () => this.#endServer(), this.#lives.server);
    this.#network.closed(this);
  }

  died(life: Life, silently: boolean): void {
    if (silently) {
      if (this.#lives.client === life) this.#network.closed(this);
      return;
    }
    if (this.#lives.client === life) {
      this.#network.closed(this);
      this.#send("server", { kind: "end", code: 1006, dueMs: this.#dueMs });
    } else if (this.#lives.server === life)
      this.#send("client", { kind: "end", code: 1006, dueMs: this.#dueMs });
  }

  pump(): void {
    this.#next("client");
    this.#next("server");
  }

  get #dueMs(): number {
    return this.#network.loop.nowMs + this.#network.latencyMs;
  }

  #reset(): void {
    if (this.#network.line(this.machine) !== "well") return;
    const { loop } = this.#network;
    loop.after(loop.between(1, 3_000), () => this.#client.ended(1006), this.#lives.client);
  }

  #send(to: Side, packet: Packet): void {
    if (this.#isCut) return;
    this.#queues[to].push(packet);
    this.#next(to);
  }

  /** One at a time, so that the order stays. */
  #next(to: Side): void {
    const [packet] = this.#queues[to];
    const { loop } = this.#network;
    if (!packet || this.#isDue[to]) return;
    this.#isDue[to] = true;
    loop.after(
      packet.dueMs - loop.nowMs,
      () => {
        this.#isDue[to] = false;
        const isHeld = to === "server" && packet.kind === "data" && this.#server?.socket.isPaused;
        if (this.#network.line(this.machine) !== "well" || isHeld) return;
        if (this.#queues[to][0] !== packet) return this.#next(to);
        this.#queues[to].shift();
        this.#deliver(to, packet);
        this.#next(to);
      },
      this.#lives[to],
    );
  }

  #deliver(to: Side, packet: Packet): void {
    const { loop } = this.#network;
    if (loop.isPrinted)
      loop.note(`${this.#lives.client?.name ?? ""} ${to === "client" ? "<-" : "->"} ${wordsOf(packet)}`);
    if (to === "client") {
      if (packet.kind === "end") {
        this.#client.ended(packet.code);
        loop.after(this.#network.latencyMs, () => this.#endServer(), this.#lives.server);
        this.#network.closed(this);
      } else if (packet.kind === "ping") this.#send("server", { kind: "pong", dueMs: this.#dueMs });
      else if (packet.kind === "data") {
        if (this.#client.readyState === 0) {
          this.#client.readyState = 1;
          this.#client.emit("open");
        }
        const { bytes, sent } = packet;
        if (sent) this.#network.loop.after(0, sent, this.#lives.server);
        if (this.#client.readyState < 2)
          this.#client.emit("message", {
            data: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
          });
      }
      return;
    }
    if (packet.kind === "end") return this.#endServer();
    if (packet.kind === "pong") this.#server?.wire.emit("data", new Uint8Array(6));
    else if (packet.kind === "data" && (this.#server?.socket.readyState ?? 3) < 2) {
      this.#server?.wire.emit("data", packet.bytes);
      this.#server?.socket.emit("message", packet.bytes, true);
    }
  }

  #endServer(): void {
    if (!this.#server) return;
    this.#server.wire.destroyed = true;
    this.#server.socket.ended();
  }
}

/** For whoever reads a trace. */
function wordsOf(packet: Packet): string {
  if (packet.kind !== "data") return packet.kind;
  const decoded = decodeCbor(packet.bytes);
  const { type, documentId, data } = (decoded.ok ? decoded.value : {}) as Record<string, unknown>;
  let words = `${String(type)} ${typeof documentId === "string" ? documentId.slice(0, 4) : ""}`;
  if (type === "sync" && data instanceof Uint8Array) {
    const { heads, need, have, changes } = A.decodeSyncMessage(data);
    words += ` heads ${heads.map((head) => head.slice(0, 4)).join()} need ${need.length} have ${have.length} changes ${changes.length}`;
  }
  return words;
}

/** For tests only: relays on temporary folders, stock clients, and raw sockets that misbehave. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Repo, type DocHandle } from "@automerge/automerge-repo";
import { WebSocketClientAdapter } from "@automerge/automerge-repo-network-websocket";
import WebSocket from "ws";
import { decodeCbor, encodeCbor, type Encodable } from "./protocol/cbor.ts";
import { startRelay, type Relay, type RelayOptions } from "./main.ts";
import { parseReceipt, type ReceiptMessage } from "./protocol/messages.ts";
import { deckleVersion } from "./protocol/version.ts";

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 8_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
    await sleep(5);
  }
}

export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "deckle-relay-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The marker in its `join`, and what only a client with the marker is sent kept from automerge-repo. */
class DeckleAdapter extends WebSocketClientAdapter {
  readonly receipts: ReceiptMessage[] = [];

  override connect(...[peerId, metadata]: Parameters<WebSocketClientAdapter["connect"]>): void {
    const marked = { ...metadata, deckle: { version: deckleVersion } };
    super.connect(peerId, marked);
  }
  override receiveMessage(bytes: Uint8Array): void {
    const decoded = decodeCbor(new Uint8Array(bytes));
    const receipt = decoded.ok ? parseReceipt(decoded.value) : undefined;
    if (receipt) this.receipts.push(receipt);
    else if (decoded.ok && isStock(decoded.value)) super.receiveMessage(bytes);
  }
}

const isStock = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  !["progress", "presences", "feed"].includes(String(value.type));

/** What a test opened, closed again in the other order. */
export class Stage {
  readonly #closers: (() => unknown)[] = [];
  readonly events: string[] = [];

  defer(close: () => unknown): void {
    this.#closers.unshift(close);
  }
  async end(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }

  folder(): string {
    const folder = temporaryFolder();
    this.defer(() => folder[Symbol.dispose]());
    return folder.path;
  }
  async relay(options: Partial<RelayOptions> = {}): Promise<Relay> {
    const report = (event: string): void => void this.events.push(event);
    const relay = await startRelay({ data: options.data ?? this.folder(), port: 0, report, ...options });
    this.defer(() => relay.stop());
    return relay;
  }
  /** An unmodified automerge-repo. It tries again while it still connects, where that takes longer than `retryMs`. */
  repo(url: string, retryMs = 100): Repo {
    return this.#repoOn(new WebSocketClientAdapter(url, retryMs));
  }
  /** automerge-repo with Deckle's marker, and what it was told is on the relay's disk. */
  deckleRepo(url: string): { readonly repo: Repo; readonly receipts: readonly ReceiptMessage[] } {
    const adapter = new DeckleAdapter(url, 100);
    return { repo: this.#repoOn(adapter), receipts: adapter.receipts };
  }
  #repoOn(adapter: WebSocketClientAdapter): Repo {
    // In Node it throws out of an event listener where a connection fails; in a browser it does not.
    adapter.onError = () => {};
    // On a socket that is closing it throws, in the middle of taking a change in, and the handle is of no use any more.
    // What is dropped instead would have gone with the socket.
    const send = adapter.send.bind(adapter);
    adapter.send = (message) => {
      if (adapter.socket?.readyState !== WebSocket.CLOSING) send(message);
    };
    const connect = adapter.connect.bind(adapter);
    adapter.connect = (...words) => {
      connect(...words);
      // It leaves a socket that is late without a listener.
      adapter.socket?.addEventListener("error", () => {});
    };
    const repo = new Repo({ network: [adapter] });
    this.defer(() => adapter.disconnect());
    return repo;
  }
  async raw(url: string, peerId = `peer-${randomBytes(4).toString("hex")}`): Promise<RawClient> {
    const client = await RawClient.join(url, peerId);
    this.defer(() => client.socket.terminate());
    return client;
  }
}

export type Content = { [key: string]: string | number | Uint8Array };

/** Bytes, because a text of this size would be a million operations and the test would measure Automerge. */
export const blob = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));

/** `find` that asks again: the relay says at once that it has nothing yet. */
export async function find(repo: Repo, url: DocHandle<Content>["url"]): Promise<DocHandle<Content>> {
  const deadline = performance.now() + 8_000;
  for (;;) {
    try {
      return await repo.find<Content>(url);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

export const cliFile = new URL("./cli.ts", import.meta.url).pathname;

/** A relay in a process of its own, as the command line starts it. */
export class RelayProcess {
  readonly child: ChildProcess;
  url = "";
  stderr = "";

  private constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}, command = "node") {
    this.child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.child.stderr?.on("data", (data) => (this.stderr += String(data)));
  }
  static start(data: string, ...nodeFlags: string[]): Promise<RelayProcess> {
    return RelayProcess.startAt(data, 0, ...nodeFlags);
  }
  /** On a given port, so that clients find it again after a restart. */
  static startAt(data: string, port: number, ...nodeFlags: string[]): Promise<RelayProcess> {
    const words = ["serve", "--data", data, "--port", String(port), "--open"];
    return RelayProcess.#listening([...nodeFlags, cliFile, ...words]);
  }
  /** With times that the command line does not offer. */
  static startTuned(
    options: {
      readonly data: string;
      readonly port?: number;
      readonly times?: RelayOptions["times"];
      /** Lets in members only. */
      readonly members?: boolean;
    },
    { flags = [], env = {} }: { readonly flags?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<RelayProcess> {
    const tuned = new URL("./tuned.ts", import.meta.url).pathname;
    return RelayProcess.#listening([...flags, tuned, JSON.stringify(options)], env);
  }
  /**
   * On a disk of its own of so many bytes, which nobody else sees and which is gone with the process: a tmpfs in a
   * mount namespace. `outside` of a path is how it is reached from here.
   */
  static startOnSmallDisk(data: string, bytes: number): Promise<RelayProcess> {
    const isRoot = process.getuid?.() === 0;
    const namespaces = isRoot ? ["--mount"] : ["--user", "--map-root-user", "--mount"];
    const script = `mount -t tmpfs -o size=${bytes} tmpfs "$0" && exec node "$@"`;
    const words = [...namespaces, "sh", "-c", script, data, cliFile, "serve"];
    return RelayProcess.#listening([...words, "--data", data, "--port", "0", "--open"], {}, "unshare");
  }
  outside(path: string): string {
    return `/proc/${this.child.pid}/root${path}`;
  }
  static async #listening(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    command = "node",
  ): Promise<RelayProcess> {
    const relay = new RelayProcess(args, env, command);
    const line = await new Promise<string>((resolve, reject) => {
      relay.child.stdout?.once("data", (chunk) => resolve(String(chunk)));
      relay.child.once("close", () => reject(new Error(relay.stderr)));
    });
    relay.url = line.trim().replace("listening ", "");
    return relay;
  }
  get port(): number {
    return Number(new URL(this.url).port);
  }
  get rssBytes(): number {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8"))?.[1];
    return Number(kilobytes) * 1024;
  }
  end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null)
      return Promise.resolve(this.child.exitCode);
    const ended = new Promise<number | null>((resolve) => this.child.once("exit", resolve));
    this.child.kill(signal);
    return ended;
  }
}

/** Speaks the protocol by hand. */
export class RawClient {
  readonly socket: WebSocket;
  readonly peerId: string;
  readonly received: Record<string, unknown>[] = [];
  closeCode: number | undefined;

  private constructor(socket: WebSocket, peerId: string) {
    this.socket = socket;
    this.peerId = peerId;
    socket.on("error", () => {});
    socket.on("close", (code) => (this.closeCode = code));
    socket.on("message", (data) => {
      const decoded = data instanceof Uint8Array ? decodeCbor(data) : undefined;
      if (decoded?.ok && typeof decoded.value === "object" && decoded.value)
        this.received.push({ ...decoded.value });
    });
  }

  static async open(url: string, peerId: string): Promise<RawClient> {
    const socket = new WebSocket(url);
    const client = new RawClient(socket, peerId);
    await until("socket open", () => socket.readyState === WebSocket.OPEN);
    return client;
  }
  static async join(url: string, peerId: string): Promise<RawClient> {
    const client = await RawClient.open(url, peerId);
    client.send({
      type: "join",
      senderId: peerId,
      peerMetadata: { deckle: { version: 1 } },
      supportedProtocolVersions: ["1"],
    });
    await until("peer answer", () => client.of("peer").length > 0);
    return client;
  }
  send(message: Encodable): void {
    this.socket.send(encodeCbor(message));
  }
  frame(type: "sync" | "request", documentId: string, data: Uint8Array): void {
    this.send({ type, senderId: this.peerId, targetId: "relay", documentId, data });
  }
  of(type: string): Record<string, unknown>[] {
    return this.received.filter((each) => each["type"] === type);
  }
}

/** A WebSocket handshake over TCP, after which any bytes may follow. */
export async function rawTcp(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const key = randomBytes(16).toString("base64");
  socket.write(
    `GET /sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

/** One masked client frame with any first byte and any announced length. */
export function wsFrame(
  firstByte: number,
  payload: Uint8Array,
  options: { masked?: boolean; announced?: bigint } = {},
): Buffer {
  const length = options.announced ?? BigInt(payload.length);
  const mask = options.masked === false ? 0 : 0x80;
  const head = Buffer.alloc(10);
  head[0] = firstByte;
  head[1] = mask | 127;
  head.writeBigUInt64BE(length, 2);
  return Buffer.concat([head, mask ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

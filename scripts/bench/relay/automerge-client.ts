/**
 * A client of automerge-repo's protocol without a document, for the relay and for Automerge's own server.
 *
 * It does what automerge-repo 2.5.6 does (`DocSynchronizer`, watched on the wire): asks for a document with `request`
 * and no heads; sends own edits at once, and then at most every 100 ms together; answers each message that brought
 * changes with one that names the new heads, and takes along what edits wait; answers a message without changes only
 * if its heads are others. Each edit depends on all heads the client knows, as a document's would. Where it differs:
 * it says `have` up to its heads with an empty filter, where stock clients add a filter over their last own changes;
 * and it never claims sync protocol version 2, so servers answer in version 1.
 */
import { randomBytes } from "node:crypto";
import { encodeCbor } from "../../../relay/protocol/cbor.ts";
import { actorBytes, buildChange, insertColumns, putBytesColumns } from "./automerge-edits.ts";
import { emptyHeader, presencesIn, readChange, readFrame, readSync } from "./automerge-scan.ts";
import { newDocumentId, type Piece, type Seed } from "./automerge-seed.ts";
import { joinMs, type Client, type Ledger, type Standing } from "./client.ts";
import { Receipts, type OnReceipt } from "./receipts.ts";
import { LightSocket } from "./socket.ts";

/** automerge-repo's `syncDebounceRate`. */
const throttleMs = 100;
const hashBytes = 32;
const noBytes: Buffer = Buffer.alloc(0);
const header = emptyHeader();

/** How a client gets in where not everybody does: as a device, whose changes' actors begin with its 8 bytes. */
export interface Entry {
  readonly device: Uint8Array;
  /** With a ticket. */
  url(): Promise<string>;
}

/** An actor of this run names its writer: the device if there is one, a tag, the number. */
const deviceBytes = 8;
const runTag = randomBytes(4).readUInt32BE();
function actorOf(writer: number, device?: Uint8Array): Buffer {
  const actor = Buffer.alloc(actorBytes);
  if (device) actor.set(device);
  actor.writeUInt32BE(runTag, deviceBytes);
  actor.writeUInt32BE(writer, deviceBytes + 4);
  return actor;
}

const keyOf = (hash: Buffer): number => hash.readUIntLE(0, 6);

export interface Hearing {
  /** Every change as it came, valid during the call. */
  onChange?: (chunk: Buffer) => void;
  /** So many edits, the last with this hash, are on the relay's disk; how long after they were sent. */
  onReceipt?: OnReceipt;
  /** In place of the plain address. */
  readonly entry?: Entry | undefined;
}

export class AutomergeClient implements Client {
  readonly index: number;
  readonly peerId: string;
  readonly #url: string;
  readonly #seed: Seed;
  readonly #ledger: Ledger;
  readonly #hearing: Hearing;
  readonly #actor: Buffer;
  #socket: LightSocket | undefined;
  /** Frames but for the bytes of their sync message. */
  #syncHead: Buffer = noBytes;
  #requestHead: Buffer = noBytes;
  /** Heads that the server named; this client has all that is behind them. */
  #theirHeads: Buffer = noBytes;
  /** The last own change, while the server has named neither it nor anything that depends on it. */
  #ownHead: Buffer | undefined;
  /** What the own changes up to that one depend on, by `keyOf`: heads of the server's, but not of this client's. */
  readonly #behindOwn = new Set<number>();
  readonly #pending: Buffer[] = [];
  /** Where somebody wants to know. */
  readonly #receipts: Receipts | undefined;
  #seq = 0;
  #maxOp: number;
  #lastCounter: number | undefined;
  #flushedAtMs = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  #target: Uint8Array = noBytes;
  #joined: (() => void) | undefined;
  #presenceCount = 0;
  #editsByWriter = new Map<number, number>();
  received = 0;
  repeats = 0;
  presences = 0;

  constructor(index: number, url: string, seed: Seed, ledger: Ledger, hearing: Hearing = {}) {
    this.index = index;
    this.peerId = `bench-${runTag}-${index}-${randomBytes(4).toString("hex")}`;
    this.#url = url;
    this.#seed = seed;
    this.#ledger = ledger;
    this.#hearing = hearing;
    this.#receipts = hearing.onReceipt && new Receipts(hearing.onReceipt);
    this.#actor = actorOf(index, hearing.entry?.device);
    this.#maxOp = seed.maxOp;
  }

  get isClosed(): boolean {
    return this.#socket?.isClosed ?? true;
  }
  get closedBy(): string {
    return this.#socket?.closedBy ?? "";
  }
  get receivedBytes(): number {
    return this.#socket?.receivedBytes ?? 0;
  }
  get unsentBytes(): number {
    return this.#socket?.unsentBytes ?? 0;
  }

  async join(from?: Standing, until?: Standing): Promise<void> {
    await this.#connect();
    if (from) {
      this.#theirHeads = Buffer.from(from.bytes);
      this.#editsByWriter = new Map(from.editsByWriter);
    }
    const head = from ? this.#syncHead : this.#requestHead;
    await this.#level(until?.bytes ?? this.#seed.heads, () => this.#say(head, this.#theirHeads, noBytes, []));
  }

  /** Uploads a document, in messages that a relay takes, and leaves when the server has it. */
  async seed(pieces: readonly Piece[]): Promise<void> {
    await this.#connect();
    for (const { heads, changes } of pieces) {
      this.#theirHeads = heads;
      await this.#level(heads, () => this.#say(this.#syncHead, heads, noBytes, changes));
    }
    this.close();
  }

  standing(): Standing {
    return { bytes: this.#heads(), editsByWriter: new Map(this.#editsByWriter) };
  }

  edit(): void {
    const startOp = this.#maxOp + 1;
    const after = this.#lastCounter === undefined ? undefined : { actor: 0, counter: this.#lastCounter };
    this.#write(insertColumns(this.#seed.object, after, startOp, "x"), this.#seed.actor);
    this.#lastCounter = startOp;
  }

  upload(bytes: number): void {
    this.#write(putBytesColumns(`b${this.index}-${this.#seq + 1}`, randomBytes(bytes)), undefined);
  }

  present(): void {
    const count = ++this.#presenceCount;
    // What a cursor looks like: a name, a colour and two positions.
    const value = { name: `Writer ${this.index}`, colour: "#3366cc", anchor: count, head: count + 5 };
    const data = encodeCbor({ type: "cursor", value });
    const { documentId } = this.#seed;
    const { peerId: senderId, peerId: sessionId } = this;
    const frame = { type: "ephemeral", senderId, targetId: "server", documentId, count, sessionId, data };
    this.#socket?.send([encodeCbor(frame)]);
  }

  askForUnknown(): void {
    this.#say(frameHead("request", this.peerId, newDocumentId()), noBytes, noBytes, []);
  }

  stall(): void {
    this.#socket?.stall();
  }
  close(): void {
    clearTimeout(this.#flushTimer);
    this.#socket?.close();
  }
  terminate(): void {
    clearTimeout(this.#flushTimer);
    this.#socket?.terminate();
  }

  async #connect(): Promise<void> {
    const socket = await LightSocket.open((await this.#hearing.entry?.url()) ?? this.#url);
    this.#socket = socket;
    const answered = new Promise<void>((resolve, reject) => {
      socket.onClose = () => reject(new Error(`closed at the hello: ${socket.closedBy}`));
      socket.onMessage = (payload) => {
        const { type } = readFrame(payload);
        if (type === "peer") resolve();
        else reject(new Error(`${type} instead of a hello`));
      };
    });
    const peerMetadata = { deckle: { version: 1 } };
    const join = { type: "join", senderId: this.peerId, peerMetadata, supportedProtocolVersions: ["1"] };
    socket.send([encodeCbor(join)]);
    await answered;
    socket.onMessage = (payload) => this.#receive(payload);
    socket.onClose = () => {};
    this.#syncHead = frameHead("sync", this.peerId, this.#seed.documentId);
    this.#requestHead = frameHead("request", this.peerId, this.#seed.documentId);
  }

  /** Does `begin`, and resolves when the server has named these heads and sent what is behind them. */
  async #level(target: Uint8Array, begin: () => void): Promise<void> {
    const socket = this.#socket;
    if (!socket) throw new Error("not connected");
    this.#target = target;
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("it did not become level in time")), joinMs);
      this.#joined = () => (clearTimeout(late), (this.#joined = undefined), resolve());
      socket.onClose = () => (
        clearTimeout(late),
        reject(new Error(`closed while syncing: ${socket.closedBy}`))
      );
      begin();
    });
    socket.onClose = () => {};
  }

  /** One operation: that of others is told from their changes' headers, which give only the first. */
  #write(columns: Buffer, other: Uint8Array | undefined): void {
    const deps = this.#heads();
    const change = buildChange({
      deps,
      actor: this.#actor,
      seq: ++this.#seq,
      startOp: this.#maxOp + 1,
      other,
      columns,
    });
    this.#maxOp++;
    this.#ownHead = change.hash;
    for (let at = 0; at < deps.length; at += hashBytes) this.#behindOwn.add(deps.readUIntLE(at, 6));
    this.#pending.push(change.bytes);
    const nowMs = performance.now();
    const waitMs = this.#flushedAtMs + throttleMs - nowMs;
    if (waitMs <= 0) this.#flush(nowMs);
    else this.#flushTimer ??= setTimeout(() => this.#flush(performance.now()), waitMs);
  }

  /** What a document's heads would be: the server's, and the last own change if the server has not named it. */
  #heads(): Buffer {
    const own = this.#ownHead;
    if (!own) return this.#theirHeads;
    const heads = [own];
    for (let at = 0; at < this.#theirHeads.length; at += hashBytes) {
      const head = this.#theirHeads.subarray(at, at + hashBytes);
      if (!this.#behindOwn.has(keyOf(head))) heads.push(head);
    }
    return heads.length === 1 ? own : Buffer.concat(heads.sort((a, b) => a.compare(b)));
  }

  #flush(nowMs: number): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#flushedAtMs = nowMs;
    const changes = this.#pending.splice(0);
    for (let i = 0; i < changes.length; i++) this.#ledger.send(this.index, nowMs);
    if (changes.length > 0 && this.#ownHead) this.#receipts?.sent(this.#ownHead, changes.length, nowMs);
    this.#say(this.#syncHead, this.#heads(), noBytes, changes);
  }

  #say(head: Buffer, heads: Buffer, need: Uint8Array, changes: readonly Uint8Array[]): void {
    this.#receipts?.told(heads);
    const parts = [head, noBytes, ...syncMessage(heads, need, changes)];
    let length = -head.length;
    for (const part of parts) length += part.length;
    parts[1] = bytesHead(length);
    this.#socket?.send(parts);
  }

  #receive(payload: Buffer): void {
    const presences = presencesIn(payload);
    if (presences > 0) return void (this.presences += presences);
    const frame = readFrame(payload);
    if (frame.type === "sync" && frame.data) this.#hear(frame.data);
    else if (frame.type === "ephemeral") this.presences++;
    else if (frame.type === "receipt") this.#receipts?.receipt(frame.heads, performance.now());
  }

  #hear(data: Buffer): void {
    const { heads, changes, cursor } = readSync(data);
    const nowMs = performance.now();
    for (let i = 0; i < changes; i++) this.#take(cursor.take(cursor.unsigned()), nowMs);
    if (changes === 0 && heads.length > 0 && this.#theirHeads.length === 0) {
      // The server told what it has before it was asked: ask.
      return this.#say(this.#syncHead, noBytes, Buffer.from(heads), []);
    }
    if (this.#ownHead && includes(heads, this.#ownHead)) this.#acknowledged();
    this.#theirHeads = Buffer.from(heads);
    const isLevel = heads.equals(this.#target);
    if (changes > 0 || this.#pending.length > 0) this.#flush(nowMs);
    else if (!this.#theirHeads.equals(this.#heads())) this.#say(this.#syncHead, this.#heads(), noBytes, []);
    if (isLevel) this.#joined?.();
  }

  #take(chunk: Buffer, nowMs: number): void {
    this.#hearing.onChange?.(chunk);
    readChange(chunk, header);
    if (header.kind === "document") return;
    if (this.#ownHead && includes(header.deps, this.#ownHead)) this.#acknowledged();
    if (header.actor.length !== actorBytes || header.actor.readUInt32BE(deviceBytes) !== runTag) return;
    if (header.startOp > this.#maxOp) this.#maxOp = header.startOp;
    const writer = header.actor.readUInt32BE(deviceBytes + 4);
    if (writer === this.index || header.seq <= (this.#editsByWriter.get(writer) ?? 0))
      return void this.repeats++;
    this.#editsByWriter.set(writer, header.seq);
    this.received++;
    this.#ledger.deliver(writer, header.seq, header.seq, nowMs);
  }

  #acknowledged(): void {
    this.#ownHead = undefined;
    this.#behindOwn.clear();
  }
}

function includes(hashes: Buffer, hash: Buffer): boolean {
  const first = hash.readUInt32LE(0);
  for (let at = 0; at < hashes.length; at += hashBytes)
    if (hashes.readUInt32LE(at) === first && hash.compare(hashes, at, at + hashBytes) === 0) return true;
  return false;
}

/** Heads, what is needed, everything had up to those heads, and changes: the parts of a sync message. */
function syncMessage(heads: Uint8Array, need: Uint8Array, changes: readonly Uint8Array[]): Uint8Array[] {
  const count = leb(heads.length / hashBytes);
  const parts = [
    Buffer.of(0x42),
    count,
    heads,
    leb(need.length / hashBytes),
    need,
    Buffer.of(1),
    count,
    heads,
  ];
  parts.push(Buffer.of(0), leb(changes.length));
  for (const change of changes) parts.push(leb(change.length), change);
  return parts;
}

function leb(value: number): Buffer {
  if (value < 0x80) return Buffer.of(value);
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A CBOR map of five, whose last value is to follow. */
function frameHead(type: "sync" | "request", senderId: string, documentId: string): Buffer {
  const whole = encodeCbor({ type, senderId, targetId: "server", documentId, data: noBytes });
  return Buffer.from(whole.subarray(0, -1));
}

function bytesHead(length: number): Buffer {
  const head = Buffer.alloc(5);
  head[0] = 0x5a;
  head.writeUInt32BE(length, 1);
  return head;
}

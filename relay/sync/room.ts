/**
 * One document and the connections that follow it: store-and-forward.
 *
 * A change that arrives is verified, placed in the graph, and only after the commit that holds it shown to others
 * and receipted. What one commit holds goes to all level peers as one message, encoded once; every other peer is
 * served piece by piece as its socket drains, so nobody's slowness costs anyone else. The room keeps no operations
 * and merges nothing. Its owner (the hub) commits and decides when it may be forgotten.
 */
import {
  catchUpBytesMax,
  changeInflatedBytesMax,
  frameInflatedBytesMax,
  ingestSliceChangesMax,
  ingestWaitingBytesMax,
  outboundPauseBytes,
} from "../protocol/limits.ts";
import { concat, encodeCbor, encodeSharedMap } from "../protocol/cbor.ts";
import type { SyncFrame } from "../protocol/messages.ts";
import { parseChange, type Change, type Hashing } from "./chunk.ts";
import { ChangeGraph, type LoggedChange } from "./graph.ts";
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from "./message.ts";
import { haveAll, Peering, type Heard, type Piece } from "./peering.ts";
import type { Action, ChangeLog, Connection, Report } from "./ports.ts";

export interface RoomSetting {
  readonly relayId: string;
  readonly log: ChangeLog;
  readonly hashing: Hashing;
  may(connection: Connection, documentId: string, action: Action): boolean;
  report: Report;
  /** Runs once others had a turn. */
  later(run: () => void): void;
  /** Changes wait for a commit. */
  onDirty(room: Room, bytes: number): void;
  /** What a peer that left had uploaded is worked off: the room may be idle now. */
  onLeft(room: Room): void;
  /** A stored chunk turned out bad: the graph in memory can no longer be served. */
  onDamaged(room: Room): void;
  /** Something threw that is not within a caller's turn. */
  onBug(room: Room, error: unknown): void;
}

/** A sync message on its way into the graph. */
interface Upload {
  readonly claim: Heard;
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** Chunks before this one are taken in. */
  at: number;
  inflatableBytes: number;
}

export class Room {
  readonly documentId: string;
  readonly #setting: RoomSetting;
  readonly #graph = new ChangeGraph();
  readonly #peerings = new Map<number, Peering>();
  /** Peers whose changes are being taken in, and what they sent, oldest first. */
  readonly #uploads = new Map<Peering, Upload[]>();
  /** What happened before the log was read; `undefined` once it was. */
  #beforeOpen: (() => void)[] | undefined = [];
  #lastRow = 0;
  /** The length of the graph that the commit under way will make durable. */
  #committing: number | undefined;
  #refreshWanted = false;

  constructor(documentId: string, setting: RoomSetting) {
    this.documentId = documentId;
    this.#setting = setting;
  }

  get isOpen(): boolean {
    return this.#beforeOpen === undefined;
  }
  get isIdle(): boolean {
    const isBusy = this.#uploads.size > 0 || this.#graph.length > this.#graph.durable;
    return this.#peerings.size === 0 && this.isOpen && !isBusy;
  }
  /** Nothing of this document is held, nor about to be. */
  get isEmpty(): boolean {
    return this.isOpen && this.#graph.length === 0 && this.#uploads.size === 0;
  }
  get heads(): string[] {
    return this.#graph.heads;
  }
  get connections(): Connection[] {
    return [...this.#peerings.values()].map((each) => each.connection);
  }

  opened(changes: readonly LoggedChange[]): void {
    this.#take(changes);
    const waiting = this.#beforeOpen ?? [];
    this.#beforeOpen = undefined;
    for (const run of waiting) run();
  }

  has(connectionId: number): boolean {
    return this.#peerings.has(connectionId);
  }

  leave(connectionId: number): void {
    this.#peerings.delete(connectionId);
  }

  /** A sync or request frame. False is a frame that no Automerge makes. */
  receive(connection: Connection, frame: SyncFrame): boolean {
    const message = decodeSyncMessage(frame.data);
    if (!message) return false;
    const peering = this.#peerings.get(connection.id) ?? new Peering(connection);
    this.#peerings.set(connection.id, peering);
    if (this.#beforeOpen) this.#beforeOpen.push(() => this.#hear(peering, frame, message));
    else this.#hear(peering, frame, message);
    return true;
  }

  /** The connection has room again. */
  drained(connectionId: number): void {
    const peering = this.#peerings.get(connectionId);
    if (peering && this.isOpen) this.#pump(peering);
  }

  /** Frames of others that are not about edits: sent if it costs nothing, else dropped. */
  present(from: Connection, shared: Uint8Array, unsentBytesMax: number): void {
    for (const { connection } of this.#peerings.values()) {
      if (connection.id === from.id || connection.unsentBytes > unsentBytesMax) continue;
      if (!this.#setting.may(connection, this.documentId, "read")) continue;
      connection.send(concat([shared, encodeCbor(connection.peerId)]));
    }
  }

  /** The changes to commit next. The caller answers with `committed` or `failed`. */
  startCommit(): Change[] {
    const { durable, length } = this.#graph;
    this.#committing = length;
    return range(durable, length).flatMap((position) => this.#graph.waiting(position) ?? []);
  }

  committed(rows: readonly number[]): void {
    const graph = this.#graph;
    const [from, upTo] = [graph.durable, this.#committing ?? graph.durable];
    this.#committing = undefined;
    const chunks = new Map<number, Uint8Array>();
    for (const position of range(from, upTo)) {
      const change = graph.waiting(position);
      if (change) chunks.set(position, change.bytes);
    }
    graph.commit(upTo, rows);
    this.#lastRow = Math.max(this.#lastRow, ...rows.slice(-1));
    this.#announce(from, chunks);
    for (const peering of this.#peerings.values()) this.#answer(peering);
    if (this.#refreshWanted) this.refresh();
  }

  /** The commit did not happen. Whoever brought something must bring it again; returns them. */
  failed(): Connection[] {
    this.#committing = undefined;
    const origins = this.#graph.rollBack();
    for (const peering of this.#uploads.keys())
      if (origins.has(peering.connection.id)) this.#uploads.delete(peering);
    for (const peering of this.#peerings.values()) {
      peering.awaitOnly(this.#graph.durable);
      if (!origins.has(peering.connection.id)) this.#answer(peering);
    }
    return this.connections.filter((each) => origins.has(each.id));
  }

  /** Another node may have committed to this document. */
  refresh(): void {
    if (!this.isOpen) return;
    this.#refreshWanted = this.#graph.length > this.#graph.durable;
    if (this.#refreshWanted) return;
    const { log, report } = this.#setting;
    log
      .list(this.documentId, this.#lastRow)
      .then((listed) => {
        if (!listed.ok) return report("refresh-failed", { document: this.documentId, reason: listed.reason });
        // Something was accepted meanwhile: positions would no longer be in commit order. After that commit, again.
        this.#refreshWanted = this.#graph.length > this.#graph.durable;
        if (this.#refreshWanted) return;
        this.#take(listed.changes);
        for (const peering of this.#peerings.values()) this.#answer(peering);
      })
      .catch((error: unknown) => this.#setting.onBug(this, error));
  }

  #take(changes: readonly LoggedChange[]): void {
    for (const change of changes) {
      this.#graph.add(change, 0);
      this.#lastRow = Math.max(this.#lastRow, change.row);
    }
    this.#graph.commit(this.#graph.length, []);
  }

  #hear(peering: Peering, frame: SyncFrame, message: SyncMessage): void {
    const { connection } = peering;
    if (!this.#setting.may(connection, this.documentId, "read")) {
      this.#peerings.delete(connection.id);
      return this.#sendUnavailable(connection);
    }
    const mayWrite = message.changes.length > 0 && this.#setting.may(connection, this.documentId, "write");
    const upload: Upload = {
      claim: { ...message, request: frame.type === "request", brought: message.changes.length > 0 },
      chunks: mayWrite ? message.changes : [],
      bytes: frame.data.length,
      at: 0,
      inflatableBytes: frameInflatedBytesMax,
    };
    const waitsAlready = this.#uploads.get(peering);
    if (waitsAlready) {
      waitsAlready.push(upload);
      if (waitsAlready.reduce((sum, each) => sum + each.bytes, 0) > ingestWaitingBytesMax)
        this.#ingest(peering, false);
    } else {
      this.#uploads.set(peering, [upload]);
      this.#ingest(peering, true);
    }
  }

  /** Works off what a peer uploaded, in order; `inSlices` leaves the rest for later turns. */
  #ingest(peering: Peering, inSlices: boolean): void {
    const uploads = this.#uploads.get(peering) ?? [];
    for (let upload = uploads[0]; upload; upload = uploads[0]) {
      const to = inSlices ? upload.at + ingestSliceChangesMax : upload.chunks.length;
      this.#accept(peering.connection, upload, to);
      if (upload.at < upload.chunks.length) {
        return this.#setting.later(() => {
          // Worked off at once, or given up, meanwhile.
          if (this.#uploads.get(peering)?.[0] === upload) this.#ingest(peering, true);
        });
      }
      uploads.shift();
      const { heads, need, have, request, brought } = upload.claim;
      peering.wait({ heads, need, have, request, brought }, this.#graph.length);
    }
    this.#uploads.delete(peering);
    if (this.#peerings.get(peering.connection.id) === peering) this.#answer(peering);
    else this.#setting.onLeft(this);
  }

  #accept(connection: Connection, upload: Upload, to: number): void {
    const { documentId } = this;
    const before = this.#graph.length;
    let bytes = 0;
    for (const chunk of upload.chunks.slice(upload.at, to)) {
      const parsed = parseChange(
        chunk,
        this.#setting.hashing,
        Math.min(upload.inflatableBytes, changeInflatedBytesMax),
      );
      // A bomb has cost what it was allowed to grow to.
      upload.inflatableBytes -= parsed.ok
        ? parsed.inflatedBytes
        : parsed.fault === "inflates-too-far"
          ? changeInflatedBytesMax
          : 0;
      bytes += chunk.length;
      const result = parsed.ok ? this.#graph.add(parsed.change, connection.id) : parsed.fault;
      if (result !== "accepted" && result !== "known" && result !== "orphaned") {
        this.#setting.report("change-refused", {
          document: documentId,
          connection: connection.id,
          why: result,
        });
      }
    }
    upload.at = Math.min(to, upload.chunks.length);
    if (this.#graph.length > before) this.#setting.onDirty(this, bytes);
  }

  /** Takes in what the peer said as far as it is durable, receipts it, and sends what is owed. */
  #answer(peering: Peering): void {
    const graph = this.#graph;
    for (let heard = peering.due(graph.durable); heard; heard = peering.due(graph.durable)) {
      peering.hear(heard, graph);
      if (heard.request && graph.length === 0) this.#sendUnavailable(peering.connection);
      this.#receipt(peering, heard.heads);
    }
    this.#pump(peering);
  }

  #receipt(peering: Peering, heads: readonly string[]): void {
    const { connection } = peering;
    const key = heads.join();
    if (!connection.deckle || heads.length === 0 || peering.receipted === key) return;
    if (!heads.every((hash) => this.#graph.position(hash) !== undefined)) return;
    peering.receipted = key;
    const { documentId } = this;
    const senderId = this.#setting.relayId;
    connection.send(
      encodeCbor({ type: "receipt", senderId, targetId: connection.peerId, documentId, heads }),
    );
  }

  /** One commit to all level peers: encoded once, and once more for each peer that brought a part of it. */
  #announce(from: number, chunks: ReadonlyMap<number, Uint8Array>): void {
    const graph = this.#graph;
    const positions = range(from, graph.durable);
    let bytes = 0;
    for (const chunk of chunks.values()) bytes += chunk.length;
    if (bytes > catchUpBytesMax || chunks.size < positions.length) return;
    const origins = new Set(positions.map((position) => graph.origin(position)));
    const framesByExcluded = new Map<number, Uint8Array>();
    const { heads } = graph;
    for (const peering of this.#peerings.values()) {
      const { connection } = peering;
      if (!peering.isLevelAt(from) || connection.unsentBytes > outboundPauseBytes) continue;
      if (!this.#setting.may(connection, this.documentId, "read")) continue;
      const excluded = origins.has(connection.id) ? connection.id : 0;
      let shared = framesByExcluded.get(excluded);
      if (!shared) {
        const changes = positions.flatMap((each) =>
          graph.origin(each) === excluded ? [] : (chunks.get(each) ?? []),
        );
        shared = this.#syncFrame({ heads, need: graph.missing(), have: [haveAll(heads)], changes });
        framesByExcluded.set(excluded, shared);
      }
      connection.send(concat([shared, encodeCbor(connection.peerId)]));
      peering.sentShared(graph.durable);
    }
  }

  #pump(peering: Peering): void {
    const { connection } = peering;
    while (connection.unsentBytes <= outboundPauseBytes) {
      const piece = this.#setting.may(connection, this.documentId, "read")
        ? peering.next(this.#graph)
        : undefined;
      if (!piece) return;
      if (piece.positions.length === 0) {
        this.#sendTo(connection, { ...piece, changes: [] });
        continue;
      }
      this.#readAndSend(peering, piece);
      return;
    }
  }

  #readAndSend(peering: Peering, piece: Piece): void {
    const { connection } = peering;
    const rows = piece.positions.flatMap((position) => this.#graph.row(position) ?? []);
    peering.reading = true;
    this.#setting.log
      .read(this.documentId, rows)
      .then((bytes) => {
        peering.reading = false;
        if (this.#peerings.get(connection.id) !== peering) return;
        if (bytes.ok) {
          this.#sendTo(connection, { ...piece, changes: bytes.chunks });
          this.#answer(peering);
        } else {
          this.#setting.report("chunk-damaged", { document: this.documentId, reason: bytes.reason });
          this.#setting.onDamaged(this);
        }
      })
      .catch((error: unknown) => this.#setting.onBug(this, error));
  }

  #sendTo(connection: Connection, message: SyncMessage): void {
    connection.send(concat([this.#syncFrame(message), encodeCbor(connection.peerId)]));
  }

  #syncFrame(message: SyncMessage): Uint8Array {
    const { documentId } = this;
    const data = encodeSyncMessage(message);
    return encodeSharedMap({ type: "sync", senderId: this.#setting.relayId, documentId, data }, "targetId");
  }

  #sendUnavailable(connection: Connection): void {
    const { documentId } = this;
    const senderId = this.#setting.relayId;
    connection.send(
      encodeCbor({ type: "doc-unavailable", senderId, targetId: connection.peerId, documentId }),
    );
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

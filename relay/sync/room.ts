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
  documentOfferedFromChanges,
  outboundPauseBytes,
  progressFromBytes,
  refreshAgainMs,
  restartAtOnceChangesMax,
  sameClaimBytesMax,
} from "../protocol/limits.ts";
import type { EphemeralFrame, Refused, SyncFrame } from "../protocol/messages.ts";
import type { Hashing } from "./chunk.ts";
import { fromHex } from "./bytes.ts";
import { Frames } from "./frames.ts";
import { ChangeGraph } from "./graph.ts";
import { Ingest } from "./ingest.ts";
import { decodeSyncMessage, noChanges, type SyncMessage } from "./message.ts";
import { haveAll, Peering, type Piece } from "./peering.ts";
import type { Action, Batch, ChangeLog, Connection, Documents, Listed, Report } from "./ports.ts";
import { RoomPresence } from "./presence.ts";
import { Recent } from "./recent.ts";
import { SavedDocuments } from "./saved-document.ts";
import { packBody, packStretch } from "./segment.ts";
import type { Turns } from "./turns.ts";

export interface RoomSetting {
  readonly relayId: string;
  readonly log: ChangeLog;
  readonly documents: Documents;
  readonly hashing: Hashing;
  may(connection: Connection, documentId: string, action: Action): boolean;
  report: Report;
  readonly turns: Pick<Turns, "add" | "hold" | "release">;
  after(delayMs: number, run: () => void): void;
  /** Changes wait for a commit. */
  onDirty(room: Room, bytes: number): void;
  /** A change came that lacks what it depends on. */
  onOrphaned(room: Room, connection: Connection): void;
  /** What a peer that left had uploaded is worked off: the room may be idle now. */
  onLeft(room: Room): void;
  /** There is more for this connection once its socket has drained. */
  onBlocked(room: Room, connectionId: number): void;
  /** Whether a new document may be asked for whole. */
  offersDocuments(documentId: string): boolean;
  /** A whole document could not be read: from now on it must come as changes. */
  onUnreadable(room: Room, connection: Connection): void;
  /** A stored chunk turned out bad: the graph in memory can no longer be served. */
  onDamaged(room: Room): void;
  /** Something threw that is not within a caller's turn. */
  onBug(room: Room, error: unknown): void;
}

/** Heads that a peer told and that are on disk; `brought` where changes came with them. */
interface Durable {
  readonly heads: readonly string[];
  readonly brought: boolean;
}

export class Room {
  readonly documentId: string;
  readonly #setting: RoomSetting;
  readonly #graph = new ChangeGraph();
  readonly #peerings = new Map<number, Peering>();
  readonly #ingest: Ingest;
  readonly #saved: SavedDocuments;
  readonly #presence: RoomPresence;
  readonly #frames: Frames;
  readonly #recent: Recent;
  /** The last message that brought nothing: many acknowledge the same in the same words. */
  #lastClaim: { readonly data: Uint8Array; readonly message: SyncMessage } | undefined;
  /** What happened before the log was read; `undefined` once it was. */
  #beforeOpen: (() => void)[] | undefined = [];
  /** The ordinal that the next commit gives. */
  #next = 0;
  /** The length of the graph that the commit under way will make durable. */
  #committing: number | undefined;
  #refreshWanted = false;
  /** Another node was first: nothing can be committed until what it committed was read. */
  #isBehind = false;

  constructor(documentId: string, setting: RoomSetting) {
    this.documentId = documentId;
    this.#setting = setting;
    const { relayId, log, documents, report, hashing } = setting;
    const after = (delayMs: number, run: () => void): void => setting.after(delayMs, run);
    this.#recent = new Recent(after);
    this.#frames = new Frames({ relayId, documentId, log, after });
    this.#saved = new SavedDocuments(this.#graph, { documentId, log, documents, report, after });
    this.#ingest = new Ingest(this.#graph, {
      documentId,
      hashing,
      documents,
      report,
      turns: setting.turns,
      accepted: (bytes) => setting.onDirty(this, bytes),
      orphaned: ({ connection }) => setting.onOrphaned(this, connection),
      finished: (peering) => this.#takenIn(peering),
      refused: (peering, why) => this.#refuse(peering, why),
      unreadable: ({ connection }) => setting.onUnreadable(this, connection),
      onBug: (error) => setting.onBug(this, error),
    });
    this.#presence = new RoomPresence({
      after,
      listeners: () => this.#readers(),
      relayId,
      documentId,
    });
  }

  get isOpen(): boolean {
    return this.#beforeOpen === undefined;
  }
  get isIdle(): boolean {
    const isBusy = this.#ingest.isBusy || this.#graph.length > this.#graph.durable;
    return this.#peerings.size === 0 && this.isOpen && !isBusy;
  }
  /** Nothing of this document is held, nor about to be. */
  get isEmpty(): boolean {
    return this.isOpen && this.#graph.length === 0 && !this.#ingest.isBusy;
  }
  /** Changes have their place in it, durable or not. */
  get hasChanges(): boolean {
    return this.#graph.length > 0;
  }
  get connections(): Connection[] {
    return [...this.#peerings.values()].map((each) => each.connection);
  }
  /** What it takes of memory, about. */
  get bytes(): number {
    return this.#graph.bytes + this.#recent.bytes + this.#saved.bytes;
  }
  /** Bytes of changes that lack what they depend on. */
  get orphanBytes(): number {
    return this.#graph.orphanBytes;
  }

  /** False where the log gives what is no log: nothing can be served from it. */
  opened(listed: Listed & { readonly ok: true }): boolean {
    if (!this.#take(listed)) return false;
    const waiting = this.#beforeOpen ?? [];
    this.#beforeOpen = undefined;
    for (const run of waiting) run();
    if (this.#refreshWanted) this.refresh();
    return true;
  }

  leave(connectionId: number): void {
    this.#peerings.delete(connectionId);
    this.#graph.forgetOrphansOf(connectionId);
  }

  /** A sync or request frame. False is a frame that no Automerge makes. */
  receive(connection: Connection, frame: SyncFrame): boolean {
    const message = this.#decode(frame.data);
    if (!message) return false;
    let peering = this.#peerings.get(connection.id);
    if (!peering) this.#peerings.set(connection.id, (peering = new Peering(connection)));
    const from = peering;
    if (!this.#beforeOpen) {
      this.#hear(from, frame, message);
      return true;
    }
    const { turns } = this.#setting;
    turns.hold(connection, frame.data.length);
    this.#beforeOpen.push(() => {
      turns.release(connection, frame.data.length);
      this.#hear(from, frame, message);
    });
    return true;
  }

  #decode(data: Uint8Array): SyncMessage | undefined {
    if (this.#lastClaim && isSame(this.#lastClaim.data, data)) return this.#lastClaim.message;
    if (data.length > sameClaimBytesMax) return decodeSyncMessage(data);
    // A copy: it is a view of what came from the socket, and would keep all of that. (`slice` of a Buffer is none.)
    const copy = new Uint8Array(data);
    const message = decodeSyncMessage(copy);
    if (message?.changes.length === 0) this.#lastClaim = { data: copy, message };
    return message;
  }

  /** The connection has room again. */
  drained(connectionId: number): void {
    const peering = this.#peerings.get(connectionId);
    if (peering && this.isOpen) this.#pump(peering);
  }

  present(from: Connection, frame: EphemeralFrame): void {
    if (this.#setting.may(from, this.documentId, "present")) this.#presence.add(from, frame);
  }

  /** The changes to commit next; undefined where all is on disk that is to be. `committed` or another answer follows. */
  startCommit(): Batch | undefined {
    const graph = this.#graph;
    if (this.#isBehind) return undefined;
    const upTo = (this.#committing = graph.length);
    const changes = range(graph.durable, upTo).flatMap((position) => graph.waiting(position) ?? []);
    if (changes.length === 0) return undefined;
    const { documentId } = this;
    return { documentId, first: this.#next, heads: graph.headBytesOf(upTo), ...packStretch(changes) };
  }

  committed(): void {
    const graph = this.#graph;
    const [from, upTo] = [graph.durable, this.#committing ?? graph.durable];
    this.#committing = undefined;
    const chunks = new Map<number, Uint8Array>();
    for (let position = from; position < upTo; position++) {
      const change = graph.waiting(position);
      if (change) chunks.set(position, change.bytes);
    }
    graph.commit(upTo, this.#next);
    this.#recent.add(chunks);
    this.#next += chunks.size;
    // First what was said, so that the shared frame can be the answer to it.
    const heard = [...this.#peerings.values()].map((peering) => ({
      peering,
      durable: this.#hearDue(peering),
    }));
    this.#announce(from, chunks);
    for (const { peering, durable } of heard) {
      this.#receipt(peering, durable);
      this.#pump(peering);
    }
    if (this.#refreshWanted) this.refresh();
  }

  /** The commit was not taken, because another node was first: what it committed comes before. */
  moved(): void {
    this.#committing = undefined;
    this.#isBehind = true;
    this.refresh();
  }

  /** The commit did not happen. Whoever brought something must bring it again; returns them. */
  failed(): Connection[] {
    this.#committing = undefined;
    const origins = this.#graph.rollBack();
    // Also who brought what somebody else had brought before.
    for (const peering of this.#peerings.values())
      if (peering.awaitsWhatItBrought(this.#graph.durable)) origins.add(peering.connection.id);
    this.#ingest.drop(origins);
    for (const peering of this.#peerings.values()) {
      peering.awaitOnly(this.#graph.durable);
      if (!origins.has(peering.connection.id)) this.#answer(peering);
    }
    const closed = this.connections.filter((each) => origins.has(each.id));
    if (this.#refreshWanted) this.refresh();
    return closed;
  }

  /** Another node may have committed to this document. */
  refresh(): void {
    this.#refreshWanted = !this.isOpen || this.#committing !== undefined;
    if (this.#refreshWanted) return;
    const { log, report } = this.#setting;
    log
      .list(this.documentId, this.#next)
      .then((listed) => {
        if (!listed.ok) {
          report("refresh-failed", { document: this.documentId, reason: listed.reason });
          return this.#setting.after(refreshAgainMs, () => this.refresh());
        }
        this.#refreshWanted = this.#committing !== undefined;
        if (!this.#refreshWanted) this.#follow(listed);
      })
      .catch((error: unknown) => this.#setting.onBug(this, error));
  }

  /** What waits for a commit goes behind what other nodes committed. */
  #follow(listed: Listed & { readonly ok: true }): void {
    const graph = this.#graph;
    this.#isBehind = false;
    const waiting = graph.takeBack();
    if (!this.#take(listed)) return this.#setting.onDamaged(this);
    let bytes = 0;
    for (const { change, origin } of waiting) {
      graph.add(change, origin);
      bytes += change.bytes.length;
    }
    graph.adopt();
    for (const peering of this.#peerings.values()) peering.awaitAtLeast(graph.length);
    if (graph.length > graph.durable) this.#setting.onDirty(this, bytes);
    for (const peering of this.#peerings.values()) this.#answer(peering);
  }

  #take({ stretches, next }: Listed & { readonly ok: true }): boolean {
    this.#next = next;
    this.#graph.reserve(stretches.reduce((sum, each) => sum + each.count, 0));
    return stretches.every((each) => this.#graph.load(each));
  }

  #hear(peering: Peering, frame: SyncFrame, message: SyncMessage): void {
    const { connection } = peering;
    if (!this.#mayRead(connection)) {
      this.#peerings.delete(connection.id);
      return connection.send(this.#frames.other("doc-unavailable"));
    }
    const { heads, need, have, changes, takesDocuments } = message;
    const claim = {
      heads,
      need,
      have,
      takesDocuments,
      request: frame.type === "request",
      brought: changes.length > 0,
    };
    const mayWrite = claim.brought && this.#setting.may(connection, this.documentId, "write");
    if (claim.brought && !mayWrite) this.#refuse(peering, "read-only");
    this.#ingest.add(peering, claim, mayWrite ? changes : [], frame.data.length);
  }

  /** Tells a client that speaks our additions, once, that what it brought is not kept here. */
  #refuse(peering: Peering, why: Refused): void {
    const { connection, refusedFor } = peering;
    if (refusedFor.has(why)) return;
    refusedFor.add(why);
    this.#setting.report("refused", { document: this.documentId, connection: connection.id, why });
    connection.refused(this.documentId, why);
    if (connection.deckle) connection.send(this.#frames.other("refused", { why }));
  }

  /** All that the peer has sent is in the graph. */
  #takenIn(peering: Peering): void {
    const { id } = peering.connection;
    if (this.#peerings.get(id) === peering) return this.#answer(peering);
    this.#graph.forgetOrphansOf(id);
    this.#setting.onLeft(this);
  }

  /** Takes in what the peer said as far as it is durable, receipts it, and sends what is owed. */
  #answer(peering: Peering): void {
    this.#receipt(peering, this.#hearDue(peering));
    this.#pump(peering);
  }

  /** What the peer last told of what is durable now. */
  #hearDue(peering: Peering): Durable | undefined {
    const graph = this.#graph;
    let durable: Durable | undefined;
    let brought = false;
    for (let heard = peering.due(graph.durable); heard; heard = peering.due(graph.durable)) {
      const isDurable = peering.hear(heard, graph);
      brought ||= heard.brought;
      if (heard.request && graph.length === 0) peering.connection.send(this.#frames.other("doc-unavailable"));
      if (isDurable && heard.heads.length > 0) durable = { heads: heard.heads, brought };
    }
    return durable;
  }

  #receipt(peering: Peering, durable: Durable | undefined): void {
    const { connection } = peering;
    if (!connection.deckle || !durable || !peering.takesReceipt(durable.heads, durable.brought)) return;
    connection.send(this.#frames.other("receipt", { heads: fromHex(durable.heads.join("")) }));
  }

  /**
   * One commit to all level peers: encoded once, and once more for each peer that brought a part of it. Where many
   * brought something, they get their own back: Automerge passes over what it has, and it is a small part then.
   */
  #announce(from: number, chunks: ReadonlyMap<number, Uint8Array>): void {
    const graph = this.#graph;
    const upTo = graph.durable;
    let bytes = 0;
    for (const chunk of chunks.values()) bytes += chunk.length;
    if (bytes > catchUpBytesMax || chunks.size < upTo - from) return;
    const { heads } = graph;
    const origins = new Set<number>();
    for (let position = from; position < upTo; position++) origins.add(graph.origin(position));
    const framesByExcluded = new Map<number, Uint8Array>();
    for (const peering of this.#peerings.values()) {
      const { connection } = peering;
      if (!peering.isLevelAt(from) || connection.unsentBytes > outboundPauseBytes) continue;
      if (!this.#mayRead(connection)) continue;
      const excluded = origins.size <= 2 && origins.has(connection.id) ? connection.id : 0;
      let shared = framesByExcluded.get(excluded);
      if (!shared) framesByExcluded.set(excluded, (shared = this.#commitFrame(chunks, excluded)));
      connection.send(shared);
      peering.sentShared(upTo, heads);
    }
  }

  #commitFrame(chunks: ReadonlyMap<number, Uint8Array>, excluded: number): Uint8Array {
    const graph = this.#graph;
    const sent: Uint8Array[] = [];
    for (const [position, chunk] of chunks)
      if (excluded === 0 || graph.origin(position) !== excluded) sent.push(chunk);
    const { heads } = graph;
    return this.#frames.sync({
      heads,
      need: graph.missing(),
      have: [haveAll(heads)],
      changes: packBody(sent),
    });
  }

  #pump(peering: Peering): void {
    const { connection } = peering;
    const graph = this.#graph;
    while (connection.unsentBytes <= outboundPauseBytes) {
      if (!this.#mayRead(connection)) return;
      if (peering.wantsRestart) {
        if (graph.durable > restartAtOnceChangesMax) return this.#restartLater(peering);
        peering.restart(graph);
      }
      if (peering.wantsDocument) return this.#sendDocument(peering);
      const piece = peering.next(graph);
      if (!piece) return;
      const changes = piece.positions.length === 0 ? noChanges : this.#recent.take(piece.positions);
      if (!changes) return this.#readAndSend(peering, piece);
      const offersDocuments = this.#offers(peering);
      connection.send(this.#frames.sync({ ...piece, changes, offersDocuments }));
    }
    this.#setting.onBlocked(this, connection.id);
  }

  /** To compare what a peer has with a long history takes a while, and a peer may ask for it again and again. */
  #restartLater(peering: Peering): void {
    if (peering.reading) return;
    peering.reading = true;
    this.#setting.turns.add(peering.connection.id, () => {
      peering.reading = false;
      if (this.#peerings.get(peering.connection.id) !== peering) return;
      peering.restart(this.#graph);
      this.#pump(peering);
    });
  }

  /** A long history that is new here is asked for as a whole document. */
  #offers(peering: Peering): boolean {
    const { claimedChanges } = peering;
    return (
      this.#graph.length === 0 &&
      claimedChanges >= documentOfferedFromChanges &&
      this.#setting.offersDocuments(this.documentId)
    );
  }

  #readAndSend(peering: Peering, piece: Piece): void {
    const { connection } = peering;
    peering.reading = true;
    this.#progress(connection, peering.progress);
    const read = this.#frames.read(this.#graph.ranges(piece.positions));
    read.bytes
      .then((bytes) => {
        peering.reading = false;
        if (this.#peerings.get(connection.id) !== peering || !this.#mayRead(connection)) return;
        if (bytes.ok) {
          connection.send(this.#frames.piece(piece, read, bytes));
          this.#answer(peering);
        } else {
          this.#setting.report("chunk-damaged", { document: this.documentId, reason: bytes.reason });
          this.#setting.onDamaged(this);
        }
      })
      .catch((error: unknown) => this.#setting.onBug(this, error));
  }

  #sendDocument(peering: Peering): void {
    const { connection } = peering;
    peering.reading = true;
    this.#saved
      .get()
      .then((saved) => {
        peering.reading = false;
        if (this.#peerings.get(connection.id) !== peering || !this.#mayRead(connection)) return;
        peering.sentDocument(saved?.upTo ?? 0, this.#graph);
        if (saved) {
          // One message: that it is under way, and how long it is, is all there is to say.
          const { length } = saved.bytes;
          this.#progress(connection, { sentBytes: length, totalBytes: length });
          connection.send(this.#frames.saved(saved));
        }
        this.#answer(peering);
      })
      .catch((error: unknown) => this.#setting.onBug(this, error));
  }

  /** Not of what is new since it was last served anew. */
  #progress(connection: Connection, { sentBytes, totalBytes }: Peering["progress"]): void {
    if (!connection.deckle || totalBytes < progressFromBytes || sentBytes > totalBytes) return;
    connection.send(this.#frames.other("progress", { sentBytes, totalBytes }));
  }

  #readers(): Connection[] {
    return this.connections.filter((each) => this.#mayRead(each));
  }

  #mayRead(connection: Connection): boolean {
    return this.#setting.may(connection, this.documentId, "read");
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

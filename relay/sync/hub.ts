/**
 * All rooms and all connections of one node: opens rooms from the log, gathers commits, forgets what is idle.
 *
 * Group commit: after a quiet moment a change is committed at once, else it waits `groupCommitMs` for company; one
 * transaction takes what all rooms have, whatever arrives during it makes the next. Connections are keyed by our own
 * number, never by what they call themselves. Memory follows what is active: empty rooms a connection waits for are
 * bounded, idle rooms are few and not kept for long.
 *
 * Who may not read a document is in a *shadow* of its room: one of the same name in which there is nothing and nothing
 * can be written. It is opened, asked and left as the room of a document that is not there, so neither what is
 * answered nor how long it takes says which of the two it is.
 */
import {
  awaitedDocumentsPerConnectionMax,
  documentsPerConnectionMax,
  documentsRefusedMax,
  feedEntriesMax,
  groupCommitBytesMax,
  groupCommitMs,
  groupCommitQuietMs,
  idleRoomBytesMax,
  idleRoomMs,
  idleRoomsMax,
  openingPerConnectionMax,
  orphanBytesOfAllMax,
  outboundPauseBytes,
  presenceTickMsMin,
  turnMs,
} from "../protocol/limits.ts";
import type { CloseName } from "../protocol/codes.ts";
import type { EphemeralFrame, FeedRequest, LeaveFrame, SyncFrame } from "../protocol/messages.ts";
import type { Hashing } from "./chunk.ts";
import { Feed } from "./feed.ts";
import type { Action, Batch, ChangeLog, Committed, Connection, Documents, Report, Timing } from "./ports.ts";
import { PresenceLane } from "./presence.ts";
import { Room, type RoomSetting } from "./room.ts";
import { Turns } from "./turns.ts";

export interface HubSetting {
  readonly relayId: string;
  readonly log: ChangeLog;
  /** Names the log's feed. */
  readonly epoch: string;
  readonly documents: Documents;
  readonly hashing: Hashing;
  readonly timing: Timing;
  /** How long a room is kept that nobody is in. */
  readonly idleRoomMs?: number;
  may(connection: Connection, documentId: string, action: Action): boolean;
  report: Report;
  /** Durable now; for other nodes. */
  onCommitted(documentIds: readonly string[]): void;
}

/** For what the log looks in vain, in the same place as for the document: 0 is in no id. */
const nowhere = (documentId: string): string => `${documentId}0`;

interface Member {
  readonly connection: Connection;
  /** By document, the one entered last at the end. */
  readonly rooms: Map<string, Room>;
  /** Rooms in which there was nothing when they were asked, oldest first. */
  readonly awaited: Set<Room>;
  /** Rooms from which there is more to send once its socket drains. */
  readonly blocked: Set<Room>;
  readonly presence: PresenceLane;
  /** Rooms that are being opened for it; too many pause it. */
  opening: number;
  isPaused: boolean;
}

interface Pending {
  readonly room: Room;
  readonly batch: Batch | undefined;
}

export class Hub {
  readonly #setting: HubSetting;
  readonly #roomSetting: RoomSetting;
  readonly #shadowSetting: RoomSetting;
  readonly #rooms = new Map<string, Room>();
  readonly #shadows = new Map<string, Room>();
  /** Rooms that nobody is in, and since when. */
  readonly #idle = new Map<Room, number>();
  #isForgetting = false;
  readonly #members = new Map<number, Member>();
  readonly #dirty = new Set<Room>();
  #dirtyBytes = 0;
  #commitScheduled = false;
  #committedAtMs = Number.NEGATIVE_INFINITY;
  #committing: Promise<void> | undefined;
  #presenceScheduled = false;
  /** By the lanes of connections that are gone. */
  #presenceDropped = 0;
  readonly #feed: Feed;
  readonly #turns: Turns;
  /** Up to where the log's feed is known here. */
  #sequence = 0;
  /** Rooms that hold changes without what they depend on. */
  readonly #orphanRooms = new Set<Room>();
  /** Documents whose whole form could not be read: they are asked for as changes. */
  readonly #plain = new Set<string>();

  constructor(setting: HubSetting) {
    this.#setting = setting;
    const shared = {
      relayId: setting.relayId,
      may: (connection: Connection, documentId: string, action: Action) =>
        setting.may(connection, documentId, action),
      after: (delayMs: number, run: () => void) => setting.timing.after(delayMs, run),
    };
    this.#turns = new Turns(setting.timing, (error) => this.#onBug(error, []));
    this.#feed = new Feed({
      ...shared,
      epoch: setting.epoch,
      read: (after, count) => setting.log.feed(after, count),
      onBug: (error) => this.#onBug(error, []),
    });
    this.#roomSetting = {
      ...shared,
      turns: this.#turns,
      log: setting.log,
      documents: setting.documents,
      hashing: setting.hashing,
      report: setting.report,
      offersDocuments: (documentId) => !this.#plain.has(documentId),
      onUnreadable: (room, connection) => this.#onUnreadable(room, connection),
      onBlocked: (room, id) => void this.#members.get(id)?.blocked.add(room),
      onDirty: (room, bytes) => this.#onDirty(room, bytes),
      onOrphaned: (room, connection) => this.#onOrphaned(room, connection),
      onLeft: (room) => this.#settle(room),
      onDamaged: (room) => this.#drop(room),
      onBug: (room, error) => this.#onBug(error, [room]),
    };
    this.#shadowSetting = {
      ...this.#roomSetting,
      may: (_connection, _documentId, action) => action === "read",
    };
  }

  get figures(): { rooms: number; connections: number; feedListeners: number; presenceDropped: number } {
    const [rooms, connections] = [this.#rooms.size + this.#shadows.size, this.#members.size];
    let presenceDropped = this.#presenceDropped;
    for (const { presence } of this.#members.values()) presenceDropped += presence.dropped;
    return { rooms, connections, feedListeners: this.#feed.listeners, presenceDropped };
  }

  join(connection: Connection): void {
    const presence = new PresenceLane(this.#setting.timing.nowMs());
    this.#members.set(connection.id, {
      connection,
      rooms: new Map(),
      awaited: new Set(),
      blocked: new Set(),
      presence,
      opening: 0,
      isPaused: false,
    });
  }

  leave(connectionId: number): void {
    const member = this.#members.get(connectionId);
    if (!member) return;
    this.#members.delete(connectionId);
    this.#presenceDropped += member.presence.dropped;
    this.#feed.leave(connectionId);
    for (const room of member.rooms.values()) this.#leaveRoom(member, room);
  }

  /** A frame of a joined connection; a name is why it must be closed. */
  receive(
    connectionId: number,
    frame: SyncFrame | EphemeralFrame | FeedRequest | LeaveFrame,
  ): CloseName | undefined {
    const member = this.#members.get(connectionId);
    if (!member) return undefined;
    if (frame.type === "ephemeral") {
      this.#present(member, frame);
      return undefined;
    }
    if (frame.type === "feed") {
      this.#feed.listen(member.connection, frame);
      return undefined;
    }
    if (frame.type === "leave") {
      const left = member.rooms.get(frame.documentId);
      if (left) this.#leaveRoom(member, left);
      return undefined;
    }
    const room = this.#enter(member, frame.documentId);
    if (!room.receive(member.connection, frame)) return "malformed";
    if (room.isEmpty) this.#await(member, room);
    else member.awaited.delete(room);
    return undefined;
  }

  /** Whether something of this document is in memory, on disk or not yet. */
  holds(documentId: string): boolean {
    return this.#rooms.get(documentId)?.hasChanges ?? false;
  }

  /** The connection's unsent bytes went down. */
  drained(connectionId: number): void {
    const member = this.#members.get(connectionId);
    if (!member) return;
    for (const room of member.blocked) {
      if (member.connection.unsentBytes > outboundPauseBytes) return;
      member.blocked.delete(room);
      room.drained(connectionId);
    }
    this.#feed.drained(connectionId);
  }

  /** Another node committed to this document. */
  refresh(documentId: string): void {
    this.#rooms.get(documentId)?.refresh();
    this.#feed.committedElsewhere();
  }

  /** Looks in the log for what other nodes committed and the bus did not tell. */
  async repair(): Promise<void> {
    const page = await this.#setting.log.feed(this.#sequence, feedEntriesMax);
    if (!page.ok) return this.#setting.report("repair-failed", { reason: page.reason });
    const { entries, isLast } = page;
    for (const { documentId } of entries) this.refresh(documentId);
    this.#sequence = Math.max(this.#sequence, entries.at(-1)?.sequence ?? 0);
    if (!isLast) await this.repair();
  }

  /** Commits what waits. Nothing may be received any more. */
  async stop(): Promise<void> {
    await this.#committing;
    if (this.#dirty.size > 0) await this.#commit();
  }

  #enter(member: Member, documentId: string): Room {
    const { connection, rooms } = member;
    const mayRead = this.#setting.may(connection, documentId, "read");
    const all = mayRead ? this.#rooms : this.#shadows;
    let room = all.get(documentId);
    if (!room) {
      room = new Room(documentId, mayRead ? this.#roomSetting : this.#shadowSetting);
      all.set(documentId, room);
      this.#openFor(member, room);
    }
    this.#idle.delete(room);
    const before = rooms.get(documentId);
    if (before && before !== room) this.#leaveRoom(member, before);
    rooms.delete(documentId);
    rooms.set(documentId, room);
    if (rooms.size > documentsPerConnectionMax) {
      const [oldest] = rooms.values();
      if (oldest) this.#leaveRoom(member, oldest);
    }
    return room;
  }

  /** A flood of requests is read as fast as it can be answered, and others are answered between. */
  #openFor(member: Member, room: Room): void {
    if (++member.opening >= openingPerConnectionMax && !member.isPaused) {
      member.isPaused = true;
      member.connection.pause();
    }
    this.#open(room)
      .catch((error: unknown) => this.#onBug(error, [room]))
      .finally(() => {
        if (--member.opening > openingPerConnectionMax / 2 || !member.isPaused) return;
        member.isPaused = false;
        member.connection.resume();
      });
  }

  async #open(room: Room): Promise<void> {
    const { documentId } = room;
    const isShadow = this.#shadows.get(documentId) === room;
    const listed = await this.#setting.log.list(isShadow ? nowhere(documentId) : documentId, 0);
    if (listed.ok && room.opened(listed)) {
      this.#settle(room);
      for (const connection of room.isEmpty ? room.connections : []) {
        const member = this.#members.get(connection.id);
        if (member) this.#await(member, room);
      }
    } else {
      const reason = listed.ok ? "its log does not make sense" : listed.reason;
      this.#setting.report("open-failed", { document: documentId, reason });
      this.#drop(room);
    }
  }

  /** An answer that may never come holds a place; the oldest gives way. Its document still comes if it is asked again. */
  #await(member: Member, room: Room): void {
    member.awaited.delete(room);
    member.awaited.add(room);
    if (member.awaited.size <= awaitedDocumentsPerConnectionMax) return;
    for (const oldest of member.awaited) {
      member.awaited.delete(oldest);
      if (oldest.isEmpty) return this.#leaveRoom(member, oldest);
    }
  }

  #leaveRoom(member: Member, room: Room): void {
    member.rooms.delete(room.documentId);
    member.awaited.delete(room);
    member.blocked.delete(room);
    room.leave(member.connection.id);
    this.#settle(room);
  }

  /** Keeps a few idle rooms for whoever comes next; of an empty one there is nothing to keep. */
  #settle(room: Room): void {
    const { documentId } = room;
    const all = this.#shadows.get(documentId) === room ? this.#shadows : this.#rooms;
    if (!room.isIdle || this.#dirty.has(room) || all.get(documentId) !== room) return;
    if (room.isEmpty) return void all.delete(documentId);
    this.#idle.delete(room);
    this.#idle.set(room, this.#setting.timing.nowMs());
    let bytes = 0;
    for (const each of this.#idle.keys()) bytes += each.bytes;
    for (const oldest of this.#idle.keys()) {
      if (this.#idle.size <= idleRoomsMax && bytes <= idleRoomBytesMax) break;
      bytes -= oldest.bytes;
      this.#forget(oldest);
    }
    this.#forgetLater();
  }

  #forget(room: Room): void {
    this.#idle.delete(room);
    this.#rooms.delete(room.documentId);
  }

  /** Memory follows what is active: a room that nobody came back to is let go. */
  #forgetLater(): void {
    if (this.#isForgetting || this.#idle.size === 0) return;
    this.#isForgetting = true;
    const { timing, idleRoomMs: afterMs = idleRoomMs } = this.#setting;
    timing.after(afterMs, () => {
      this.#isForgetting = false;
      const before = timing.nowMs() - afterMs;
      for (const [room, sinceMs] of this.#idle) if (sinceMs <= before) this.#forget(room);
      this.#forgetLater();
    });
  }

  /** The room cannot go on: its connections come back and sync again, from what the log then gives. */
  #drop(room: Room): void {
    // It may have been dropped before, and another be in its place.
    for (const all of [this.#rooms, this.#shadows])
      if (all.get(room.documentId) === room) all.delete(room.documentId);
    this.#idle.delete(room);
    this.#dirty.delete(room);
    this.#orphanRooms.delete(room);
    for (const connection of room.connections) connection.close("storeUnavailable");
  }

  #onDirty(room: Room, bytes: number): void {
    if (this.#rooms.get(room.documentId) !== room) return;
    this.#dirty.add(room);
    this.#dirtyBytes += bytes;
    if (this.#committing) return;
    if (this.#dirtyBytes >= groupCommitBytesMax) void this.#commit();
    else if (!this.#commitScheduled) {
      this.#commitScheduled = true;
      const { timing } = this.#setting;
      const isQuiet = timing.nowMs() - this.#committedAtMs > groupCommitQuietMs;
      timing.after(isQuiet ? 0 : groupCommitMs, () => {
        this.#commitScheduled = false;
        if (!this.#committing && this.#dirty.size > 0) void this.#commit();
      });
    }
  }

  #commit(): Promise<void> {
    const rooms = [...this.#dirty];
    this.#dirty.clear();
    this.#dirtyBytes = 0;
    const pending = rooms.map((room) => ({ room, batch: room.startCommit() }));
    const batches = pending.flatMap(({ batch }) => batch ?? []);
    this.#committing = this.#setting.log
      .commit(batches)
      .then((result) => this.#finish(pending, batches, result))
      .catch((error: unknown) => this.#onBug(error, rooms))
      .then(() => {
        this.#committing = undefined;
        this.#committedAtMs = this.#setting.timing.nowMs();
        return this.#dirty.size > 0 ? this.#commit() : undefined;
      });
    return this.#committing;
  }

  /** In slices, between which others are read: a commit may be of hundreds of rooms, each with readers to be told. */
  async #finish(pending: readonly Pending[], batches: readonly Batch[], result: Committed): Promise<void> {
    const { timing } = this.#setting;
    if (result.ok) {
      this.#setting.onCommitted(batches.map(({ documentId }) => documentId));
      this.#tellFeed(batches, result.sequences);
    } else {
      this.#setting.report("commit-failed", { rooms: pending.length, reason: result.reason });
    }
    let at = 0;
    let sliceEndsMs = timing.nowMs() + turnMs;
    for (const { room, batch } of pending) {
      if (timing.nowMs() >= sliceEndsMs) {
        await new Promise<void>((resolve) => timing.after(0, resolve));
        sliceEndsMs = timing.nowMs() + turnMs;
      }
      if (!result.ok) this.#failed(room);
      else if (batch && result.sequences[at++] === undefined) room.moved();
      else room.committed();
      this.#settle(room);
    }
  }

  #tellFeed(batches: readonly Batch[], sequences: readonly (number | undefined)[]): void {
    const entries = batches.flatMap(({ documentId, heads }, i) => {
      const sequence = sequences[i];
      return sequence === undefined ? [] : [{ sequence, documentId, heads }];
    });
    if (this.#sequence + 1 === entries[0]?.sequence)
      this.#sequence = entries.at(-1)?.sequence ?? this.#sequence;
    this.#feed.committed(entries);
  }

  /** A bug of ours costs the rooms it happened in, which start afresh from the log, and not the relay. */
  #onBug(error: unknown, rooms: readonly Room[]): void {
    this.#setting.report("bug", {
      stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    for (const room of rooms) this.#drop(room);
  }

  /**
   * Orphans are kept for as long as who brought them is there, and within one bound for all documents: whoever goes
   * past it has to come again, in order. A client that syncs as Automerge does brings hardly any.
   */
  #onOrphaned(room: Room, connection: Connection): void {
    this.#orphanRooms.add(room);
    let bytes = 0;
    for (const each of this.#orphanRooms) {
      bytes += each.orphanBytes;
      if (each.orphanBytes === 0) this.#orphanRooms.delete(each);
    }
    if (bytes <= orphanBytesOfAllMax) return;
    this.#setting.report("too-many-orphans", { connection: connection.id, bytes });
    connection.close("outOfOrder");
  }

  /** It comes again as changes, on a new connection: Automerge does not send a document twice on one. */
  #onUnreadable(room: Room, connection: Connection): void {
    this.#plain.add(room.documentId);
    for (const oldest of this.#plain) {
      if (this.#plain.size <= documentsRefusedMax) break;
      this.#plain.delete(oldest);
    }
    connection.close("unreadable");
    this.#settle(room);
  }

  #failed(room: Room): void {
    this.#dirty.delete(room);
    // Automerge does not send a change twice on one connection; after a reconnect it does.
    for (const connection of room.failed()) connection.close("storeUnavailable");
  }

  #present(member: Member, frame: EphemeralFrame): void {
    // Presence is for documents that one follows; a room is not opened for it.
    if (!member.rooms.has(frame.documentId)) return;
    if (member.presence.offer(frame, this.#setting.timing.nowMs())) this.#forward(member, frame);
    else this.#schedulePresence();
  }

  #forward({ connection, rooms }: Member, frame: EphemeralFrame): void {
    rooms.get(frame.documentId)?.present(connection, frame);
  }

  #schedulePresence(): void {
    if (this.#presenceScheduled) return;
    this.#presenceScheduled = true;
    this.#setting.timing.after(presenceTickMsMin, () => {
      this.#presenceScheduled = false;
      const nowMs = this.#setting.timing.nowMs();
      let isWaiting = false;
      for (const member of this.#members.values()) {
        for (const frame of member.presence.take(nowMs)) this.#forward(member, frame);
        isWaiting ||= member.presence.isWaiting;
      }
      if (isWaiting) this.#schedulePresence();
    });
  }
}

/**
 * All rooms and all connections of one node: opens rooms from the log, gathers commits, forgets what is idle.
 *
 * Group commit: after a quiet moment a change is committed at once, else it waits `groupCommitMs` for company; one
 * transaction takes what all rooms have, whatever arrives during it makes the next. Connections are keyed by our own number, never by what they call
 * themselves. Memory follows what is active: empty rooms a connection waits for are bounded, idle rooms are few.
 */
import {
  awaitedDocumentsPerConnectionMax,
  documentsPerConnectionMax,
  ephemeralOutboundBytesMax,
  groupCommitBytesMax,
  groupCommitMs,
  groupCommitQuietMs,
  idleRoomsMax,
  outboundPauseBytes,
} from "../protocol/limits.ts";
import { encodeSharedMap } from "../protocol/cbor.ts";
import type { CloseName } from "../protocol/codes.ts";
import type { EphemeralFrame, SyncFrame } from "../protocol/messages.ts";
import type { Hashing } from "./chunk.ts";
import type { Action, ChangeLog, Committed, Connection, Report, Timing } from "./ports.ts";
import { PresenceLane } from "./presence.ts";
import { Room, type RoomSetting } from "./room.ts";

export interface HubSetting {
  readonly relayId: string;
  readonly log: ChangeLog;
  readonly hashing: Hashing;
  readonly timing: Timing;
  may(connection: Connection, documentId: string, action: Action): boolean;
  report: Report;
  /** Durable now; for other nodes. */
  onCommitted(documentIds: readonly string[]): void;
}

interface Member {
  readonly connection: Connection;
  readonly documents: Set<string>;
  /** Documents of which the relay had nothing when they were asked for, oldest first. */
  readonly awaited: Set<string>;
  readonly presence: PresenceLane;
}

const presenceTickMs = 50;

export class Hub {
  readonly #setting: HubSetting;
  readonly #roomSetting: RoomSetting;
  readonly #rooms = new Map<string, Room>();
  readonly #idle = new Set<Room>();
  readonly #members = new Map<number, Member>();
  readonly #dirty = new Set<Room>();
  #dirtyBytes = 0;
  #commitScheduled = false;
  #committedAtMs = Number.NEGATIVE_INFINITY;
  #committing: Promise<void> | undefined;
  #presenceScheduled = false;

  constructor(setting: HubSetting) {
    this.#setting = setting;
    this.#roomSetting = {
      relayId: setting.relayId,
      log: setting.log,
      hashing: setting.hashing,
      may: (connection, documentId, action) => setting.may(connection, documentId, action),
      report: setting.report,
      later: (run) => setting.timing.after(0, run),
      onDirty: (room, bytes) => this.#onDirty(room, bytes),
      onLeft: (room) => this.#settle(room),
      onDamaged: (room) => this.#drop(room),
      onBug: (room, error) => this.#onBug(error, [room]),
    };
  }

  get figures(): { rooms: number; connections: number } {
    return { rooms: this.#rooms.size, connections: this.#members.size };
  }

  join(connection: Connection): void {
    const presence = new PresenceLane(this.#setting.timing.nowMs());
    this.#members.set(connection.id, { connection, documents: new Set(), awaited: new Set(), presence });
  }

  leave(connectionId: number): void {
    const member = this.#members.get(connectionId);
    if (!member) return;
    this.#members.delete(connectionId);
    for (const documentId of member.documents) this.#leaveRoom(member, documentId);
  }

  /** A frame of a joined connection; a name is why it must be closed. */
  receive(connectionId: number, frame: SyncFrame | EphemeralFrame): CloseName | undefined {
    const member = this.#members.get(connectionId);
    if (!member) return undefined;
    if (frame.type === "ephemeral") {
      this.#present(member, frame);
      return undefined;
    }
    const room = this.#enter(member, frame.documentId);
    if (!room.receive(member.connection, frame)) return "malformed";
    if (room.isEmpty) this.#await(member, room.documentId);
    else member.awaited.delete(room.documentId);
    return undefined;
  }

  /** The connection's unsent bytes went down. */
  drained(connectionId: number): void {
    const member = this.#members.get(connectionId);
    if (!member) return;
    for (const documentId of member.documents) {
      if (member.connection.unsentBytes > outboundPauseBytes) return;
      this.#rooms.get(documentId)?.drained(connectionId);
    }
  }

  /** Another node committed to this document. */
  refresh(documentId: string): void {
    this.#rooms.get(documentId)?.refresh();
  }

  /** Commits what waits. Nothing may be received any more. */
  async stop(): Promise<void> {
    await this.#committing;
    if (this.#dirty.size > 0) await this.#commit();
  }

  #enter(member: Member, documentId: string): Room {
    let room = this.#rooms.get(documentId);
    if (!room) {
      room = new Room(documentId, this.#roomSetting);
      this.#rooms.set(documentId, room);
      const opening = room;
      this.#open(opening).catch((error: unknown) => this.#onBug(error, [opening]));
    }
    this.#idle.delete(room);
    member.documents.delete(documentId);
    member.documents.add(documentId);
    if (member.documents.size > documentsPerConnectionMax) {
      const [oldest] = member.documents;
      if (oldest !== undefined) this.#leaveRoom(member, oldest);
    }
    return room;
  }

  async #open(room: Room): Promise<void> {
    const listed = await this.#setting.log.list(room.documentId, 0);
    if (listed.ok) {
      room.opened(listed.changes);
      this.#settle(room);
      for (const connection of room.isEmpty ? room.connections : []) {
        const member = this.#members.get(connection.id);
        if (member) this.#await(member, room.documentId);
      }
    } else {
      this.#setting.report("open-failed", { document: room.documentId, reason: listed.reason });
      this.#drop(room);
    }
  }

  /** An answer that may never come holds a place; the oldest gives way. Its document still comes if it is asked again. */
  #await(member: Member, documentId: string): void {
    member.awaited.delete(documentId);
    member.awaited.add(documentId);
    if (member.awaited.size <= awaitedDocumentsPerConnectionMax) return;
    for (const oldest of member.awaited) {
      member.awaited.delete(oldest);
      if (this.#rooms.get(oldest)?.isEmpty ?? true) return this.#leaveRoom(member, oldest);
    }
  }

  #leaveRoom(member: Member, documentId: string): void {
    member.documents.delete(documentId);
    member.awaited.delete(documentId);
    const room = this.#rooms.get(documentId);
    room?.leave(member.connection.id);
    if (room) this.#settle(room);
  }

  /** Keeps a few idle rooms for whoever comes next; of an empty one there is nothing to keep. */
  #settle(room: Room): void {
    if (!room.isIdle || this.#dirty.has(room) || this.#rooms.get(room.documentId) !== room) return;
    if (room.isEmpty) return void this.#rooms.delete(room.documentId);
    this.#idle.delete(room);
    this.#idle.add(room);
    for (const oldest of this.#idle) {
      if (this.#idle.size <= idleRoomsMax) return;
      this.#idle.delete(oldest);
      this.#rooms.delete(oldest.documentId);
    }
  }

  /** The room cannot go on: its connections come back and sync again, from what the log then gives. */
  #drop(room: Room): void {
    this.#rooms.delete(room.documentId);
    this.#idle.delete(room);
    this.#dirty.delete(room);
    for (const connection of room.connections) connection.close("storeUnavailable");
  }

  #onDirty(room: Room, bytes: number): void {
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
    const batches = rooms.map((room) => ({ documentId: room.documentId, changes: room.startCommit() }));
    this.#committing = this.#setting.log
      .commit(batches)
      .then((result) => this.#finish(rooms, result))
      .catch((error: unknown) => this.#onBug(error, rooms))
      .then(() => {
        this.#committing = undefined;
        this.#committedAtMs = this.#setting.timing.nowMs();
        return this.#dirty.size > 0 ? this.#commit() : undefined;
      });
    return this.#committing;
  }

  #finish(rooms: readonly Room[], result: Committed): void {
    if (result.ok) {
      this.#setting.onCommitted(rooms.map((room) => room.documentId));
      rooms.forEach((room, i) => room.committed(result.rows[i] ?? []));
    } else {
      this.#setting.report("commit-failed", { rooms: rooms.length, reason: result.reason });
      for (const room of rooms) this.#failed(room);
    }
    for (const room of rooms) this.#settle(room);
  }

  /** A bug of ours costs the rooms it happened in, which start afresh from the log, and not the relay. */
  #onBug(error: unknown, rooms: readonly Room[]): void {
    this.#setting.report("bug", {
      stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    for (const room of rooms) this.#drop(room);
  }

  #failed(room: Room): void {
    this.#dirty.delete(room);
    // Automerge does not send a change twice on one connection; after a reconnect it does.
    for (const connection of room.failed()) connection.close("storeUnavailable");
  }

  #present(member: Member, frame: EphemeralFrame): void {
    // Presence is for documents that one follows; a room is not opened for it.
    if (!member.documents.has(frame.documentId)) return;
    if (member.presence.offer(frame, this.#setting.timing.nowMs())) this.#forward(member, frame);
    else this.#schedulePresence();
  }

  #forward({ connection }: Member, frame: EphemeralFrame): void {
    const room = this.#rooms.get(frame.documentId);
    if (!room || !this.#setting.may(connection, frame.documentId, "present")) return;
    const { type, count, sessionId, documentId, data } = frame;
    const entries = { type, senderId: connection.peerId, count, sessionId, documentId, data };
    room.present(connection, encodeSharedMap(entries, "targetId"), ephemeralOutboundBytesMax);
  }

  #schedulePresence(): void {
    if (this.#presenceScheduled) return;
    this.#presenceScheduled = true;
    this.#setting.timing.after(presenceTickMs, () => {
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

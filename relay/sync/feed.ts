/**
 * The feed: which documents were committed to, in order, for clients that have many of them and open few.
 *
 * A client names the last sequence it saw and is told everything after it, page by page as its socket drains, then a
 * few times a second what was new. A document is in the feed once, where it was last committed to, so a client that
 * was away for months reads as many entries as there are documents, at most. What is recent is kept in memory; a gap
 * in it (another node committed, or it is too long ago) is read from the log. Sequences of another epoch (the relay
 * was restored from a backup) mean nothing: such a client starts over.
 */
import { encodeSharedMap } from "../protocol/cbor.ts";
import {
  feedEntriesMax,
  feedRecentBytesMax,
  feedRecentMax,
  feedTickMs,
  outboundPauseBytes,
} from "../protocol/limits.ts";
import type { FeedRequest } from "../protocol/messages.ts";
import type { Action, Connection, FeedEntry, FeedPage } from "./ports.ts";

export interface FeedSetting {
  readonly relayId: string;
  readonly epoch: string;
  /** Entries after a sequence. */
  read(after: number, count: number): Promise<FeedPage>;
  may(connection: Connection, documentId: string, action: Action): boolean;
  after(delayMs: number, run: () => void): void;
  onBug(error: unknown): void;
}

interface Listener {
  readonly connection: Connection;
  after: number;
  /** It has been told that there is nothing more; what comes is told at ticks. */
  isLevel: boolean;
  reading: boolean;
  /** From where it asked to be told, if that was not begun with. */
  asked: number | undefined;
}

export class Feed {
  readonly #setting: FeedSetting;
  readonly #listeners = new Map<number, Listener>();
  /** The latest entries, without a gap: all there are after `#recentAfter`. */
  #recent: FeedEntry[] = [];
  #recentAfter = Number.MAX_SAFE_INTEGER;
  #recentBytes = 0;
  #tickScheduled = false;

  constructor(setting: FeedSetting) {
    this.#setting = setting;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** What is kept in memory. */
  get recentBytes(): number {
    return this.#recentBytes;
  }

  listen(connection: Connection, { after, epoch }: FeedRequest): void {
    const from = epoch === this.#setting.epoch ? after : 0;
    const listener: Listener = this.#listeners.get(connection.id) ?? {
      connection,
      after: from,
      isLevel: false,
      reading: false,
      asked: undefined,
    };
    this.#listeners.set(connection.id, listener);
    // Asked again while the log is read for it: one reading at a time, and what was asked last counts.
    listener.asked = from;
    this.#serve(listener);
  }

  leave(connectionId: number): void {
    this.#listeners.delete(connectionId);
  }

  drained(connectionId: number): void {
    const listener = this.#listeners.get(connectionId);
    if (listener) this.#serve(listener);
  }

  /** This node committed; ascending by sequence. */
  committed(entries: readonly FeedEntry[]): void {
    for (const entry of entries) {
      const last = this.#recent.at(-1)?.sequence;
      // Not the next one: what is between was another node's, and is in the log.
      if (last === undefined || entry.sequence !== last + 1) {
        this.#forgetRecent(entry.sequence - 1);
      }
      this.#recent.push(entry);
      this.#recentBytes += entry.heads.length;
    }
    if (this.#recent.length > 2 * feedRecentMax || this.#recentBytes > 2 * feedRecentBytesMax)
      this.#forgetOldest();
    this.#wake();
  }

  /** Another node committed: what is in memory is not all any more. */
  committedElsewhere(): void {
    this.#forgetRecent(Number.MAX_SAFE_INTEGER);
    this.#wake();
  }

  /** What memory then holds is after this. */
  #forgetRecent(after: number): void {
    this.#recent = [];
    this.#recentBytes = 0;
    this.#recentAfter = after;
  }

  #forgetOldest(): void {
    let from = 0;
    for (; from < this.#recent.length; from++) {
      if (this.#recent.length - from <= feedRecentMax && this.#recentBytes <= feedRecentBytesMax) break;
      const { heads, sequence } = this.#recent[from] ?? { heads: [], sequence: 0 };
      this.#recentBytes -= heads.length;
      this.#recentAfter = sequence;
    }
    this.#recent = this.#recent.slice(from);
  }

  #wake(): void {
    if (this.#tickScheduled || this.#listeners.size === 0) return;
    this.#tickScheduled = true;
    this.#setting.after(feedTickMs, () => {
      this.#tickScheduled = false;
      const frames = new Map<number, Uint8Array>();
      for (const listener of this.#listeners.values()) this.#serve(listener, frames);
    });
  }

  /** Sends what is new, if the socket has room for it. `frames` are those that others were sent at this tick. */
  #serve(listener: Listener, frames?: Map<number, Uint8Array>): void {
    const { connection } = listener;
    if (listener.reading || connection.unsentBytes > outboundPauseBytes) return;
    if (listener.asked !== undefined) {
      listener.after = listener.asked;
      listener.asked = undefined;
      listener.isLevel = false;
    }
    const recent = listener.isLevel ? this.#recentSince(listener.after) : undefined;
    if (recent) {
      const last = recent.at(-1)?.sequence ?? listener.after;
      const readable = this.#readable(connection, recent);
      const isForAll = readable.length === recent.length;
      if (readable.length > 0) {
        let frame = isForAll ? frames?.get(listener.after) : undefined;
        frame ??= this.#frame(readable, last, true);
        if (isForAll) frames?.set(listener.after, frame);
        connection.send(frame);
      }
      listener.after = last;
      return;
    }
    listener.reading = true;
    this.#setting
      .read(listener.after, feedEntriesMax)
      .then((page) => {
        listener.reading = false;
        if (this.#listeners.get(connection.id) !== listener) return;
        // The log cannot be read now: the next tick tries again.
        if (!page.ok) return this.#wake();
        if (listener.asked !== undefined) return this.#serve(listener);
        const { entries, isLast } = page;
        const last = entries.at(-1)?.sequence ?? listener.after;
        const readable = this.#readable(connection, entries);
        // An empty last page is told once: the client waits to hear that it is level.
        if (readable.length > 0 || (isLast && !listener.isLevel))
          connection.send(this.#frame(readable, last, isLast));
        listener.after = last;
        listener.isLevel = isLast;
        if (!isLast) this.#serve(listener);
      })
      .catch((error: unknown) => this.#setting.onBug(error));
  }

  /** What is new after a sequence, the latest of each document; undefined where memory does not reach back. */
  #recentSince(after: number): FeedEntry[] | undefined {
    if (after < this.#recentAfter) return undefined;
    const from = after - this.#recentAfter;
    if (this.#recent.length - from > feedEntriesMax) return undefined;
    const latest = new Map(this.#recent.slice(from).map((entry) => [entry.documentId, entry]));
    return [...latest.values()].sort((a, b) => a.sequence - b.sequence);
  }

  /** A frame that tells of nothing would tell that there is something. */
  #readable(connection: Connection, entries: readonly FeedEntry[]): readonly FeedEntry[] {
    return entries.filter(({ documentId }) => this.#setting.may(connection, documentId, "read"));
  }

  #frame(readable: readonly FeedEntry[], upTo: number, isLast: boolean): Uint8Array {
    const { relayId, epoch } = this.#setting;
    const entries = readable.map(({ sequence, documentId, heads }) => [sequence, documentId, heads]);
    return encodeSharedMap({ type: "feed", senderId: relayId, epoch, entries, upTo, isLast }, "targetId");
  }
}

/** What the sync layer needs from outside: a durable log, sockets, time. Others implement these. */
import type { Change } from "./chunk.ts";
import type { CloseName } from "../protocol/codes.ts";
import type { Refused } from "../protocol/messages.ts";
import type { Stretch } from "./segment.ts";

/**
 * The log of a document is its changes in commit order, numbered from 0: the *ordinals*. An ordinal is never given
 * twice, also where its change was damaged and set aside.
 */
export interface Batch extends Stretch {
  readonly documentId: string;
  /** The ordinal its first change is to get: what the caller knows of the log. */
  readonly first: number;
  /** The document's heads once this is committed, 32 bytes each, ascending. For the feed. */
  readonly heads: Uint8Array;
}
export type Committed =
  /**
   * `sequences[b]` is the place of batch b in the feed. Undefined is a batch that was not taken because the log of
   * its document does not end at `first`: another node committed meanwhile. The others are durable.
   */
  | { readonly ok: true; readonly sequences: readonly (number | undefined)[] }
  | { readonly ok: false; readonly reason: string };

export interface Logged extends Pick<Stretch, "count" | "index"> {
  /** The ordinal of its first change; the others follow without a gap. */
  readonly first: number;
}
export type Listed =
  /** `next` is the ordinal that the next commit must name. Empty stretches with 0 is a document that is not there. */
  | { readonly ok: true; readonly stretches: readonly Logged[]; readonly next: number }
  | { readonly ok: false; readonly reason: string };

/** Ordinals from `from` up to, not including, `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}
export type Bytes =
  /** The chunks as a body (`segment.ts`), in the order of the ranges. */
  | { readonly ok: true; readonly count: number; readonly body: Uint8Array }
  /** A chunk is not what was stored. It has been set aside and will not be listed again. */
  | { readonly ok: false; readonly reason: string };

/** A whole document saved by Automerge, as a cache: `upTo` changes of its log, whose heads were `heads`. */
export interface Snapshot {
  readonly upTo: number;
  /** 32 bytes each, ascending. */
  readonly heads: Uint8Array;
  readonly bytes: Uint8Array;
}

export interface FeedEntry {
  readonly sequence: number;
  readonly documentId: string;
  /** 32 bytes each, ascending. */
  readonly heads: Uint8Array;
}
export type FeedPage =
  | {
      readonly ok: true;
      /** Ascending by sequence; a document is in a feed once, where it was last committed to. */
      readonly entries: readonly FeedEntry[];
      /** There is nothing after the last of these. */
      readonly isLast: boolean;
    }
  | { readonly ok: false; readonly reason: string };

/** The truth on disk. It rejects never; a fault is a value. */
export interface ChangeLog {
  /** All stretches with ordinals from `from` on. */
  list(documentId: string, from: number): Promise<Listed>;
  read(documentId: string, ranges: readonly Range[]): Promise<Bytes>;
  /** One transaction; resolved once it survives power loss. */
  commit(batches: readonly Batch[]): Promise<Committed>;
  snapshot(documentId: string): Promise<Snapshot | undefined>;
  /** Takes the place of the one before. Lost on a fault: it is a cache. */
  keepSnapshot(documentId: string, snapshot: Snapshot): Promise<void>;
  /** Documents committed to after `sequence`, up to `count` of them. */
  feed(after: number, count: number): Promise<FeedPage>;
}

/**
 * Automerge itself, in a process of its own: for the little that needs a document's content. It is slow, it may fail
 * on what is too large or hostile (undefined), and nothing waits for it but the peer it is for.
 */
export interface Documents {
  /** The document that these changes make, saved whole, and proved to load to these heads. */
  save(changes: Pick<Stretch, "count" | "body">, heads: readonly string[]): Promise<Uint8Array | undefined>;
  /** The changes in a saved document, deps first. */
  changes(document: Uint8Array): Promise<Pick<Stretch, "count" | "body"> | undefined>;
}

/** One joined socket. `id` is ours and unique; `peerId` is only what the client calls itself. */
export interface Connection {
  readonly id: number;
  readonly peerId: string;
  /** Ours, for the others: what presence of it is told to come from. */
  readonly self: string;
  /** Takes receipts. */
  readonly deckle: boolean;
  /**
   * Why it may not bring this change into this document now; undefined where it may. Without it one forged change with
   * somebody's next sequence number would shut out their real one for good.
   */
  refusalOf(documentId: string, change: Pick<Change, "actor" | "hash">): Refused | undefined;
  /** Something that it brought has its place in this document now, durable or not. */
  wrote(documentId: string): void;
  /** Something that it brought was refused. */
  refused(documentId: string, why: Refused): void;
  readonly unsentBytes: number;
  /** `shared` is a frame but for the value of its last key, `targetId`: this peer's id is put there. */
  send(shared: Uint8Array): void;
  /** Nothing more is read from its socket, until it was resumed as often as paused. */
  pause(): void;
  resume(): void;
  close(name: CloseName): void;
}

export type Action = "read" | "write" | "present";

export interface Timing {
  nowMs(): number;
  /** With a delay of 0: once what has arrived by now was handed over. */
  after(delayMs: number, run: () => void): void;
}

/** What happened, for the log; never content. */
export type Report = (event: string, facts: Readonly<Record<string, string | number>>) => void;

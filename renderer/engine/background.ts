/**
 * Keeps the whole library level with the relay without opening it: documents that changed there, as its feed tells, and
 * those that changed here while it was not there, are synced a few at a time (`pull.ts`) and let go of.
 *
 * Nothing that is known to be the same on both sides is ever loaded: the ledger knows which heads are durable here. What
 * is open is left to its session; when that ends, what was told meanwhile is looked at again. How far the feed was dealt
 * with is noted, and never past anything that is not durable here.
 */
import * as A from "@automerge/automerge/slim";
import type { FeedMessage } from "../../relay/protocol/messages.ts";
import type { Clock, Timer } from "./clock.ts";
import { FeedClient } from "./feed-client.ts";
import type { FeedPosition, Ledger } from "./ledger.ts";
import {
  backgroundPullsMax,
  feedNotedEveryMs,
  gatherDirtyMostMs,
  gatherDirtyQuietMs,
  pullAgainMs,
  pullAttemptsMax,
} from "./limits.ts";
import type { DocumentId } from "./port.ts";
import { Pull } from "./pull.ts";
import type { ChunkStore, Pulled, PullParts } from "./pull.ts";

/** The connection to the relay, as far as documents are concerned that nobody has open. */
export interface BackgroundLink {
  /** Of a relay of ours heads that it tells are on its disk, and it has a feed. */
  readonly isDeckle: boolean;
  /** A sync message; `isRequest` where nothing of the document is here. */
  sync(document: DocumentId, data: Uint8Array, isRequest: boolean): void;
  /** The relay is to send nothing of a document any more. */
  leave(document: DocumentId): void;
  askFeed(position: FeedPosition): void;
}

export type BackgroundParts = {
  clock: Clock;
  storage: ChunkStore;
  ledger: Pick<Ledger, "here" | "setHere" | "receipt" | "set" | "unsent" | "documents" | "feed" | "setFeed">;
  /** Whether a document belongs where this engine is. */
  belongs: (document: DocumentId) => boolean;
  /** Whether it is open, or about to be: its session syncs it. */
  isOpen: (document: DocumentId) => boolean;
  /** Whether it is loaded for as long as the engine runs, as the lists are. */
  isAlwaysOpen: (document: DocumentId) => boolean;
  /** Tells main the blobs that a document names that nobody opens. */
  named: PullParts["named"];
};

export class Background {
  private readonly parts: BackgroundParts;
  private link: BackgroundLink | null = null;
  private feed: FeedClient | null = null;
  private readonly pulls = new Map<DocumentId, Pull>();
  /** To be synced now, with the heads that the relay has told; none where something is to be sent. */
  private readonly waiting = new Map<DocumentId, readonly string[]>();
  /** To be synced soon: somebody may be writing in them. */
  private readonly dirty = new Map<DocumentId, readonly string[]>();
  private dirtySince = 0;
  private dirtyTimer: Timer | null = null;
  /** Told of while they were open. */
  private readonly held = new Map<DocumentId, readonly string[]>();
  private readonly failures = new Map<DocumentId, number>();
  private noteTimer: Timer | null = null;
  private noted = "";
  /** The feed was read before, and not yet found to be another one on this connection. */
  private knowsFeed = false;
  /** Documents that the feed has named since it turned out to be another one; null where it did not. */
  private named: Set<DocumentId> | null = null;

  constructor(parts: BackgroundParts) {
    this.parts = parts;
  }

  /** Nothing is being synced, nor about to be. */
  get isIdle(): boolean {
    return this.pulls.size === 0 && this.dirty.size === 0 && (this.link === null || this.waiting.size === 0);
  }

  // The connection.

  async connected(link: BackgroundLink): Promise<void> {
    this.disconnected();
    this.link = link;
    this.sendUnsent();
    if (!link.isDeckle) return;
    const position = await this.parts.ledger.feed().catch((error: unknown) => {
      console.warn("how far the relay's feed was read is not known", error);
      return { epoch: "", after: 0 };
    });
    if (this.link !== link) return;
    this.noted = JSON.stringify(position);
    this.knowsFeed = position.epoch !== "";
    this.feed = new FeedClient(position);
    link.askFeed(position);
  }

  /** What is under way ends with what has come; the rest is told again by the next connection. */
  disconnected(): void {
    this.note();
    this.link = this.feed = this.named = null;
    for (const pull of this.pulls.values()) pull.stop();
    for (const one of [this.waiting, this.dirty, this.held, this.failures]) one.clear();
    this.dirtyTimer?.cancel();
    this.dirtyTimer = null;
  }

  /** Everything here that the relay lacks, and that nobody has open. */
  sendUnsent(): void {
    if (!this.link) return;
    for (const document of this.parts.ledger.unsent())
      if (this.parts.belongs(document) && !this.parts.isOpen(document)) this.queue(document, []);
    this.pump();
  }

  // What the relay says.

  /** A page of the feed, or what was new in it. */
  told(message: FeedMessage): void {
    const { feed } = this;
    if (!feed) return;
    const isLive = feed.isLevel;
    const { entries, isOther } = feed.take(message);
    if (isOther && this.knowsFeed) {
      this.named = new Set();
      this.knowsFeed = false;
    }
    for (const { documentId, heads } of entries) {
      this.named?.add(documentId);
      this.consider(documentId, heads, isLive);
    }
    if (feed.isLevel) this.compareReceipts();
    this.pump();
    this.noteLater();
  }

  /** A sync message of a document that is not open. */
  receive(document: DocumentId, data: Uint8Array): void {
    const pull = this.pulls.get(document);
    if (pull) return pull.receive(data);
    // It was left, and this came before the relay heard of it; or it is a relay that offers what it has.
    if (!this.parts.belongs(document)) return;
    const heads = headsIn(data);
    if (heads.length > 0 && !this.isHere(document, heads)) this.gather(document, heads);
  }

  unavailable(document: DocumentId): void {
    this.pulls.get(document)?.unavailable();
  }
  receipt(document: DocumentId, heads: readonly string[]): void {
    this.pulls.get(document)?.receipt(heads);
  }
  withheld(document: DocumentId): void {
    this.pulls.get(document)?.withheld();
  }

  // What happens here.

  /** Where a document is on its way of which nothing was here: resolves when that has come, or ended otherwise. */
  fetching(document: DocumentId): Promise<unknown> | null {
    const pull = this.pulls.get(document);
    return pull?.isFetching ? pull.ended : null;
  }

  /** Somebody opens a document: resolves when nothing of it is read or written here any more. */
  async giveUp(document: DocumentId): Promise<void> {
    for (const later of [this.waiting, this.dirty]) {
      const heads = later.get(document);
      if (heads) this.held.set(document, heads);
      later.delete(document);
    }
    const pull = this.pulls.get(document);
    if (!pull) return;
    if (pull.wanted.length > 0) this.held.set(document, pull.wanted);
    pull.stop();
    await pull.ended;
  }

  /** Whether a document is read or written here, maybe for the last time. */
  holds(document: DocumentId): boolean {
    return this.pulls.has(document);
  }

  /** Other heads are durable here than before. */
  saved(document: DocumentId): void {
    const heads = this.held.get(document);
    if (heads && this.isHere(document, heads)) this.finish(document);
  }

  /** Nobody has it open any more. */
  released(document: DocumentId): void {
    const heads = this.held.get(document);
    this.held.delete(document);
    if (!this.link) return;
    this.link.leave(document);
    if (this.parts.ledger.receipt(document)?.unsent) this.queue(document, heads ?? []);
    else if (heads) this.consider(document, heads, true);
    this.pump();
  }

  // Deciding.

  private isHere(document: DocumentId, heads: readonly string[]): boolean {
    const here = this.parts.ledger.here(document);
    return here !== undefined && heads.every((head) => here.includes(head));
  }

  /** @param isLive it has just been written: more will follow */
  private consider(document: DocumentId, heads: readonly string[], isLive: boolean): void {
    const { parts } = this;
    if (!parts.belongs(document) || parts.isAlwaysOpen(document) || heads.length === 0)
      return this.finish(document);
    if (this.isHere(document, heads)) return this.finish(document);
    const pull = this.pulls.get(document);
    if (pull?.isUnderWay) return pull.want(heads);
    if (parts.isOpen(document)) this.held.set(document, heads);
    else if (isLive) this.gather(document, heads);
    else this.queue(document, heads);
  }

  private queue(document: DocumentId, heads: readonly string[]): void {
    this.dirty.delete(document);
    // What the feed told of it is not forgotten because something is to be sent as well.
    if (heads.length > 0 || !this.waiting.has(document)) this.waiting.set(document, heads);
  }

  private gather(document: DocumentId, heads: readonly string[]): void {
    if (this.waiting.has(document)) return this.queue(document, heads);
    const now = this.parts.clock.now();
    if (this.dirty.size === 0) this.dirtySince = now;
    this.dirty.set(document, heads);
    this.dirtyTimer?.cancel();
    const leftMs = this.dirtySince + gatherDirtyMostMs - now;
    // The clock may have gone anywhere meanwhile.
    const wait = Math.max(0, Math.min(gatherDirtyQuietMs, leftMs));
    this.dirtyTimer = this.parts.clock.after(wait, () => {
      this.dirtyTimer = null;
      for (const [each, its] of this.dirty) this.queue(each, its);
      this.pump();
    });
  }

  // Syncing.

  private pump(): void {
    const { link } = this;
    if (!link) return;
    for (const [document, heads] of this.waiting) {
      if (this.pulls.size >= backgroundPullsMax) return;
      if (this.pulls.has(document)) continue; // it is ending, and tells
      this.waiting.delete(document);
      if (this.parts.isOpen(document)) this.held.set(document, heads);
      else this.start(document, heads, link);
    }
    if (!this.feed?.wantsMore) return;
    this.feed.askedAgain();
    link.askFeed(this.feed.position);
  }

  private start(document: DocumentId, heads: readonly string[], link: BackgroundLink): void {
    const pull = new Pull(document, heads, {
      clock: this.parts.clock,
      storage: this.parts.storage,
      here: this.parts.ledger.here(document) ?? [],
      shared: this.parts.ledger.receipt(document)?.heads ?? [],
      ask: (id, data, hasNothing) => {
        link.leave(id);
        link.sync(id, data, hasNothing);
      },
      say: (id, data) => link.sync(id, data, false),
      named: this.parts.named,
    });
    this.pulls.set(document, pull);
    void pull.ended.then((pulled) => this.ended(document, pulled, link));
  }

  private ended(document: DocumentId, pulled: Pulled, link: BackgroundLink): void {
    this.pulls.delete(document);
    if (this.link === link) link.leave(document);
    const { ledger } = this.parts;
    if (pulled.heads && pulled.heads.length > 0) ledger.setHere(document, pulled.heads);
    // Of a relay that is not ours nobody knows what it has on its disk.
    if (link.isDeckle && pulled.heads && pulled.relayHeads.length > 0)
      ledger.set(document, { heads: [...pulled.relayHeads], unsent: pulled.isUnsent });
    if (this.link === link) this.settle(document, pulled);
    this.pump();
    this.noteLater();
  }

  private settle(document: DocumentId, { outcome, error }: Pulled): void {
    if (outcome === "level" || outcome === "unavailable" || outcome === "withheld") {
      this.failures.delete(document);
      return this.finish(document);
    }
    if (outcome === "stopped") return;
    const failures = (this.failures.get(document) ?? 0) + 1;
    this.failures.set(document, failures);
    console.warn("a document was not synced", document, error);
    // The next connection tells of it again: the feed is not noted as read past it.
    if (failures >= pullAttemptsMax) return;
    const { link } = this;
    this.parts.clock.after(pullAgainMs * failures, () => {
      if (this.link !== link || this.parts.isOpen(document)) return;
      this.queue(document, this.waiting.get(document) ?? []);
      this.pump();
    });
  }

  /** What was told of a document is dealt with. */
  private finish(document: DocumentId): void {
    if (this.waiting.has(document) || this.dirty.has(document)) return;
    this.held.delete(document);
    this.feed?.done(document);
    this.noteLater();
  }

  /**
   * The relay's feed is another one than before: it was made anew, or brought back from a backup. What it had receipted
   * it may not have any more; of what the new feed did not name nobody else will tell.
   */
  private compareReceipts(): void {
    const { named, parts } = this;
    if (!named) return;
    this.named = null;
    for (const document of parts.ledger.documents()) {
      if (named.has(document) || !parts.belongs(document)) continue;
      parts.ledger.set(document, { heads: [], unsent: true });
    }
    this.sendUnsent();
  }

  // Noting.

  private noteLater(): void {
    if (!this.feed) return;
    this.noteTimer ??= this.parts.clock.after(feedNotedEveryMs, () => this.note());
  }

  private note(): void {
    this.noteTimer?.cancel();
    this.noteTimer = null;
    if (!this.feed) return;
    const { position } = this.feed;
    const words = JSON.stringify(position);
    // Before it has named all its documents it must not look like the one that is known.
    if (words === this.noted || this.named) return;
    this.noted = words;
    this.parts.ledger.setFeed(position).catch((error: unknown) => {
      console.warn("how far the relay's feed was read was not noted", error);
    });
  }
}

/** What a sync message says its sender has; nothing where it is none. */
function headsIn(data: Uint8Array): readonly string[] {
  try {
    return A.decodeSyncMessage(data).heads;
  } catch {
    return [];
  }
}

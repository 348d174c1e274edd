/**
 * Brings one document that nobody has open level with the relay: loads it, syncs it, keeps what came, lets go of it.
 *
 * Automerge's own sync and nothing else, without automerge-repo, which would keep the document and everything around it
 * in memory. What came is kept as one chunk beside those that were there, and before it ends: nothing that came is lost
 * where it is stopped halfway. While it runs the document is its own; whoever wants to open it stops it and waits.
 */
import * as A from "@automerge/automerge/slim";
import { concat } from "../../relay/protocol/cbor.ts";
import { blobsOfDocument } from "./blob-naming.ts";
import type { Clock, Timer } from "./clock.ts";
import { pullBeginningsMax, pullQuietMs, pullSilenceMs } from "./limits.ts";
import type { DocumentId } from "./port.ts";
import { changesBeyond } from "./unsent.ts";

/** A document's chunks on the disk. */
export interface ChunkStore {
  load(document: DocumentId): Promise<Uint8Array[]>;
  /** Resolves when it is durable. */
  append(document: DocumentId, bytes: Uint8Array): Promise<void>;
}

export type PullParts = {
  storage: ChunkStore;
  clock: Clock;
  /** Begins, or begins anew: the relay is to forget what it knew of this connection and the document. */
  ask(document: DocumentId, data: Uint8Array, hasNothing: boolean): void;
  say(document: DocumentId, data: Uint8Array): void;
  /** Main is to know the blobs of a document that nobody opens as well: it fetches them, and never collects them. */
  named(document: DocumentId, blobs: string[]): Promise<void>;
  /** Heads that were durable here once: those that are lacking now are not forgotten. */
  here: readonly string[];
  /** Heads that the relay is known to have had: what is beyond them is all that needs to be compared. */
  shared: readonly string[];
};

export type Pulled = {
  /**
   * `level`: the relay has nothing of it that is not here, nor here anything that the relay has not. `unavailable`: it
   * has none. `withheld`: it does not keep what was brought. `stopped`: it was given up. `failed`: `error` says why.
   */
  outcome: "level" | "unavailable" | "withheld" | "stopped" | "failed";
  /** What is durable here; null where that is not known. */
  heads: readonly string[] | null;
  /** Of that, what the relay has said it has; it is all in `heads` or before them. */
  relayHeads: readonly string[];
  /** Whether there is something that it has not. */
  isUnsent: boolean;
  error?: unknown;
};

export class Pull {
  readonly document: DocumentId;
  readonly ended: Promise<Pulled>;
  private readonly parts: PullParts;
  private readonly answered = Promise.withResolvers<Exclude<Pulled["outcome"], "failed">>();
  private doc: A.Doc<unknown> | null = null;
  private state = A.initSyncState();
  /** Heads that the relay has told. */
  wanted: readonly string[];
  private acknowledged: readonly string[] = [];
  /** The relay's last message brought nothing: it has said all that it has. */
  private hasSaidAll = false;
  private timer: Timer | null = null;
  private isOver = false;
  private begun = 0;
  private isNew = false;

  /** @param wanted heads that the relay has; none where something here is to be sent */
  constructor(document: DocumentId, wanted: readonly string[], parts: PullParts) {
    this.document = document;
    this.wanted = wanted;
    this.parts = parts;
    this.ended = this.run();
  }

  /** Whether it takes in what comes; else it is about to end. */
  get isUnderWay(): boolean {
    return !this.isOver;
  }

  /** It is being fetched: nothing of it was here. */
  get isFetching(): boolean {
    return this.isNew && !this.isOver;
  }

  /** The relay has come to other heads meanwhile. */
  want(heads: readonly string[]): void {
    this.wanted = heads;
    this.hasSaidAll = false;
    this.look();
  }

  /** A sync message. @throws never: what is none ends it */
  receive(data: Uint8Array): void {
    const { doc } = this;
    if (!doc || this.isOver) return;
    try {
      this.hasSaidAll = A.decodeSyncMessage(data).changes.length === 0;
      [this.doc, this.state] = A.receiveSyncMessage(doc, this.state, data);
      this.say();
    } catch (error) {
      return this.fail(error);
    }
    this.awaitWord();
    this.look();
  }

  /** The relay has these on its disk. */
  receipt(heads: readonly string[]): void {
    this.acknowledged = heads;
    this.look();
  }

  unavailable(): void {
    this.end("unavailable");
  }
  withheld(): void {
    this.end("withheld");
  }
  /** Ends it with what has come so far. */
  stop(): void {
    this.end("stopped");
  }

  private end(outcome: Exclude<Pulled["outcome"], "failed">): void {
    this.isOver = true;
    this.answered.resolve(outcome);
  }

  private fail(error: unknown): void {
    this.isOver = true;
    this.answered.reject(error);
  }

  private async run(): Promise<Pulled> {
    let loaded: readonly string[] | null = null;
    try {
      const chunks = await this.parts.storage.load(this.document);
      this.doc = A.loadIncremental(A.init(), concat(chunks));
      loaded = A.getHeads(this.doc);
      this.isNew = loaded.length === 0;
      if (!this.isOver) this.begin();
      const outcome = await this.answered.promise;
      const relayHeads = this.known();
      const isUnsent = changesBeyond(this.doc, relayHeads) > 0;
      const heads = await this.keep(this.doc, loaded);
      return { outcome, heads, relayHeads, isUnsent };
    } catch (error) {
      // What came with it and could not be kept comes again: the relay has it.
      return { outcome: "failed", heads: loaded, relayHeads: [], isUnsent: true, error };
    } finally {
      this.isOver = true;
      this.timer?.cancel();
      if (this.doc) A.free(this.doc);
      this.doc = null;
    }
  }

  private async keep(doc: A.Doc<unknown>, loaded: readonly string[]): Promise<readonly string[]> {
    const heads = A.getHeads(doc);
    const all = [...heads, ...this.parts.here.filter((head) => !A.hasHeads(doc, [head]))];
    if (heads.join() === loaded.join()) return all;
    await this.tellNamed(doc);
    const bytes = loaded.length === 0 ? A.save(doc) : A.saveSince(doc, [...loaded]);
    await this.parts.storage.append(this.document, bytes);
    return all;
  }

  /** Before it is kept: what is here has then said what it names. Text is not held up by a main that cannot be told. */
  private async tellNamed(doc: A.Doc<unknown>): Promise<void> {
    try {
      const blobs = blobsOfDocument(doc);
      if (blobs.size > 0) await this.parts.named(this.document, [...blobs]);
    } catch (error) {
      console.warn("main does not know yet which blobs a document names", this.document, error);
    }
  }

  private begin(): void {
    const { doc, parts } = this;
    if (!doc) return;
    if (++this.begun > pullBeginningsMax)
      return this.fail(new Error("the relay never says that this was all"));
    const sharedHeads = parts.shared.filter((head) => A.hasHeads(doc, [head]));
    this.state = { ...A.initSyncState(), sharedHeads } as A.SyncState;
    this.hasSaidAll = false;
    const [state, message] = A.generateSyncMessage(doc, this.state);
    this.state = state;
    if (message) parts.ask(this.document, message, A.getHeads(doc).length === 0);
    this.awaitWord();
  }

  private say(): void {
    if (!this.doc) return;
    const [state, message] = A.generateSyncMessage(this.doc, this.state);
    this.state = state;
    if (message) this.parts.say(this.document, message);
  }

  /** Heads of the relay's that are here. */
  private known(): string[] {
    const { doc } = this;
    if (!doc) return [];
    const told = [...new Set([...(this.state.theirHeads ?? []), ...this.acknowledged])];
    return told.filter((head) => A.hasHeads(doc, [head]));
  }

  private has(heads: readonly string[]): boolean {
    return this.doc !== null && A.hasHeads(this.doc, [...heads]);
  }

  private look(): void {
    const { doc } = this;
    if (!doc || this.isOver) return;
    const theirs = this.state.theirHeads;
    // Until it has said anything there is nothing to go by.
    if (!theirs || !this.has(theirs) || changesBeyond(doc, this.known()) > 0) return;
    const isAll = this.wanted.length > 0 && this.has(this.wanted);
    if (isAll || this.hasSaidAll) this.end("level");
    // A long history comes in pieces, each with heads of its own. Whether this was the last only asking tells.
    else if (this.wanted.length === 0) this.begin();
    else this.wait(pullQuietMs, () => this.begin());
  }

  private awaitWord(): void {
    this.wait(pullSilenceMs, () => this.fail(new Error("the relay said nothing of it")));
  }

  private wait(ms: number, run: () => void): void {
    this.timer?.cancel();
    this.timer = this.parts.clock.after(ms, run);
  }
}

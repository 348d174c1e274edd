/**
 * The engine: one per profile, in a SharedWorker. It holds the open documents' sessions, the
 * library and the relay link, and answers windows (`port.ts`). Windows come and go; it goes on.
 */
import type * as A from "@automerge/automerge/slim";
import type { DocHandle, DocumentId as RepoId, Repo } from "@automerge/automerge-repo/slim";
import { emptyDocument, firstBlock, hasTexts, runOperations } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import { parseMarkdown } from "../document/markdown-parse.ts";
import { operationsFor } from "../document/operations.ts";
import type { Operation } from "../document/operations.ts";
import { isDocumentId } from "../../relay/protocol/ids.ts";
import type { Role } from "../../relay/protocol/roles.ts";
import type { Author } from "./author.ts";
import type { Clock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import type { Library } from "./library.ts";
import { changeUnitsMax, markdownUnitsMax, missingAfterMs, repoSaveMs, titleUnitsMax } from "./limits.ts";
import type {
  Access,
  DocumentId,
  FromEngine,
  FromWindow,
  LibraryEntry,
  Receiving,
  RelayState,
  Withheld,
} from "./port.ts";
import { Questions } from "./questions.ts";
import type { Renderings } from "./renderings.ts";
import { portions } from "./portions.ts";
import { DocumentSession } from "./session.ts";
import type { Audience } from "./session.ts";
import { changesBeyond, saysMore } from "./unsent.ts";

export type EngineParts = {
  repo: Repo;
  ledger: Ledger;
  renderings: Renderings;
  clock: Clock;
  random: () => number;
  newId: () => string;
  hasRelay: boolean;
  author: Author;
  /** What the relay last said that this device may do where it is; null where that was never said, or is everything. */
  role: Role | null;
  /** Keeps it for the next start. */
  keepRole: (role: Role) => Promise<void>;
};

type Window = Audience & { documents: Set<DocumentId> };

export class Engine {
  private readonly parts: EngineParts;
  private readonly windows = new Set<Window>();
  private readonly sessions = new Map<DocumentId, DocumentSession>();
  private readonly opening = new Map<DocumentId, Promise<DocumentSession>>();
  /** Of those, the ones that are not here and are waited for. */
  private readonly missing = new Set<DocumentId>();
  /** Documents loaded only until the relay has them. */
  private readonly delivering = new Map<DocumentId, DocHandle<DeckleDocument>>();
  private readonly engineId: string;
  /** A number a client, and a client is a document opened in a window: small enough to keep them all. */
  private readonly taken = new Map<string, number>();
  private library: Library | null = null;
  private readonly opened = Promise.withResolvers<Library>();
  private relay: RelayState;
  private readonly receiving = new Map<string, Receiving>();
  private sendingBytes = 0;
  private access: Access | null;
  /** By document, why the relay did not keep what it was brought on this connection. */
  private readonly refusals = new Map<DocumentId, Withheld>();
  readonly questions: Questions;

  constructor(parts: EngineParts) {
    this.parts = parts;
    this.engineId = parts.newId();
    this.questions = new Questions(parts.clock, (message) => this.tellOne(message));
    this.access = !parts.hasRelay
      ? { kind: "free" }
      : parts.role === null
        ? null
        : { kind: "member", role: parts.role };
    this.relay = parts.hasRelay ? { state: "connecting" } : { state: "none" };
  }

  /** The library is open: windows that waited are told. */
  start(library: Library): void {
    this.library = library;
    this.opened.resolve(library);
    this.libraryChanged(library.entries());
    if (this.relay.state === "connected") void this.deliver();
  }

  // Windows.

  /** @returns what to call with each of the window's messages */
  connect(send: (message: FromEngine) => void): (message: FromWindow) => void {
    const window: Window = { send, documents: new Set() };
    this.windows.add(window);
    send({ type: "relay", relay: this.relay });
    send({ type: "sending", bytes: this.sendingBytes });
    if (this.access) send({ type: "access", access: this.access });
    this.questions.repeat(send);
    if (this.library) send({ type: "library", entries: this.library.entries() });
    return (message) => this.receive(window, message);
  }

  private receive(window: Window, message: FromWindow): void {
    switch (message.type) {
      case "open":
        void this.open(window, message.document, message.clientId, message.rendering);
        return;
      case "close":
        this.close(window, message.document);
        return;
      case "steps":
        this.sessions.get(message.document)?.receive(window, message);
        return;
      case "title":
        this.sessions.get(message.document)?.receiveTitle(message.base, message.value);
        return;
      case "create":
        void this.answer(window, message.request, () =>
          this.create(message.title, [firstBlock], message.title === ""),
        );
        return;
      case "import":
        void this.answer(window, message.request, () => this.importMarkdown(message.name, message.markdown));
        return;
      case "flush":
        void this.done(window, message.request, () => this.saveAll());
        return;
      case "ticket":
      case "history-imported":
        this.questions.receive(message);
        return;
      case "hand-over":
        void this.done(window, message.request, async () => {
          await this.saveAll();
          await this.needLibrary().handOver(message.document, message.workspace);
        });
        return;
      case "take-back":
        void this.done(window, message.request, () => this.needLibrary().takeBack(message.workspace));
        return;
      case "bye":
        for (const document of window.documents) this.close(window, document);
        this.windows.delete(window);
    }
  }

  private tell(message: FromEngine): void {
    for (const window of this.windows) window.send(message);
  }

  /** The window that came last: it is the least likely to be gone without a word. */
  private tellOne(message: FromEngine): void {
    [...this.windows].at(-1)?.send(message);
  }

  /** Tells those that have a document open, or wait for it. */
  private tellOf(document: DocumentId, message: FromEngine): void {
    for (const window of this.windows) if (window.documents.has(document)) window.send(message);
  }

  // Documents.

  private async open(
    window: Window,
    document: DocumentId,
    clientId: string,
    rendering: string | null,
  ): Promise<void> {
    if (!isDocumentId(document)) {
      window.send({ type: "unreadable", document, reason: "That is not the id of a document." });
      return;
    }
    // Also a window that remembers it: opening it here would make it this place's.
    if (this.library && !this.library.isHere(document)) {
      window.send({ type: "missing", document });
      return;
    }
    window.documents.add(document);
    const receiving = this.receiving.get(document);
    if (receiving) window.send({ type: "receiving", document, receiving });
    if (this.missing.has(document)) window.send({ type: "missing", document });
    try {
      const session = await this.session(document);
      if (window.documents.has(document)) session.join(window, clientId, rendering);
      else if (!session.hasAudience) void this.closeSession(session);
    } catch (error) {
      console.error("a document did not open", document, error);
      window.send({
        type: "unreadable",
        document,
        reason: `The document could not be opened (${String(error)}).`,
      });
    }
  }

  /** The session of a document; waits, after saying so, for one that is not here yet. */
  private session(document: DocumentId): Promise<DocumentSession> {
    const open = this.sessions.get(document);
    if (open) return Promise.resolve(open);
    const known = this.opening.get(document);
    if (known) return known;
    const opening = this.openSession(document).finally(() => {
      this.opening.delete(document);
      this.missing.delete(document);
    });
    this.opening.set(document, opening);
    return opening;
  }

  private async openSession(document: DocumentId): Promise<DocumentSession> {
    const { repo } = this.parts;
    const handle = await this.find(document);
    if (!handle.isReady()) await this.arrival(handle);
    this.delivering.delete(document);
    if (!hasTexts(handle.doc())) throw new Error("it is not a Deckle document");
    this.parts.author.sign(handle);
    this.parts.ledger.claim(document);
    const session = new DocumentSession(handle, {
      ...this.parts,
      engineId: this.engineId,
      taken: this.taken,
      save: (id) => repo.flush([id as RepoId]),
      hasRelay: () => this.parts.hasRelay,
      withheld: (id, lacksOwn) => this.withheld(id, lacksOwn),
      edited: (id, title) => this.library?.edited(id, title),
      settled: (id, title) => this.library?.settled(id, title),
    });
    this.sessions.set(document, session);
    return session;
  }

  /** Waits for a document that is not on the disk, and says so unless the relay has it here in a moment. */
  private async arrival(handle: DocHandle<DeckleDocument>): Promise<void> {
    const document = handle.documentId;
    const soon = this.parts.clock.after(missingAfterMs, () => {
      this.missing.add(document);
      this.tellOf(document, { type: "missing", document });
    });
    await whenReady(handle);
    soon.cancel();
  }

  /** A document from the disk, or still asked for. One whose reading failed is forgotten, to be read anew next time. */
  private async find(document: DocumentId): Promise<DocHandle<DeckleDocument>> {
    const { repo } = this.parts;
    try {
      return await repo.find<DeckleDocument>(document as RepoId, {
        // Over a slow line a large document is being asked for until all of it is here.
        allowableStates: ["ready", "requesting", "unavailable"],
      });
    } catch (error) {
      repo.handles[document as RepoId]?.unload();
      await repo.removeFromCache(document as RepoId);
      throw error;
    }
  }

  private close(window: Window, document: DocumentId): void {
    window.documents.delete(document);
    const session = this.sessions.get(document);
    session?.leave(window);
    if (session && !session.hasAudience) void this.closeSession(session);
  }

  private async closeSession(session: DocumentSession): Promise<void> {
    try {
      await session.flush();
    } catch (error) {
      console.error("a document stays open: it could not be saved", error);
      return;
    }
    if (session.hasAudience || this.sessions.get(session.document) !== session) return;
    this.sessions.delete(session.document);
    await session.close();
    // Its changes go on to the relay from the repo; the document is let go once they are there.
    if (this.parts.ledger.receipt(session.document)?.unsent && this.parts.hasRelay) {
      const handle = this.parts.repo.handles[session.document as RepoId];
      if (handle) this.delivering.set(session.document, handle as DocHandle<DeckleDocument>);
    } else this.releaseLater(session.document);
  }

  /** After automerge-repo's own save timer: what that would write later is an older state than ours. */
  private releaseLater(document: DocumentId): void {
    this.parts.clock.after(2 * repoSaveMs, () => void this.release(document));
  }

  private async release(document: DocumentId): Promise<void> {
    if (this.sessions.has(document) || this.opening.has(document) || this.delivering.has(document)) return;
    const handle = this.parts.repo.handles[document as RepoId];
    if (!handle?.isReady()) return;
    // automerge-repo saves on this event; what it would save after the removal is an empty document.
    handle.removeAllListeners("heads-changed");
    await this.parts.repo.removeFromCache(document as RepoId);
  }

  // Making documents.

  private async answer(window: Window, request: number, make: () => Promise<DocumentId>): Promise<void> {
    try {
      window.send({ type: "created", request, document: await make() });
    } catch (error) {
      console.error("a document was not made", error);
      window.send({
        type: "failed",
        request,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** @param isBlank nothing was written in it yet: others need not see it */
  private async create(
    title: string,
    operations: readonly Operation[],
    isBlank: boolean,
  ): Promise<DocumentId> {
    const library = this.needLibrary();
    const clean = title.slice(0, titleUnitsMax).toWellFormed();
    const handle = this.parts.author.create<DeckleDocument>(this.parts.repo, emptyDocument(clean));
    for (const portion of portions(operations, changeUnitsMax))
      handle.change((draft) => runOperations(draft, portion));
    // Before the disk has it: a relay may be quicker, and a receipt for what is not in the ledger counts for nothing.
    this.parts.ledger.set(handle.documentId, { heads: [], unsent: true });
    await this.parts.repo.flush([handle.documentId]);
    library.add(handle.documentId, clean, isBlank);
    return handle.documentId;
  }

  private async importMarkdown(name: string, markdown: string): Promise<DocumentId> {
    if (markdown.length > markdownUnitsMax)
      throw new Error(
        `“${name}” is too large to import (the limit is ${markdownUnitsMax / 1024 / 1024} million characters).`,
      );
    const { title, doc } = parseMarkdown(markdown, this.parts.newId);
    return this.create(title || name.replace(/\.(md|markdown|mdown|txt)$/i, ""), operationsFor(doc), false);
  }

  /** Does what a window asked for, and says when it is durable, or why it is not. */
  private async done(window: Window, request: number, run: () => Promise<void>): Promise<void> {
    try {
      await run();
      window.send({ type: "flushed", request });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      window.send({ type: "failed", request, message });
    }
  }

  private async saveAll(): Promise<void> {
    await Promise.all([...this.sessions.values()].map((session) => session.flush()));
    await this.parts.repo.flush(this.library?.lists as RepoId[] | undefined);
  }

  private needLibrary(): Library {
    if (!this.library) throw new Error("Deckle is still opening your library. Please try again in a moment.");
    return this.library;
  }

  readonly libraryChanged = (entries: LibraryEntry[]): void => this.tell({ type: "library", entries });

  // The relay.

  readonly relayEvents = {
    state: (relay: RelayState): void => {
      this.relay = relay;
      this.tell({ type: "relay", relay });
      if (relay.state === "refused") this.allowed({ kind: "member", role: "revoked" });
      if (relay.state !== "connected") return;
      void this.listMade();
      // On a new connection it says again what it does not keep.
      this.refusals.clear();
      for (const session of this.sessions.values()) session.relayConnected();
      void this.deliver();
    },
    role: (role: Role | null): void => {
      this.allowed(role === null ? { kind: "free" } : { kind: "member", role });
      if (role !== null)
        this.parts.keepRole(role).catch((error: unknown) => console.warn("a role was not noted", error));
    },
    withheld: (document: string, why: Withheld): void => {
      this.refusals.set(document, why);
      this.sessions.get(document)?.tellStatus();
    },
    takes: (document: string): boolean => this.library?.isHere(document) ?? false,
    workspace: (workspace: string): void => {
      this.opened.promise
        .then((library) => library.met(workspace))
        .then(() => this.deliver())
        .catch((error: unknown) => console.error("the relay's workspace did not open", error));
    },
    receipt: (document: string, heads: readonly string[]): void => this.received(document, heads),
    told: (document: string, heads: readonly string[]): void => this.told(document, heads),
    receiving: (document: string, receiving: Receiving | null): void => {
      if (receiving) this.receiving.set(document, receiving);
      else this.receiving.delete(document);
      this.tellOf(document, { type: "receiving", document, receiving });
    },
    sending: (bytes: number): void => {
      this.sendingBytes = bytes;
      this.tell({ type: "sending", bytes });
    },
    beforeChanges: (document: string): void => {
      try {
        this.sessions.get(document)?.write();
      } catch (error) {
        // What comes in must be applied all the same: it is not sent twice.
        console.error("what was typed was not written", document, error);
      }
    },
  };

  /** Whether this device may write where it is, as far as it knows. */
  get mayWrite(): boolean {
    const { access } = this;
    return access?.kind !== "member" || access.role === "editor" || access.role === "owner";
  }

  private allowed(access: Access): void {
    this.access = access;
    this.tell({ type: "access", access });
    for (const session of this.sessions.values()) session.tellStatus();
  }

  /**
   * @param lacksOwn whether this device wrote some of what the relay lacks: others' words come back from it. Asked only
   *   where it counts, for it looks through changes and this runs with each word of the status
   */
  private withheld(document: DocumentId, lacksOwn: () => boolean): Withheld | null {
    const { access } = this;
    // Of a device that is out nothing is refused: it does not connect. The words about the relay say so.
    if (access?.kind === "member" && access.role === "revoked") return null;
    return this.refusals.get(document) ?? (!this.mayWrite && lacksOwn() ? "read-only" : null);
  }

  /** Lists for all what was made or handed over while the relay was not there, or could not be written to. */
  private async listMade(): Promise<void> {
    try {
      const isMore = await this.library?.connected(async (document) => {
        const failure = await this.questions.importHistory(document);
        if (failure !== null) console.warn("a history was not imported", document, failure);
        return failure === null;
      });
      if (isMore) await this.deliver();
    } catch (error) {
      console.error("what was made here is not listed yet", error);
    }
  }

  /** Loads the documents that have changes the relay lacks, for the repo to sync them. */
  private async deliver(): Promise<void> {
    for (const document of this.parts.ledger.unsent()) {
      if (this.sessions.has(document) || this.delivering.has(document)) continue;
      try {
        const handle = await this.parts.repo.find<DeckleDocument>(document as RepoId);
        this.delivering.set(document, handle);
      } catch (error) {
        console.warn("a document that is to be sent did not load", document, error);
      }
    }
  }

  private told(document: string, heads: readonly string[]): void {
    const session = this.sessions.get(document);
    if (session) return session.toldHeads(heads);
    const handle = this.parts.repo.handles[document as RepoId];
    const known = this.parts.ledger.receipt(document)?.heads;
    if (known && handle?.isReady() && saysMore(handle.doc() as A.Doc<unknown>, heads, known))
      this.received(document, heads);
  }

  private received(document: string, heads: readonly string[]): void {
    const session = this.sessions.get(document);
    if (session) return session.receipt(heads);
    // Without a session: a document that is being delivered, or was just made and is not open yet.
    const handle = this.delivering.get(document) ?? this.parts.repo.handles[document as RepoId];
    if (!handle?.isReady() || !this.parts.ledger.receipt(document)) return;
    const unsent = changesBeyond(handle.doc() as A.Doc<unknown>, heads) > 0;
    this.parts.ledger.set(document, { heads: [...heads], unsent });
    if (unsent || !this.delivering.delete(document)) return;
    this.releaseLater(document);
  }
}

/** Waits until a document that was nowhere arrives from the relay. */
function whenReady(handle: DocHandle<DeckleDocument>): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!handle.isReady()) return;
      handle.off("heads-changed", look);
      resolve();
    };
    handle.on("heads-changed", () => queueMicrotask(look));
    look();
  });
}

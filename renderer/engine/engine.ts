/**
 * The engine: one per profile, in a SharedWorker. It holds the open documents' sessions, the
 * library and the relay link, and answers windows (`port.ts`). Windows come and go; it goes on.
 */
import * as A from "@automerge/automerge/slim";
import type { DocHandle, DocumentId as RepoId, Repo } from "@automerge/automerge-repo/slim";
import {
  emptyDocument,
  firstBlock,
  hasTexts,
  runOperations,
  spliceTitle,
  titleText,
} from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import { parseMarkdown } from "../document/markdown-parse.ts";
import { operationsFor } from "../document/operations.ts";
import type { Operation } from "../document/operations.ts";
import { isDocumentId } from "../../relay/protocol/ids.ts";
import type { Role } from "../../relay/protocol/roles.ts";
import type { FeedMessage } from "../../relay/protocol/messages.ts";
import type { Author } from "./author.ts";
import { Background } from "./background.ts";
import type { BackgroundLink } from "./background.ts";
import type { Clock, Timer } from "./clock.ts";
import type { BlobPlace } from "../../electron/keep.ts";
import type { Copy } from "./copy.ts";
import type { Journal } from "./journal.ts";
import type { DocumentMessage } from "./gathering.ts";
import type { Ledger } from "./ledger.ts";
import { LettingGo } from "./letting-go.ts";
import type { Library } from "./library.ts";
import { changeUnitsMax, markdownUnitsMax, missingAfterMs, repoSaveMs, titleUnitsMax } from "./limits.ts";
import { Memory } from "./memory.ts";
import { Mirroring } from "./mirroring.ts";
import type { ReadableText } from "./mirroring.ts";
import type {
  Access,
  DocumentId,
  DocumentStatus,
  FromEngine,
  FromWindow,
  LibraryEntry,
  Receiving,
  RelayState,
  WhereEntry,
  Withheld,
} from "./port.ts";
import { Questions } from "./questions.ts";
import type { ChunkStore } from "./pull.ts";
import { relist } from "./relisting.ts";
import type { Renderings } from "./renderings.ts";
import { portions } from "./portions.ts";
import { DocumentSession } from "./session.ts";
import type { Audience } from "./session.ts";
import { readStored } from "./stored.ts";
import type { Storage } from "./storage.ts";
import { changesBeyond, knownOf, saysMore } from "./unsent.ts";
import { checkStorage, where } from "./whereabouts.ts";

export type EngineParts = {
  repo: Repo;
  /** What the repo keeps on the disk, for documents that it has not open. */
  chunks: ChunkStore;
  ledger: Ledger;
  renderings: Renderings;
  clock: Clock;
  random: () => number;
  newId: () => string;
  hasRelay: boolean;
  author: Author;
  copy: Pick<Copy, "named" | "backup">;
  /** What the relay last said that this device may do where it is; null where that was never said, or is everything. */
  role: Role | null;
  /** Keeps it for the next start. */
  keepRole: (role: Role) => Promise<void>;
  storage: Storage;
  journal: Journal;
  /** Whether the browser has promised to keep its storage when the disk is full. */
  persisted: () => Promise<boolean>;
  /** Where this engine is; null in the private workspace. */
  place: BlobPlace | null;
  /** The lock that this engine holds for as long as it lives. */
  lock: string;
  /** Where the engine may end to have less memory: how much Automerge has, and what ends it. */
  memory?: { bytes: () => number; end: () => void };
  /** Who keeps the readable copy; absent where nobody could. */
  mirror?: Pick<Copy, "mirror" | "mirrors">;
};

type Window = Audience & {
  /** What it has open, or wants to; see `open` in port.ts. */
  documents: Map<DocumentId, Pick<Extract<FromWindow, { type: "open" }>, "clientId" | "keeps">>;
};

export class Engine {
  private readonly parts: EngineParts;
  private readonly windows = new Set<Window>();
  private readonly sessions = new Map<DocumentId, DocumentSession>();
  private readonly opening = new Map<DocumentId, Promise<DocumentSession>>();
  /** Of those, what the relay has told to have of them meanwhile. */
  private readonly toldEarly = new Map<DocumentId, readonly string[]>();
  /** Of those, the ones that are not here and are waited for. */
  private readonly missing = new Set<DocumentId>();
  /** Documents that the repo is about to have let go of. */
  private readonly releasing = new Map<DocumentId, Promise<void>>();
  /** What lets go of documents that were just closed. */
  private readonly releaseTimers = new Map<DocumentId, Timer>();
  private readonly background: Background;
  private link: BackgroundLink | null = null;
  private readonly lettingGo: LettingGo;
  private memory: Memory | null = null;
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
  private readonly mirroring: Mirroring | null;
  readonly questions: Questions;

  constructor(parts: EngineParts) {
    this.parts = parts;
    this.engineId = parts.newId();
    this.mirroring = parts.mirror
      ? new Mirroring({
          copy: parts.mirror,
          clock: parts.clock,
          documents: () => this.library?.entries().map(({ document }) => document) ?? [],
          headsOf: (document) => parts.ledger.here(document),
          read: (document) => this.readable(document),
        })
      : null;
    this.background = new Background({
      clock: parts.clock,
      ledger: parts.ledger,
      storage: parts.chunks,
      belongs: (document) => this.library?.isHere(document) ?? false,
      isOpen: (document) => this.isOpen(document),
      isAlwaysOpen: (document) => this.library?.lists.includes(document) ?? false,
      named: (document, blobs) => parts.copy.named(document, { blobs, place: this.placeOf(document) }),
    });
    this.lettingGo = new LettingGo(parts.repo);
    parts.ledger.onHere = (document) => {
      this.background.saved(document);
      this.mirroring?.stored(document);
    };
    this.questions = new Questions(parts.clock, (message) => this.tellOne(message));
    this.access = !parts.hasRelay
      ? { kind: "free" }
      : parts.role === null
        ? null
        : { kind: "member", role: parts.role };
    this.relay = parts.hasRelay ? { state: "connecting" } : { state: "none" };
    parts.storage.onChange((document) => this.sessions.get(document)?.tellStatus());
  }

  /** The library is open: windows that waited are told. */
  start(library: Library): void {
    this.library = library;
    this.opened.resolve(library);
    this.libraryChanged(library.entries());
    void relist(library, this.parts.chunks, this.parts.author);
    void this.mirroring?.start();
    if (this.relay.state === "connected") this.deliver();
    const { memory, clock } = this.parts;
    if (!memory) return;
    this.memory = new Memory({
      clock,
      bytes: memory.bytes,
      isAtRest: () => this.isAtRest,
      retire: () => this.retire(memory.end),
    });
  }

  /** What the relay's events come from. */
  attach(link: BackgroundLink): void {
    this.link = link;
  }

  // Windows.

  /** @returns what to call with each of the window's messages */
  connect(send: (message: FromEngine) => void): (message: FromWindow) => void {
    const window: Window = { send, documents: new Map() };
    this.windows.add(window);
    send({ type: "engine", lock: this.parts.lock });
    send({ type: "relay", relay: this.relay });
    send({ type: "sending", bytes: this.sendingBytes });
    if (this.access) send({ type: "access", access: this.access });
    this.questions.repeat(send);
    if (this.library) send({ type: "library", entries: this.library.entries() });
    return (message) => this.receive(window, message);
  }

  private receive(window: Window, message: FromWindow): void {
    this.memory?.busy();
    switch (message.type) {
      case "open":
        void this.open(window, message);
        return;
      case "close":
        this.close(window, message.document);
        return;
      case "steps":
        this.sessions.get(message.document)?.receive(window, message);
        return;
      case "title":
        this.sessions.get(message.document)?.receiveTitle(message.clientId, message.base, message.value);
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
      case "where":
        window.send({ type: "where", request: message.request, documents: this.where() });
        return;
      case "check-storage":
        void this.checkStorage(window, message.request);
        return;
      case "copy-from-backup":
        void this.answer(window, message.request, () => this.copyFromBackup(message));
        return;
      case "mirror-changed":
        void this.mirroring?.start();
        return;
      case "bye":
        for (const document of window.documents.keys()) this.close(window, document);
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

  private async open(window: Window, opening: Extract<FromWindow, { type: "open" }>): Promise<void> {
    const { document, clientId, keeps } = opening;
    if (!isDocumentId(document)) {
      window.send({ type: "unreadable", document, reason: "That is not the id of a document." });
      return;
    }
    // Also a window that remembers it: opening it here would make it this place's.
    if (this.library && !this.library.isHere(document)) {
      window.send({ type: "missing", document, isDamaged: false });
      return;
    }
    window.documents.set(document, { clientId, keeps });
    const receiving = this.receiving.get(document);
    if (receiving) window.send({ type: "receiving", document, receiving });
    if (this.missing.has(document))
      window.send({ type: "missing", document, isDamaged: this.parts.storage.isDamaged(document) });
    try {
      const session = await this.session(document);
      if (window.documents.has(document)) session.join(window, opening, clientsIn(this.openings(document)));
      else this.left(session);
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
    const begin = (): Promise<DocumentSession> => this.openSession(document);
    const opening = (this.memory?.opening(document, begin) ?? begin()).finally(() => {
      this.opening.delete(document);
      this.missing.delete(document);
      this.toldEarly.delete(document);
    });
    this.opening.set(document, opening);
    return opening;
  }

  private async openSession(document: DocumentId): Promise<DocumentSession> {
    const { repo, storage } = this.parts;
    // Begun anew it would take as long once more, and there is nothing to show before.
    const fetching = this.background.fetching(document);
    if (fetching) await this.arrival(document, fetching);
    await this.background.giveUp(document);
    await this.releasing.get(document);
    const handle = await this.find(document);
    if (!handle.isReady()) await this.arrival(document, whenReady(handle));
    const journal = await this.parts.journal.read(document).catch((error: unknown) => {
      console.warn("the journal cannot be read", document, error);
      return [];
    });
    if (!hasTexts(handle.doc())) {
      if (!this.isDamaged(document)) throw new Error("it is not a Deckle document");
      await this.mended(handle);
    }
    const unsigned = this.parts.author.sign(handle);
    // automerge-repo may have it in its save timer.
    if (unsigned) this.parts.clock.after(2 * repoSaveMs, () => void this.lettingGo.free(document, unsigned));
    this.parts.ledger.claim(document);
    const session = new DocumentSession(handle, {
      ...this.parts,
      engineId: this.engineId,
      taken: this.taken,
      save: (id) => {
        const saved = Promise.all([repo.flush([id as RepoId]), storage.backHere(id)]);
        return storage.orFailing(
          id,
          saved.then(() => undefined),
        );
      },
      hasRelay: () => this.parts.hasRelay,
      placeOf: (id) => this.placeOf(id),
      withheld: (id, lacksOwn) => this.withheld(id, lacksOwn),
      edited: (id, title) => this.library?.edited(id, title),
      changed: (id, read) => this.mirroring?.changed(id, read),
      settled: (id, title, blank) => this.library?.settled(id, title, blank),
    });
    this.sessions.set(document, session);
    const told = this.toldEarly.get(document);
    if (told) session.toldHeads(told);
    const kept = this.openings(document).filter(({ keeps }) => keeps);
    await session.replay(journal, clientsIn(kept));
    return session;
  }

  /** Waits for a document that is not on the disk, and says so unless the relay has it here in a moment. */
  private async arrival(document: DocumentId, arrived: Promise<unknown>): Promise<void> {
    const soon = this.parts.clock.after(missingAfterMs, () => {
      this.missing.add(document);
      this.tellOf(document, {
        type: "missing",
        document,
        isDamaged: this.parts.storage.isDamaged(document),
      });
    });
    await arrived;
    soon.cancel();
  }

  /** Of what is here not even the beginning can be read: waits for the relay to send it. */
  private async mended(handle: DocHandle<DeckleDocument>): Promise<void> {
    const document = handle.documentId;
    this.missing.add(document);
    this.tellOf(document, { type: "missing", document, isDamaged: true });
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!hasTexts(handle.doc())) return;
        handle.off("heads-changed", look);
        resolve();
      };
      handle.on("heads-changed", look);
      look();
    });
  }

  private isDamaged(document: DocumentId): boolean {
    const known = this.parts.ledger.here(document) ?? [];
    return this.parts.storage.isDamaged(document) || known.length > 0;
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
    if (!session) return;
    session.leave(window);
    this.left(session);
  }

  private openings(document: DocumentId): { clientId: string; keeps: boolean }[] {
    return [...this.windows].flatMap(({ documents }) => documents.get(document) ?? []);
  }

  private left(session: DocumentSession): void {
    session.takeUpOrphaned(clientsIn(this.openings(session.document)));
    if (!session.hasAudience) void this.closeSession(session);
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
    // What the relay does not have by then goes to it from the background.
    this.releaseLater(session.document);
  }

  /** Whether the repo has a document, or is about to. */
  private isOpen(document: DocumentId): boolean {
    return this.opening.has(document) || this.parts.repo.handles[document as RepoId] !== undefined;
  }

  /** After automerge-repo's own save timer: what that would write later is an older state than ours. */
  private releaseLater(document: DocumentId): void {
    this.releaseTimers.get(document)?.cancel();
    const timer = this.parts.clock.after(2 * repoSaveMs, () => {
      this.releaseTimers.delete(document);
      const released = this.release(document).catch((error: unknown) => {
        console.warn("a document was not let go of", document, error);
      });
      this.releasing.set(document, released);
      void released.then(() => this.releasing.delete(document));
    });
    this.releaseTimers.set(document, timer);
  }

  private async release(document: DocumentId): Promise<void> {
    if (this.sessions.has(document) || this.opening.has(document)) return;
    const handle = this.parts.repo.handles[document as RepoId];
    if (!handle?.isReady() || this.library?.lists.includes(document)) return;
    // automerge-repo saves on this event; what it would save after the removal is an empty document.
    handle.removeAllListeners("heads-changed");
    const doc = handle.doc();
    await this.parts.repo.removeFromCache(document as RepoId);
    this.lettingGo.free(document, doc as A.Doc<unknown>);
    this.memory?.closing(document);
    this.background.released(document);
  }

  // Memory.

  private get isAtRest(): boolean {
    const { opening, releasing, background, questions } = this;
    return opening.size === 0 && releasing.size === 0 && background.isIdle && questions.isIdle;
  }

  /** Everything is durable, and nobody has said anything since: windows start another engine, and notice nothing. */
  private async retire(end: () => void): Promise<void> {
    await this.saveAll();
    if (!this.isAtRest || !this.memory?.isQuiet) return;
    this.memory.stop();
    this.tell({ type: "retiring" });
    end();
  }

  /** Whose relay has its blobs; null where the document is on this device only. */
  private placeOf(document: DocumentId): BlobPlace | null {
    return this.library?.isHere(document) ? this.parts.place : null;
  }

  /** For the readable copy, without opening it. */
  private async readable(document: DocumentId): Promise<ReadableText | null> {
    const session = this.sessions.get(document);
    return session ? session.readable() : readStored(this.parts.repo, document);
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
    return this.keepMade(library, handle, clean, isBlank);
  }

  /** A document that was just made is durable, and so is that it was made here, before it is listed and said to be there. */
  private async keepMade(
    library: Library,
    handle: DocHandle<DeckleDocument>,
    title: string,
    isBlank: boolean,
  ): Promise<DocumentId> {
    const { ledger, storage, repo } = this.parts;
    const { documentId } = handle;
    const unknown = { heads: [], unsent: true };
    // Before the disk has it: a relay may be quicker, and a receipt for what is not in the ledger counts for nothing.
    ledger.set(documentId, unknown);
    await storage.orFailing(documentId, repo.flush([documentId]));
    // By this the next engine lists it, should its entry not get to the disk.
    await ledger.setDurably(documentId, ledger.receipt(documentId) ?? unknown);
    ledger.setHere(documentId, A.getHeads(handle.doc()));
    library.add(documentId, title, isBlank);
    await this.saveLists();
    // Of many that are imported few are opened.
    this.releaseLater(documentId);
    return documentId;
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

  /** A document that is said to be made is in the list after a crash as well. What the disk refuses now is tried again. */
  private async saveLists(): Promise<void> {
    const { storage, repo } = this.parts;
    for (const list of this.library?.lists ?? [])
      await storage.orFailing(list, repo.flush([list as RepoId])).catch((error: unknown) => {
        console.warn("a list is not saved yet", list, error);
      });
  }

  private where(): WhereEntry[] {
    const { storage, ledger, hasRelay } = this.parts;
    const statusOf = (document: DocumentId): DocumentStatus | undefined =>
      this.sessions.get(document)?.status();
    return where({ storage, ledger, hasRelay, statusOf }, this.library?.entries() ?? []);
  }

  private async checkStorage(window: Window, request: number): Promise<void> {
    const titles = new Map(this.library?.entries().map(({ document, title }) => [document, title]));
    try {
      const persisted = await this.parts.persisted();
      const { storage } = this.parts;
      const report = await checkStorage({ storage, titles, lists: this.library?.lists ?? [], persisted });
      window.send({ type: "storage-checked", request, report });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      window.send({ type: "failed", request, message });
    }
  }

  /** With all of its history, and as another document: what is in the library now stays as it is. */
  private async copyFromBackup({
    backup,
    document,
    title,
  }: Extract<FromWindow, { type: "copy-from-backup" }>): Promise<DocumentId> {
    const library = this.needLibrary();
    const bytes = await this.parts.copy.backup(backup, document);
    if (!bytes) throw new Error("The backup has nothing of this document.");
    const handle = this.parts.author.adopt<DeckleDocument>(this.parts.repo, bytes);
    if (!hasTexts(handle.doc())) throw new Error("What the backup has is not a document that can be shown.");
    const { length } = titleText(handle.doc());
    const clean = title.slice(0, titleUnitsMax).toWellFormed();
    handle.change((draft) => spliceTitle(draft, 0, length, clean));
    return this.keepMade(library, handle, clean, false);
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
      if (relay.state !== "connected") return this.background.disconnected();
      void this.listMade();
      // On a new connection it says again what it does not keep.
      this.refusals.clear();
      for (const session of this.sessions.values()) session.relayConnected();
      // One of ours is listened to once its workspace is known, which says what belongs here.
      if (this.link && !this.link.isDeckle) void this.background.connected(this.link);
    },
    role: (role: Role | null): void => {
      this.allowed(role === null ? { kind: "free" } : { kind: "member", role });
      if (role !== null)
        this.parts.keepRole(role).catch((error: unknown) => console.warn("a role was not noted", error));
    },
    withheld: (document: string, why: Withheld): void => {
      this.refusals.set(document, why);
      this.background.withheld(document);
      this.sessions.get(document)?.tellStatus();
    },
    takes: (document: string): boolean => this.library?.isHere(document) ?? false,
    workspace: (workspace: string): void => {
      this.opened.promise
        .then((library) => library.met(workspace))
        .then(async () => {
          if (this.link && this.relay.state === "connected") await this.background.connected(this.link);
        })
        .catch((error: unknown) => console.error("the relay's workspace did not open", error));
    },
    feed: (message: FeedMessage): void => this.background.told(message),
    past: (message: DocumentMessage): boolean => {
      const { type, documentId } = message;
      // A pull that is ending has yet to leave: what comes until then is of no use to the repo, which begins after it.
      if (this.isOpen(documentId) && !this.background.holds(documentId)) return false;
      if (type === "doc-unavailable") this.background.unavailable(documentId);
      else if ((type === "sync" || type === "request") && message.data)
        this.background.receive(documentId, message.data);
      return true;
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
    durable: (document: string): Promise<void> | null => this.sessions.get(document)?.whenDurable() ?? null,
    beforeChanges: (document: string): void => {
      this.memory?.busy();
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
      if (isMore) this.deliver();
    } catch (error) {
      console.error("what was made here is not listed yet", error);
    }
  }

  /** Has the relay get what it lacks. What is open only because it was looked into is let go of for it. */
  private deliver(): void {
    for (const document of this.parts.ledger.unsent())
      if (this.isOpen(document) && !this.sessions.has(document)) this.releaseLater(document);
    this.background.sendUnsent();
  }

  private told(document: string, heads: readonly string[]): void {
    const session = this.sessions.get(document);
    if (session) return session.toldHeads(heads);
    // The relay says it once; who opens the document is about to ask.
    if (this.opening.has(document)) this.toldEarly.set(document, heads);
    const handle = this.parts.repo.handles[document as RepoId];
    const known = this.parts.ledger.receipt(document)?.heads;
    if (known && handle?.isReady() && saysMore(handle.doc() as A.Doc<unknown>, heads, known))
      this.received(document, heads);
  }

  private received(document: string, heads: readonly string[]): void {
    const session = this.sessions.get(document);
    if (session) return session.receipt(heads);
    this.background.receipt(document, heads);
    // Without a session: a document that was just made, or just closed.
    const handle = this.parts.repo.handles[document as RepoId];
    const before = this.parts.ledger.receipt(document)?.heads;
    if (!handle?.isReady() || !before) return;
    const doc = handle.doc() as A.Doc<unknown>;
    const known = knownOf(doc, before, heads);
    this.parts.ledger.set(document, { heads: known, unsent: changesBeyond(doc, known) > 0 });
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

const clientsIn = (openings: readonly { clientId: string }[]): string[] =>
  openings.map(({ clientId }) => clientId);

/**
 * Which documents this profile has: its own workspace, and the relay's once the relay has named it.
 *
 * The relay's workspace is where a team's documents meet; what was made before the relay was known
 * is listed there too. Both are ordinary documents: they are there offline and merge like any other.
 */
import * as A from "@automerge/automerge/slim";
import type { DocHandle, DocumentId as RepoId, Repo } from "@automerge/automerge-repo/slim";
import type { Clock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import type { DocumentId, LibraryEntry } from "./port.ts";
import { entriesOf, genesis, needsEntry, putEntry } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

export type LibraryParts = {
  repo: Repo;
  ledger: Ledger;
  clock: Clock;
  changed: (entries: LibraryEntry[]) => void;
};

export class Library {
  private readonly parts: LibraryParts;
  private readonly relay: string | null;
  private local: DocHandle<Workspace>;
  private shared: DocHandle<Workspace> | null = null;

  private constructor(parts: LibraryParts, relay: string | null, local: DocHandle<Workspace>) {
    this.parts = parts;
    this.relay = relay;
    this.local = local;
    this.watch(local);
  }

  /** Opens the profile's workspace, and the relay's if it was met before. Needs no network. */
  static async open(parts: LibraryParts, relay: string | null): Promise<Library> {
    const known = await parts.ledger.workspaces();
    const ids = known ?? { local: newWorkspace(parts.repo).documentId, relays: {} };
    if (!known) {
      await parts.repo.flush([ids.local as RepoId]);
      await parts.ledger.setWorkspaces(ids);
    }
    const library = new Library(parts, relay, await openWorkspace(parts.repo, ids.local));
    const met = relay === null ? undefined : ids.relays[relay];
    if (met !== undefined) library.share(await openWorkspace(parts.repo, met));
    return library;
  }

  entries(): LibraryEntry[] {
    const byDocument = new Map(entriesOf(this.local.doc()).map((entry) => [entry.document, entry]));
    if (this.shared) for (const entry of entriesOf(this.shared.doc())) byDocument.set(entry.document, entry);
    return [...byDocument.values()].sort((a, b) => b.createdAt - a.createdAt);
  }

  get workspaces(): DocumentId[] {
    return this.shared ? [this.local.documentId, this.shared.documentId] : [this.local.documentId];
  }

  /** The relay named its workspace: it is kept in mind for the next start, and our documents are listed there. */
  async met(workspace: string): Promise<void> {
    if (this.relay === null || this.shared?.documentId === workspace) return;
    const handle = await openWorkspace(this.parts.repo, workspace);
    this.share(handle);
    const ids = await this.parts.ledger.workspaces();
    const relays = { ...ids?.relays, [this.relay]: workspace };
    await this.parts.ledger.setWorkspaces({ local: this.local.documentId, relays });
  }

  /**
   * Lists a document that was just made. A blank one is listed on this device only, until somebody
   * writes in it: the empty page of a first start is nobody else's business.
   */
  add(document: DocumentId, title: string, isBlank: boolean): void {
    const entry = { document, title, createdAt: this.parts.clock.now() };
    if (isBlank) this.local.change((draft) => putEntry(draft, entry, true));
    else this.put(entry);
  }

  /** A document was written in: it is listed under its title, for everyone. */
  edited(document: DocumentId, title: string): void {
    const entry = this.entries().find((one) => one.document === document);
    if (entry) this.put({ ...entry, title });
  }

  private put(entry: LibraryEntry): void {
    for (const handle of this.shared ? [this.shared, this.local] : [this.local])
      if (needsEntry(handle.doc(), entry)) handle.change((draft) => putEntry(draft, entry));
  }

  private share(handle: DocHandle<Workspace>): void {
    this.shared = handle;
    this.watch(handle);
    const { entries } = this.local.doc();
    const missing = entriesOf(this.local.doc()).filter(
      ({ document }) => !handle.doc().entries[document] && entries[document]?.blank !== true,
    );
    if (missing.length > 0) handle.change((draft) => missing.forEach((entry) => putEntry(draft, entry)));
    this.parts.changed(this.entries());
  }

  private watch(handle: DocHandle<Workspace>): void {
    handle.on("change", () => this.parts.changed(this.entries()));
  }
}

function newWorkspace(repo: Repo): DocHandle<Workspace> {
  const handle = repo.create<Workspace>();
  handle.update((doc) => A.loadIncremental(doc, genesis()));
  return handle;
}

/** Finds a workspace here or at the relay; where it is nowhere yet, it begins as its genesis. */
async function openWorkspace(repo: Repo, id: string): Promise<DocHandle<Workspace>> {
  const handle = await repo.find<Workspace>(id as RepoId, { allowableStates: ["ready", "unavailable"] });
  if (!handle.isReady() || handle.doc().entries === undefined)
    handle.update((doc) => A.loadIncremental(doc, genesis()));
  return handle;
}

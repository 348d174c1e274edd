/**
 * Which documents this profile has: its own workspace, and the relay's once the relay has named it.
 *
 * The relay's workspace is where a team's documents meet; what was made here before the relay was
 * known is listed there too. The profile's own workspace lists what was made on this device and
 * stays on it. Documents of relays that this profile had before stay in the library and are offered
 * to no other relay. All are ordinary Automerge documents: there offline, merged like any other.
 */
import * as A from "@automerge/automerge/slim";
import type { DocHandle, DocumentId as RepoId, Repo } from "@automerge/automerge-repo/slim";
import type { Clock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import type { DocumentId, LibraryEntry } from "./port.ts";
import { entriesOf, entryOf, genesis, needsEntry, putEntry } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

export type LibraryParts = {
  repo: Repo;
  ledger: Ledger;
  clock: Clock;
  /** Documents that the connected relay is not offered: other relays' and this device's own list. */
  unshared: Set<string>;
  changed: (entries: LibraryEntry[]) => void;
};

export class Library {
  private readonly parts: LibraryParts;
  private readonly relay: string | null;
  private local: DocHandle<Workspace>;
  private shared: DocHandle<Workspace> | null = null;
  /** Workspaces of relays that this profile had before: their documents are still here. */
  private readonly former: DocHandle<Workspace>[] = [];

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
    const met = relay === null ? undefined : ids.relays[relay];
    const former = Object.values(ids.relays).filter((id) => id !== met);
    for (const id of [ids.local, ...former]) parts.unshared.add(id);
    const library = new Library(parts, relay, await openWorkspace(parts.repo, ids.local));
    if (met !== undefined) library.share(await openWorkspace(parts.repo, met));
    for (const id of former) library.keep(await openWorkspace(parts.repo, id));
    return library;
  }

  entries(): LibraryEntry[] {
    const byDocument = new Map<DocumentId, LibraryEntry>();
    for (const handle of [...this.former, ...this.current])
      for (const entry of entriesOf(handle.doc())) byDocument.set(entry.document, entry);
    return [...byDocument.values()].sort((a, b) => b.createdAt - a.createdAt);
  }

  private get current(): DocHandle<Workspace>[] {
    return this.shared ? [this.local, this.shared] : [this.local];
  }

  get workspaces(): DocumentId[] {
    return [...this.current, ...this.former].map(({ documentId }) => documentId);
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
    for (const handle of isBlank ? [this.local] : this.current)
      handle.change((draft) => putEntry(draft, entry, isBlank));
  }

  /** A document was written in: it is listed under its title, for everyone. */
  edited(document: DocumentId, title: string): void {
    const entry = this.entries().find((one) => one.document === document);
    if (entry) this.put({ ...entry, title });
  }

  /** Lists it under the title it has come to, which nobody alone may have typed. */
  settled(document: DocumentId, title: string): void {
    const entry = this.entries().find((one) => one.document === document);
    if (entry && entry.title !== title) this.put({ ...entry, title });
  }

  /** Brings a document's entry up to date where it is listed; what was made here also where we are now. */
  private put(entry: LibraryEntry): void {
    const isListed = (handle: DocHandle<Workspace>): boolean =>
      entryOf(handle.doc(), entry.document) !== undefined;
    const madeHere = isListed(this.local);
    for (const handle of [...this.current, ...this.former]) {
      const belongs = isListed(handle) || (madeHere && handle === this.shared);
      if (belongs && needsEntry(handle.doc(), entry)) handle.change((draft) => putEntry(draft, entry));
    }
  }

  /** Shows the documents of a relay that is not connected; they are nothing to the one that is. */
  private keep(handle: DocHandle<Workspace>): void {
    this.former.push(handle);
    this.watch(handle);
    const known = new Set(this.current.flatMap((one) => entriesOf(one.doc()).map((entry) => entry.document)));
    for (const { document } of entriesOf(handle.doc()))
      if (!known.has(document)) this.parts.unshared.add(document);
  }

  private share(handle: DocHandle<Workspace>): void {
    this.shared = handle;
    this.watch(handle);
    for (const { document } of entriesOf(handle.doc())) this.parts.unshared.delete(document);
    const local = this.local.doc();
    const missing = entriesOf(local).filter(
      ({ document }) => !entryOf(handle.doc(), document) && entryOf(local, document)?.blank !== true,
    );
    if (missing.length > 0) handle.change((draft) => missing.forEach((entry) => putEntry(draft, entry)));
    // A relay that is new to these documents has nothing of them yet.
    for (const { document } of missing)
      if (!this.parts.ledger.receipt(document)) this.parts.ledger.set(document, { heads: [], unsent: true });
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

/**
 * Which documents there are where this profile is: in its private workspace, or in a relay's.
 *
 * The private workspace is on this device only, is always there, and is offered to no relay. A relay's workspace is
 * where a team's documents meet. A document belongs to where it was made, until somebody hands it over; one in which
 * nothing was written yet is listed on this device alone, wherever it was made. All lists are ordinary Automerge
 * documents: there offline, merged like any other.
 */
import * as A from "@automerge/automerge/slim";
import type { DocHandle, DocumentId as RepoId, Repo } from "@automerge/automerge-repo/slim";
import type { Author } from "./author.ts";
import type { Clock } from "./clock.ts";
import type { Keeping } from "./keeping.ts";
import type { Ledger, Place } from "./ledger.ts";
import type { DocumentId, LibraryEntry } from "./port.ts";
import { entriesOf, entryOf, genesis, isList, needsEntry, putEntry, removeEntry } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

export type LibraryParts = {
  repo: Repo;
  ledger: Ledger;
  clock: Clock;
  author: Author;
  /** Whether this device may write in the relay's workspace, as far as it knows. */
  mayWrite: () => boolean;
  changed: (entries: LibraryEntry[]) => void;
  /** Makes the lists durable, whenever they change. */
  keeping: Pick<Keeping, "watch">;
};

type List = DocHandle<Workspace>;

export class Library {
  private readonly parts: LibraryParts;
  private readonly place: Place;
  private readonly local: List;
  /** The relay's; null in the private workspace, and before an open relay was first met. */
  private shared: List | null = null;
  /** In the private workspace: lists of open relays that this profile has been at. Their documents are here. */
  private readonly former: List[] = [];
  /** Lists of other places that were looked into from here. */
  private readonly foreign = new Set<DocumentId>();
  private turn: Promise<void> = Promise.resolve();
  /** Why there is no workspace where this profile is, in words; null where there is one. */
  unusable: string | null = null;

  private constructor(parts: LibraryParts, place: Place, local: List) {
    this.parts = parts;
    this.place = place;
    this.local = local;
    this.watch(local);
  }

  /** Opens what is listed here. Needs no network. */
  static async open(parts: LibraryParts, place: Place): Promise<Library> {
    const { repo, ledger } = parts;
    const known = await ledger.workspaces();
    const ids = known ?? { local: newList(repo).documentId, relays: {} };
    if (!known) {
      await repo.flush([ids.local as RepoId]);
      await ledger.setWorkspaces(ids);
    }
    const library = new Library(parts, place, await openList(parts, ids.local));
    const { relay, workspace } = place;
    const shared = workspace ?? (relay === null ? undefined : ids.relays[relay]);
    for (const id of Object.values(ids.relays)) if (id !== shared) await library.keep(id);
    try {
      if (shared !== undefined) await library.share(shared);
    } catch (error) {
      // What is private is at hand all the same, and so is the way to another place.
      library.unusable = error instanceof Error ? error.message : String(error);
    }
    return library;
  }

  entries(): LibraryEntry[] {
    const byDocument = new Map<DocumentId, LibraryEntry>();
    const isAtHome = this.place.relay === null;
    const others = isAtHome ? this.former : this.shared ? [this.shared] : [];
    for (const entry of entriesOf(this.local.doc()))
      if (isAtHome ? !this.isBlankOf(entry.document) : this.wasMadeHere(entry.document))
        byDocument.set(entry.document, entry);
    for (const list of others)
      for (const entry of entriesOf(list.doc()))
        if (this.isHere(entry.document)) byDocument.set(entry.document, entry);
    return [...byDocument.values()].sort((a, b) => b.createdAt - a.createdAt);
  }

  /** An empty page of another place: there is nothing in it to have at hand here. */
  private isBlankOf(document: DocumentId): boolean {
    const isBlank = entryOf(this.local.doc(), document)?.blank === true;
    return isBlank && this.parts.ledger.belongsElsewhere(document);
  }

  get lists(): DocumentId[] {
    return [this.local, ...(this.shared ? [this.shared] : []), ...this.former].map((list) => list.documentId);
  }

  /**
   * Whether a document belongs here. Of one that does not a relay hears nothing, not even its id, and it is not opened:
   * the list of a workspace is written by others, who could name any document in it.
   */
  isHere(document: DocumentId): boolean {
    if (this.place.relay === null || document === this.shared?.documentId) return true;
    if (this.lists.includes(document) || this.foreign.has(document)) return false;
    if (this.wasMadeHere(document)) return true;
    const isOthers = [this.local, ...this.former].some((list) => isListed(list, document));
    return !isOthers && !this.parts.ledger.belongsElsewhere(document);
  }

  /** The relay named its workspace, which is kept in mind for the next start. */
  async met(workspace: string): Promise<void> {
    const { relay } = this.place;
    if (relay === null || this.place.workspace !== null || this.shared?.documentId === workspace) return;
    await this.share(workspace);
    const ids = await this.parts.ledger.workspaces();
    const relays = { ...ids?.relays, [relay]: workspace };
    await this.parts.ledger.setWorkspaces({ local: this.local.documentId, relays });
  }

  /** Lists a document that was just made. A blank one is nobody else's business until somebody writes in it. */
  add(document: DocumentId, title: string, isBlank: boolean): void {
    const entry = { document, title, createdAt: this.parts.clock.now() };
    if (this.shared && !isBlank && this.parts.mayWrite())
      this.shared.change((draft) => putEntry(draft, entry));
    else this.local.change((draft) => putEntry(draft, entry, isBlank));
  }

  /** A document was written in: it is listed under its title, for everyone. */
  edited(document: DocumentId, title: string): void {
    const entry = this.entries().find((one) => one.document === document);
    if (entry) this.put({ ...entry, title });
    // A crash came between the document and the list.
    else if (this.wasMadeHere(document) && !this.isAnywhere(document)) this.add(document, title, false);
  }

  /** Documents that belong here and are in no list: a crash came between them and it. */
  unlisted(): DocumentId[] {
    const isList = (document: DocumentId): boolean =>
      this.lists.includes(document) || this.foreign.has(document);
    const { ledger } = this.parts;
    return ledger
      .documents()
      .filter((document) => ledger.isOnlyHere(document) && !isList(document) && !this.isAnywhere(document));
  }

  private isAnywhere(document: DocumentId): boolean {
    return [this.local, this.shared, ...this.former].some((list) => isListed(list, document));
  }

  /** Lists it under the title it has come to, which nobody alone may have typed. */
  settled(document: DocumentId, title: string, isBlank: boolean): void {
    const entry = this.entries().find((one) => one.document === document);
    // What was written in it may have outlived a crash that its entry has not.
    const isListedBlank = entryOf(this.local.doc(), document)?.blank === true;
    if (entry && (entry.title !== title || (isListedBlank && !isBlank))) this.put({ ...entry, title });
  }

  /** Notes that a private document is to be listed in a joined workspace, once this profile is there. */
  handOver(document: DocumentId, workspace: DocumentId): Promise<void> {
    if (!isListed(this.local, document) || this.place.relay !== null)
      return Promise.reject(new Error("Only a document of the private workspace can be moved from here."));
    return this.inTurn(async () => {
      const noted = await this.parts.ledger.handedOver();
      const others = Object.entries(noted).map(([id, documents]) => [
        id,
        documents.filter((each) => each !== document),
      ]);
      const before = noted[workspace]?.filter((each) => each !== document) ?? [];
      await this.parts.ledger.setHandedOver({
        ...Object.fromEntries(others),
        [workspace]: [...before, document],
      });
    });
  }

  /** This device leaves a workspace: what it has of its documents is private from now on. */
  async takeBack(workspace: DocumentId): Promise<void> {
    if (workspace === this.shared?.documentId)
      throw new Error("Turn to another workspace first: this one is in use here.");
    this.foreign.add(workspace);
    const list = await openList(this.parts, workspace);
    const here = new Set(this.parts.ledger.documentsOf(workspace));
    const entries = entriesOf(list.doc()).filter(
      ({ document }) => here.has(document) && !isListed(this.local, document),
    );
    if (entries.length > 0) this.local.change((draft) => entries.forEach((entry) => putEntry(draft, entry)));
    await this.parts.repo.flush([this.local.documentId]);
  }

  /** Lists what another private list has that was restored from a backup. Its documents are here by now. */
  async adopt(list: DocumentId): Promise<void> {
    if (this.lists.includes(list)) return;
    this.foreign.add(list);
    const restored = await openList(this.parts, list);
    const local = this.local.doc();
    const entries = entriesOf(restored.doc()).filter(({ document }) => !isListed(this.local, document));
    const isBlank = (document: DocumentId): boolean => entryOf(restored.doc(), document)?.blank === true;
    if (entries.length > 0)
      this.local.change((draft) =>
        entries.forEach((entry) => putEntry(draft, entry, isBlank(entry.document))),
      );
    if (local !== this.local.doc()) await this.parts.repo.flush([this.local.documentId]);
  }

  /**
   * The relay is there, and says what this device may do: what was made or handed over meanwhile is listed for all. A
   * document with other authors is listed once the relay has agreed to take its history, and not before: whoever saw it
   * listed could bring another of that id.
   * @returns whether there is more to send than before
   */
  connected(importHistory: (document: DocumentId) => Promise<boolean>): Promise<boolean> {
    return this.inTurn(async () => {
      const { shared } = this;
      if (!shared || !this.parts.mayWrite()) return false;
      await this.moveTo(shared, this.madeAndUnlisted(shared));
      const { ledger, repo, author } = this.parts;
      const { [shared.documentId]: documents = [], ...rest } = await ledger.handedOver();
      if (documents.length === 0) return false;
      const waiting: DocumentId[] = [];
      for (const document of documents) {
        const entry = entriesOf(this.local.doc()).find((one) => one.document === document);
        if (!entry) continue;
        const handle = await repo.find(document as RepoId);
        if (!author.wroteAll(handle.doc()) && !(await importHistory(document))) {
          waiting.push(document);
          continue;
        }
        // A relay that is new to it has nothing of it yet.
        await ledger.setDurably(document, { heads: [], unsent: true });
        await this.moveTo(shared, [entry]);
      }
      await ledger.setHandedOver(waiting.length > 0 ? { ...rest, [shared.documentId]: waiting } : rest);
      repo.shareConfigChanged();
      return waiting.length < documents.length;
    });
  }

  /** One after another: each reads what the one before has written. */
  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.turn.then(run);
    this.turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Whether a document was made, opened or taken over at this relay. */
  private wasMadeHere(document: DocumentId): boolean {
    return this.parts.ledger.receipt(document) !== undefined;
  }

  /** Brings an entry up to date wherever it is listed; the first words of a document made here list it for everyone. */
  private put(entry: LibraryEntry): void {
    const { shared, local } = this;
    const mayShare = shared !== null && this.parts.mayWrite();
    const isNew = mayShare && !isListed(shared, entry.document);
    if (mayShare && needsEntry(shared.doc(), entry)) shared.change((draft) => putEntry(draft, entry));
    for (const list of [local, ...(this.place.relay === null ? this.former : [])])
      if (isListed(list, entry.document) && needsEntry(list.doc(), entry))
        list.change((draft) => putEntry(draft, entry));
    if (!isNew || !isListed(local, entry.document)) return;
    // First there, and on the disk, then not here any more: a document is never in no list.
    this.parts.repo
      .flush([shared.documentId])
      .then(() => local.change((draft) => removeEntry(draft, entry.document)))
      .catch((error: unknown) => console.warn("a document stays listed here as well", error));
  }

  /** What open relays had, whether they are there still or not: shown in the private workspace, and nowhere else. */
  private async keep(id: DocumentId): Promise<void> {
    const list = await openList(this.parts, id);
    this.former.push(list);
    this.watch(list);
  }

  private async share(id: DocumentId): Promise<void> {
    const list = await openList(this.parts, id);
    this.shared = list;
    this.watch(list);
    await this.moveTo(list, this.madeAndUnlisted(list));
    this.parts.changed(this.entries());
  }

  private madeAndUnlisted(list: List): LibraryEntry[] {
    const local = this.local.doc();
    return entriesOf(local).filter(
      ({ document }) =>
        !isListed(list, document) && entryOf(local, document)?.blank !== true && this.wasMadeHere(document),
    );
  }

  /** In the order of `put`. */
  private async moveTo(list: List, entries: readonly LibraryEntry[]): Promise<void> {
    if (entries.length === 0 || !this.parts.mayWrite()) return;
    list.change((draft) => entries.forEach((entry) => putEntry(draft, entry)));
    await this.parts.repo.flush([list.documentId]);
    this.local.change((draft) => entries.forEach(({ document }) => removeEntry(draft, document)));
    await this.parts.repo.flush([this.local.documentId]);
  }

  private watch(list: List): void {
    this.parts.keeping.watch(list);
    list.on("change", () => this.parts.changed(this.entries()));
  }
}

const isListed = (list: List | null, document: DocumentId): boolean =>
  list !== null && entryOf(list.doc(), document) !== undefined;

function newList(repo: Repo): List {
  const list = repo.create<Workspace>();
  list.update((doc) => A.loadIncremental(doc, genesis()));
  return list;
}

/**
 * Finds a list here or at the relay; where it is nowhere yet, it begins as its genesis.
 * @throws where it is a document of another kind: an invite can name whatever it wants
 */
async function openList({ repo, author }: LibraryParts, id: string): Promise<List> {
  const list = await repo.find<Workspace>(id as RepoId, { allowableStates: ["ready", "unavailable"] });
  if (list.isReady() && A.getHeads(list.doc()).length > 0 && !isList(list.doc()))
    throw new Error("What the invite names is not a workspace.");
  if (!list.isReady() || list.doc().entries === undefined)
    list.update((doc) => A.loadIncremental(doc, genesis()));
  author.sign(list);
  return list;
}

/**
 * Gives back the memory of documents that nobody has open any more.
 *
 * Without it WebAssembly's grows with every document that is opened: automerge-repo keeps what it has loaded for good (its
 * `find` races against a promise that never settles), so no garbage collector ever comes to it. What the repo is just
 * writing is not touched: it reads the document once more when it is done.
 */
import * as A from "@automerge/automerge/slim";
import type { DocumentId as RepoId, Repo } from "@automerge/automerge-repo/slim";
import type { DocumentId } from "./port.ts";

export class LettingGo {
  /** Writes under way, by document. */
  private readonly writes = new Map<DocumentId, number>();

  constructor(repo: Pick<Repo, "storageSubsystem" | "handles">) {
    const { storageSubsystem } = repo;
    if (!storageSubsystem) return;
    const save = storageSubsystem.saveDoc.bind(storageSubsystem);
    // What automerge-repo's timers bring may be older than what was written last: of a document that was let go of, or
    // let go of and opened again, while the disk took nothing. It would be compacted to that, and what is newer removed.
    storageSubsystem.saveDoc = async (document: RepoId) => {
      const handle = repo.handles[document];
      if (!handle?.isReady()) return;
      this.count(document, 1);
      try {
        await save(document, handle.doc() as A.Doc<unknown>);
      } finally {
        this.count(document, -1);
      }
    };
  }

  /** @param doc nobody reads any more, but for a write under way. @returns whether it is gone */
  free(document: DocumentId, doc: A.Doc<unknown>): boolean {
    if (this.writes.has(document)) return false;
    A.free(doc);
    return true;
  }

  private count(document: DocumentId, by: number): void {
    const writes = (this.writes.get(document) ?? 0) + by;
    if (writes > 0) this.writes.set(document, writes);
    else this.writes.delete(document);
  }
}

/** A document as it is stored, read without opening it: no relay hears of it, and it is let go at once. */
import * as A from "@automerge/automerge/slim";
import type { DocumentId as RepoId, Repo } from "@automerge/automerge-repo/slim";
import { bodySpans, hasTexts, titleText } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import { render } from "../document/render.ts";
import type { ReadableText } from "./mirroring.ts";
import type { DocumentId } from "./port.ts";

/** Null where nothing of it is stored, or what is stored is no document. */
export async function readStored(repo: Repo, document: DocumentId): Promise<ReadableText | null> {
  const bytes = await repo.storageSubsystem?.loadDocData(document as RepoId);
  if (!bytes) return null;
  const doc = A.loadIncremental(A.init<DeckleDocument>(), bytes);
  try {
    if (!hasTexts(doc)) return null;
    return { title: titleText(doc), doc: render(bodySpans(doc)), heads: A.getHeads(doc) };
  } finally {
    A.free(doc);
  }
}

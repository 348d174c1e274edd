/**
 * Lists again what a crash kept out of every list: a document is durable before its entry is, and a disk may have taken
 * the one and refused the other.
 */
import * as A from "@automerge/automerge/slim";
import { bodySpans, hasTexts, titleText } from "../document/body.ts";
import type { DeckleDocument } from "../document/body.ts";
import { render } from "../document/render.ts";
import type { Author } from "./author.ts";
import { concat } from "../../relay/protocol/cbor.ts";
import type { ChunkStore } from "./pull.ts";
import type { Library } from "./library.ts";
import { isBlank } from "./workspace.ts";

/** Only what this device wrote in: what others wrote is theirs to list. */
export async function relist(
  library: Pick<Library, "unlisted" | "add">,
  chunks: Pick<ChunkStore, "load">,
  author: Author,
): Promise<void> {
  for (const document of library.unlisted()) {
    let doc: A.Doc<DeckleDocument> | null = null;
    try {
      doc = A.loadIncremental(A.init<DeckleDocument>(), concat(await chunks.load(document)));
      const isOurs = A.getChangesMetaSince(doc, []).some(({ actor }) => author.wrote(actor));
      if (!isOurs || !hasTexts(doc)) continue;
      const title = titleText(doc);
      // Somebody may have written in it meanwhile.
      if (!library.unlisted().includes(document)) continue;
      library.add(document, title, isBlank(title, render(bodySpans(doc))));
      console.warn("a document that was in no list is listed again", document);
    } catch (error) {
      console.warn("a document in no list could not be read", document, error);
    } finally {
      if (doc) A.free(doc);
    }
  }
}

/**
 * Tells main which blobs one open document names: what is named is never collected, and goes to the relay or
 * comes from it. What was named once stays named while the document is open, for undo brings an image back.
 */
import * as A from "@automerge/automerge/slim";
import { AttrStep, ReplaceAroundStep, ReplaceStep } from "prosemirror-transform";
import type { Step } from "prosemirror-transform";
import { blobsIn, blobsOfSpans, isBlobHash } from "../document/blobs.ts";
import type { Span } from "../document/render.ts";

export class BlobNaming {
  readonly #tell: (blobs: string[]) => Promise<void>;
  readonly #named = new Set<string>();
  /** How many of them main has said that it knows. */
  #known = 0;
  #telling = false;

  /** @param tell rejects where main could not be told */
  constructor(tell: (blobs: string[]) => Promise<void>) {
    this.#tell = tell;
  }

  /** What is not shown counts too, and only the CRDT has it. */
  opened(spans: Iterable<Span>): void {
    for (const hash of blobsOfSpans(spans)) this.#named.add(hash);
    this.again();
  }

  /** Whatever the steps bring. Steps without an image cost a look at what they insert. */
  changed(steps: readonly Step[]): void {
    const before = this.#named.size;
    for (const step of steps) {
      if (step instanceof ReplaceStep || step instanceof ReplaceAroundStep)
        for (const hash of blobsIn(step.slice.content)) this.#named.add(hash);
      else if (step instanceof AttrStep && isBlobHash(step.value)) this.#named.add(step.value);
    }
    // Only then: a main that does not answer is not asked again at every letter.
    if (this.#named.size > before) this.again();
  }

  /** Tells what was not told yet, or could not be. */
  again(): void {
    // A document without images is no news.
    if (this.#telling || this.#named.size === this.#known) return;
    void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#telling = true;
    const blobs = [...this.#named];
    try {
      await this.#tell(blobs);
      this.#known = blobs.length;
    } catch (error) {
      console.warn("main does not know yet which blobs a document names", error);
      return;
    } finally {
      this.#telling = false;
    }
    this.again();
  }
}

/** @param doc any document; one without a text as its body names nothing */
export function blobsOfDocument(doc: A.Doc<unknown>): Set<string> {
  const { body } = doc as { readonly body?: unknown };
  return typeof body === "string" ? blobsOfSpans(A.spans(doc, ["body"]) as Span[]) : new Set();
}

/** Which documents are comments on another: a memory of what ids say, as it is asked for every frame. */
import { commentsKnownMax } from "../protocol/limits.ts";

export class Comments {
  readonly #commentedBy: (documentId: string) => string | undefined;
  /** The document that it comments on, by document; undefined is no comments. */
  #known = new Map<string, string | undefined>();
  /** What was known before that, of which only what is asked for again is kept. */
  #before = new Map<string, string | undefined>();

  /** `commentedBy` works it out. */
  constructor(commentedBy: (documentId: string) => string | undefined) {
    this.#commentedBy = commentedBy;
  }

  /** The document that these are the comments on. */
  commentedBy(documentId: string): string | undefined {
    const known = this.#known.get(documentId);
    if (known !== undefined || this.#known.has(documentId)) return known;
    const isOld = this.#before.has(documentId);
    const commented = isOld ? this.#before.get(documentId) : this.#commentedBy(documentId);
    this.#known.set(documentId, commented);
    if (this.#known.size >= commentsKnownMax / 2) {
      this.#before = this.#known;
      this.#known = new Map();
    }
    return commented;
  }
}

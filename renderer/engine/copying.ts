/**
 * Keeps the second copy level with the browser's storage, document by document and in order.
 *
 * What the copy refuses is not held in memory until it has room again: the document is marked as behind, and once the
 * copy takes something, what it lacks is read from the disk. Until then nothing is removed from the copy.
 */
import { Backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { ChunkName, Copy } from "./copy.ts";
import { copyRetryFirstMs, copyRetryMostMs } from "./limits.ts";
import type { CopyState, DocumentId } from "./port.ts";

export type Chunk = ChunkName & { bytes: Uint8Array };

export type CopyingParts = {
  copy: Copy;
  clock: Clock;
  random: () => number;
  /** What is whole of a document in the browser's storage. */
  chunksOf: (document: DocumentId) => Promise<Chunk[]>;
  /** The state of a document is another. */
  changed: (document: DocumentId) => void;
};

type Line = {
  /** Jobs that are not done. */
  waiting: number;
  /** Of those, the ones after which the copy has more. */
  keeping: number;
  last: Promise<void>;
  failure: string | null;
  backoff: Backoff | null;
  /** A retry is due: it covers what fails meanwhile. */
  isRetryDue: boolean;
};

export class Copying {
  private readonly parts: CopyingParts;
  /** Documents with something to do, or with a failure. */
  private readonly lines = new Map<DocumentId, Line>();
  /** By document, what the copy has refused and was not given since. */
  private readonly refused = new Map<DocumentId, Set<string>>();
  /** Documents of which it is known that the copy has, or is being given, all that is here. */
  private readonly known = new Set<DocumentId>();

  constructor(parts: CopyingParts) {
    this.parts = parts;
  }

  state(document: DocumentId): CopyState {
    const line = this.lines.get(document);
    if (line && line.failure !== null) return { state: "failed", reason: line.failure };
    return line && line.keeping > 0 ? { state: "keeping" } : { state: "kept" };
  }

  isKnown(document: DocumentId): boolean {
    return this.known.has(document);
  }

  /** What the copy has was looked at; what it lacks is given to it next. */
  compared(document: DocumentId): void {
    this.known.add(document);
  }

  /** The copy could not be read: it may lack anything. It is looked at again by itself. */
  unreadable(document: DocumentId, error: unknown): void {
    this.enqueue(document, "keep", () =>
      Promise.reject(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /** Resolves when what was given of a document so far is in the copy, or was refused. */
  idle(document: DocumentId): Promise<void> {
    return this.lines.get(document)?.last ?? Promise.resolve();
  }

  keep(document: DocumentId, chunk: Chunk): void {
    this.enqueue(document, "keep", async () => {
      try {
        await this.parts.copy.keep(document, chunk, chunk.bytes);
      } catch (error) {
        const refused = this.refused.get(document) ?? new Set();
        this.refused.set(document, refused.add(idOf(chunk)));
        throw error;
      }
    });
  }

  /**
   * The disk has these. What the copy had refused may not have been there yet when the copy was given what it lacked:
   * it is given that again, before anything that they supersede is removed.
   */
  onDisk(document: DocumentId, chunks: readonly ChunkName[]): void {
    const refused = this.refused.get(document);
    if (refused && chunks.some((chunk) => refused.has(idOf(chunk)))) this.reconcile(document);
  }

  /** Chunks that another, which is on the disk, has made superfluous. */
  remove(document: DocumentId, chunks: readonly ChunkName[]): void {
    this.enqueue(document, "remove", async (line) => {
      // A copy that lacks what supersedes them still needs them. Kept for too long they do no harm.
      if (line.failure === null) await this.parts.copy.remove(document, chunks);
    });
  }

  /** Gives the copy what it lacks, from the disk. */
  reconcile(document: DocumentId): void {
    this.enqueue(document, "keep", async (line) => {
      const { copy, chunksOf } = this.parts;
      const [there, here] = await Promise.all([copy.chunks(document), chunksOf(document)]);
      const known = new Set(there.map(idOf));
      for (const chunk of here) if (!known.has(idOf(chunk))) await copy.keep(document, chunk, chunk.bytes);
      const refused = this.refused.get(document);
      for (const chunk of [...there, ...here]) refused?.delete(idOf(chunk));
      if (refused?.size === 0) this.refused.delete(document);
      line.failure = null;
      line.backoff = null;
      this.known.add(document);
    });
  }

  private enqueue(document: DocumentId, what: "keep" | "remove", run: (line: Line) => Promise<void>): void {
    const line: Line = this.lines.get(document) ?? {
      waiting: 0,
      keeping: 0,
      last: Promise.resolve(),
      failure: null,
      backoff: null,
      isRetryDue: false,
    };
    this.lines.set(document, line);
    const before = this.state(document);
    const keeps = what === "keep" ? 1 : 0;
    line.waiting++;
    line.keeping += keeps;
    line.last = line.last
      .then(() => run(line))
      .catch((error: unknown) => this.failed(document, line, error))
      .then(() => this.done(document, line, keeps));
    if (this.state(document).state !== before.state) this.parts.changed(document);
  }

  private done(document: DocumentId, line: Line, keeps: number): void {
    line.waiting--;
    line.keeping -= keeps;
    if (line.waiting === 0 && line.failure === null) this.lines.delete(document);
    if (keeps > 0 && line.keeping === 0 && line.failure === null) this.parts.changed(document);
  }

  private failed(document: DocumentId, line: Line, error: unknown): void {
    const isNew = line.failure === null;
    line.failure = error instanceof Error ? error.message : String(error);
    if (isNew) console.warn("the second copy was not kept", document, line.failure);
    this.parts.changed(document);
    if (line.isRetryDue) return;
    line.isRetryDue = true;
    line.backoff ??= new Backoff(copyRetryFirstMs, copyRetryMostMs, this.parts.random);
    this.parts.clock.after(line.backoff.next(), () => {
      line.isRetryDue = false;
      this.reconcile(document);
    });
  }
}

export const idOf = ({ kind, name }: ChunkName): string => `${kind}/${name}`;

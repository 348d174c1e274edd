/**
 * Keeps the readable copy current: each document as Markdown, written by main into a folder of the person's. A document
 * is written when it has settled, and now and then while it does not; what changed while nobody looked is found when
 * the engine starts, one document after another. It is behind by seconds at most and may fail: it is no second copy.
 */
import type { Node } from "prosemirror-model";
import { writeMarkdown } from "../document/markdown-write.ts";
import type { Clock, Timer } from "./clock.ts";
import type { Copy } from "./copy.ts";
import { mirrorAfterMs, mirrorAtLeastEveryMs, mirrorPauseMs, mirrorRetryMs } from "./limits.ts";
import type { DocumentId } from "./port.ts";

/** A document as it stands at its heads: nothing more, nothing less. */
export type ReadableText = { title: string; doc: Node; heads: readonly string[] };

export type MirroringParts = {
  copy: Pick<Copy, "mirror" | "mirrors">;
  clock: Clock;
  /** What the library lists. */
  documents: () => readonly DocumentId[];
  /** The heads of a document that are on the disk, as far as that is noted. Loads nothing. */
  headsOf: (document: DocumentId) => readonly string[] | undefined;
  /** A document as it is open, or as it is stored; null where it is not here, or more is being written to it. */
  read: (document: DocumentId) => Promise<ReadableText | null>;
};

type Due = { timer: Timer; atLeastAt: number; read: () => ReadableText | null };

export class Mirroring {
  private readonly parts: MirroringParts;
  /** The heads that the copy has, by document; null while none is kept, or it is not known yet. */
  private kept: Map<DocumentId, string> | null = null;
  private readonly due = new Map<DocumentId, Due>();
  /** Documents of which something was stored, perhaps while they were not open. */
  private readonly stale = new Set<DocumentId>();
  private staleTimer: Timer | null = null;
  private retry: Timer | null = null;
  /** The last job: they go one after another, so that the newest text is written last. */
  private last: Promise<void> = Promise.resolve();
  /** Counts starts: what belongs to an older one ends. */
  private starts = 0;

  constructor(parts: MirroringParts) {
    this.parts = parts;
  }

  /** The engine has started, or another folder was chosen. Resolves when everything has been looked at once. */
  async start(): Promise<void> {
    const start = ++this.starts;
    this.kept = null;
    try {
      const there = await this.parts.copy.mirrors();
      if (start !== this.starts || there === null) return;
      this.kept = new Map(Object.entries(there).map(([document, heads]) => [document, heads.join()]));
      await this.look(start, this.parts.documents());
    } catch (error) {
      console.warn("the readable copy is not known", error);
      if (start === this.starts) this.tryLater();
    }
  }

  /** An open document is another. @param read what it is then; null where more is being written to it */
  changed(document: DocumentId, read: () => ReadableText | null): void {
    if (!this.kept) return;
    const now = this.parts.clock.now();
    const before = this.due.get(document);
    before?.timer.cancel();
    const atLeastAt = before?.atLeastAt ?? now + mirrorAtLeastEveryMs;
    this.wait(document, Math.min(mirrorAfterMs, Math.max(0, atLeastAt - now)), { atLeastAt, read });
  }

  /** Something of a document is on the disk: what is fetched in the background is open to nobody who would say it. */
  stored(document: DocumentId): void {
    if (!this.kept || this.isCurrent(document)) return;
    this.stale.add(document);
    this.staleTimer ??= this.parts.clock.after(mirrorAfterMs, () => {
      this.staleTimer = null;
      const documents = this.parts.documents().filter((one) => this.stale.has(one));
      this.stale.clear();
      void this.look(this.starts, documents);
    });
  }

  /** Whether the copy has what is on the disk. */
  private isCurrent(document: DocumentId): boolean {
    const heads = this.parts.headsOf(document);
    return heads !== undefined && heads.length > 0 && this.kept?.get(document) === heads.join();
  }

  private wait(document: DocumentId, ms: number, due: Omit<Due, "timer">): void {
    this.due.set(document, { ...due, timer: this.parts.clock.after(ms, () => this.settle(document)) });
  }

  private settle(document: DocumentId): void {
    const due = this.due.get(document);
    if (!due) return;
    const text = due.read();
    // What is being written makes it another, and is said then.
    if (!text) return this.wait(document, mirrorAfterMs, due);
    this.due.delete(document);
    void this.write(document, text);
  }

  /** Looks at documents once, for what was changed while no mirror was kept, or elsewhere. */
  private async look(start: number, documents: readonly DocumentId[]): Promise<void> {
    for (const document of documents) {
      if (start !== this.starts) return;
      if (this.due.has(document) || this.isCurrent(document)) continue;
      try {
        const text = await this.parts.read(document);
        if (text) await this.write(document, text);
      } catch (error) {
        console.warn("a document is not in the readable copy", document, error);
      }
      // Whoever types goes first.
      await new Promise<void>((resolve) => void this.parts.clock.after(mirrorPauseMs, resolve));
    }
  }

  private write(document: DocumentId, { title, doc, heads }: ReadableText): Promise<void> {
    this.last = this.last.then(async () => {
      if (!this.kept || this.kept.get(document) === heads.join()) return;
      try {
        const markdown = writeMarkdown(title, doc);
        await this.parts.copy.mirror(document, { title, markdown, heads: [...heads] });
        this.kept.set(document, heads.join());
      } catch (error) {
        console.warn("the readable copy was not written", document, error);
        this.tryLater();
      }
    });
    return this.last;
  }

  /** The person was told by main. A disk that is plugged in again is found by this. */
  private tryLater(): void {
    this.retry ??= this.parts.clock.after(mirrorRetryMs, () => {
      this.retry = null;
      void this.start();
    });
  }
}

/**
 * When a document's journal is written: soon after something was accepted, one write at a time; and what is taken out
 * of it again: what has become durable.
 */
import type { Clock, Timer } from "./clock.ts";
import type { Journal, Segment } from "./journal.ts";
import { journalEveryMs, journalStepsMax } from "./limits.ts";
import type { DocumentId, StepJson } from "./port.ts";

type Heads = readonly string[];
/** Under which actor something is going to be written, and whose it is. */
type By = { actor: string; client: string };

export class Journaling {
  private readonly document: DocumentId;
  private readonly journal: Journal;
  private readonly clock: Clock;
  private segments: Segment[] = [];
  /** The last of them is added to: it is not written yet. */
  private isOpen = false;
  /** How many were ever written to the document, and how many of those are gone from the journal. */
  private writtenCount = 0;
  private droppedCount = 0;
  /** The heads that the last written one made. */
  private after = "";
  /** What an engine before this one left, of a window that has it and will send it. */
  private inherited: readonly Segment[] = [];
  /** Clients that have sent all of their steps in it. */
  private readonly sentAgain = new Set<string>();
  /** The open segment lacks something of what was accepted: nothing more goes into it, and nothing follows it. */
  private isCut = false;
  private isBehind = false;
  private timer: Timer | null = null;
  private putting: Promise<void> = Promise.resolve();

  constructor(document: DocumentId, journal: Journal, clock: Clock) {
    this.document = document;
    this.journal = journal;
    this.clock = clock;
  }

  /** Steps were accepted on the document as it is at `heads`, with what was accepted before. */
  accepted(heads: Heads, { actor, client }: By, steps: readonly StepJson[]): void {
    const segment = this.open(heads, actor, client);
    // A window sends all that it has at once.
    this.sentAgain.add(client);
    this.inherited = this.inherited.filter(({ clients }) => !clients.every((one) => this.sentAgain.has(one)));
    this.isCut ||= segment.steps.length + steps.length > journalStepsMax;
    if (this.isCut) return;
    segment.steps.push(...steps);
    this.schedule();
  }

  titled(heads: Heads, { actor, client }: By, title: { base: string; value: string }): void {
    this.inherited = this.inherited.map((segment) =>
      segment.clients.includes(client) ? { ...segment, title: null } : segment,
    );
    this.open(heads, actor, client).title = title;
    this.schedule();
  }

  /** All that was accepted is in the document, which has these heads now. */
  wrote(heads: Heads): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.writtenCount++;
    this.after = heads.join();
  }

  /** What was accepted and is not in the document yet. */
  get unwritten(): readonly StepJson[] {
    return this.isOpen ? (this.segments.at(-1)?.steps ?? []) : [];
  }

  /** What is unwritten never will be. */
  giveUp(): void {
    if (!this.isOpen) return;
    this.segments.pop();
    this.isOpen = false;
    this.schedule();
  }

  /** How many segments the document has by now. */
  get written(): number {
    return this.writtenCount;
  }

  /** The document is durable as it was when `written` was this. */
  durable(written: number): void {
    const gone = written - this.droppedCount;
    if (gone <= 0) return;
    this.segments = this.segments.slice(gone);
    this.droppedCount = written;
    this.inherited = [];
    this.schedule();
  }

  /** Keeps what was left until its window has sent it again, or something of this engine's has become durable. */
  inherit(segments: readonly Segment[]): void {
    this.inherited = segments;
  }

  /** What is kept for a client that is none of these, and has not sent it: it is to be taken up after all. */
  orphaned(present: readonly string[]): readonly Segment[] {
    const isMissing = (client: string): boolean => !this.sentAgain.has(client) && !present.includes(client);
    const orphaned = this.inherited.filter(({ clients }) => clients.some(isMissing));
    this.inherited = this.inherited.filter((segment) => !orphaned.includes(segment));
    return orphaned;
  }

  /** What a crash left behind is in the document. */
  forget(): void {
    this.schedule();
  }

  /** Resolves when what was scheduled is on its way no longer. */
  async flush(): Promise<void> {
    this.timer?.cancel();
    this.timer = null;
    if (this.isBehind) this.put();
    await this.putting;
  }

  private open(heads: Heads, actor: string, client: string): Segment {
    const last = this.segments.at(-1);
    if (this.isOpen && last) {
      if (!last.clients.includes(client)) last.clients.push(client);
      return last;
    }
    const follows = this.segments.length > 0 && this.after === heads.join() && !this.isCut;
    this.isCut = false;
    const segment: Segment = { actor, clients: [client], heads: [...heads], follows, steps: [], title: null };
    this.segments.push(segment);
    this.isOpen = true;
    return segment;
  }

  private schedule(): void {
    this.isBehind = true;
    this.timer ??= this.clock.after(journalEveryMs, () => {
      this.timer = null;
      this.put();
    });
  }

  private put(): void {
    this.isBehind = false;
    const segments = structuredClone([...this.inherited, ...this.segments]);
    this.putting = this.putting
      .then(() => this.journal.write(this.document, segments))
      .catch((error: unknown) => console.warn("the journal was not written", this.document, error));
  }
}

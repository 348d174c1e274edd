/**
 * How far the relay's feed has been dealt with: what was told of and is not done yet, and so from where on to ask the
 * next time. It passes nothing that is not done, and believes no sequence that goes back.
 */
import type { FeedMessage } from "../../relay/protocol/messages.ts";
import type { FeedPosition } from "./ledger.ts";
import { feedWaitingMax } from "./limits.ts";
import type { DocumentId } from "./port.ts";

export type FeedEntry = FeedMessage["entries"][number];

export class FeedClient {
  private epoch: string;
  /** All up to here was told of. */
  private told: number;
  /** Sequences that are not dealt with by document, in ascending order. */
  private readonly sequences = new Map<DocumentId, number>();
  /** More was told than is taken at once: the rest has to be asked for again. */
  private isCut = false;
  /** The relay said that there was no more. */
  isLevel = false;

  constructor({ epoch, after }: FeedPosition) {
    this.epoch = epoch;
    this.told = after;
  }

  /** From where on to ask. */
  get position(): FeedPosition {
    for (const first of this.sequences.values()) return { epoch: this.epoch, after: first - 1 };
    return { epoch: this.epoch, after: this.told };
  }

  /** Whether what was cut off can be asked for now. */
  get wantsMore(): boolean {
    return this.isCut && this.sequences.size < feedWaitingMax / 2;
  }

  /** It was asked to go on from `position`: what was cut off comes again. */
  askedAgain(): void {
    this.isCut = false;
  }

  /** @returns what is new, each document once; `isOther` where it is another feed than before */
  take({ epoch, entries, upTo, isLast }: FeedMessage): { entries: FeedEntry[]; isOther: boolean } {
    const isOther = epoch !== this.epoch;
    if (isOther) {
      this.epoch = epoch;
      this.told = 0;
      this.isCut = this.isLevel = false;
      this.sequences.clear();
    }
    if (this.isCut) return { entries: [], isOther };
    const taken = new Map<DocumentId, FeedEntry>();
    for (const entry of entries) {
      if (entry.sequence <= this.told) continue;
      if (this.sequences.size >= feedWaitingMax && !this.sequences.has(entry.documentId)) {
        this.isCut = true;
        break;
      }
      this.told = entry.sequence;
      // A document is in the feed once, where it was last committed to: what was told of it before is in this.
      this.sequences.delete(entry.documentId);
      this.sequences.set(entry.documentId, entry.sequence);
      taken.set(entry.documentId, entry);
    }
    if (!this.isCut) {
      this.told = Math.max(this.told, upTo);
      this.isLevel ||= isLast;
    }
    return { entries: [...taken.values()], isOther };
  }

  /** What was told of a document so far is dealt with. */
  done(document: DocumentId): void {
    this.sequences.delete(document);
  }
}

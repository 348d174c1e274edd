/**
 * Makes documents durable that no session looks after, the lists of the library: whatever changes in them is saved, and
 * saved again until the disk takes it. automerge-repo saves once, after a while, and lets go.
 */
import type { DocHandle } from "@automerge/automerge-repo/slim";
import { Backoff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { saveRetryFirstMs, saveRetryMostMs } from "./limits.ts";
import type { DocumentId } from "./port.ts";

export type KeepingParts = {
  /** Resolves when what the document has now is durable; rejects with the reason where the disk refuses it. */
  save: (document: DocumentId) => Promise<void>;
  clock: Clock;
  random: () => number;
};

export class Keeping {
  private readonly parts: KeepingParts;
  /** Savings under way, and whether something changed since they began. */
  private readonly saving = new Map<DocumentId, { isBehind: boolean; done: Promise<void> }>();

  constructor(parts: KeepingParts) {
    this.parts = parts;
  }

  /** From now on, and what it has now. */
  watch(handle: DocHandle<unknown>): void {
    const document = handle.documentId;
    handle.on("heads-changed", () => this.changed(document));
    this.changed(document);
  }

  /** Resolves when all that was changed so far is durable, however long that takes. */
  async settled(): Promise<void> {
    await Promise.all([...this.saving.values()].map(({ done }) => done));
  }

  private changed(document: DocumentId): void {
    const known = this.saving.get(document);
    if (known) {
      known.isBehind = true;
      return;
    }
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const saving = { isBehind: true, done };
    this.saving.set(document, saving);
    const backoff = new Backoff(saveRetryFirstMs, saveRetryMostMs, this.parts.random);
    const save = async (): Promise<void> => {
      try {
        while (saving.isBehind) {
          saving.isBehind = false;
          await this.parts.save(document);
        }
        this.saving.delete(document);
        resolve();
      } catch (error) {
        saving.isBehind = true;
        console.warn("a list was not saved; it is tried again", document, error);
        this.parts.clock.after(backoff.next(), () => void save());
      }
    };
    // After the change that is being made.
    queueMicrotask(() => void save());
  }
}

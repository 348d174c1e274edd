/**
 * What documents are, and where they belong, beside the second copy: without it a library whose browser storage is
 * lost would be a heap of documents that nobody lists. And what a backup knew of that, taken in at the next start.
 */
import { z } from "zod";
import type { ValueName } from "../../electron/keep.ts";
import { Backoff } from "./backoff.ts";
import type { Clock, Timer } from "./clock.ts";
import type { Copy } from "./copy.ts";
import { parseLedgerValue, type Ledger } from "./ledger.ts";
import {
  copyRetryFirstMs,
  copyRetryMostMs,
  recallAgainMs,
  recallAttemptsWhenEmpty,
  recallWithinMs,
  rememberEveryMs,
} from "./limits.ts";
import type { DocumentId, LibraryEntry } from "./port.ts";

const restorations = z.object({ ledger: z.unknown() });

export class Remembering {
  private readonly copy: Copy;
  private readonly clock: Clock;
  private readonly timers = new Map<ValueName, Timer>();
  private readonly triedAt = new Map<ValueName, number>();
  /** Of values that the copy has refused. */
  private readonly backoffs = new Map<ValueName, Backoff>();
  /** A value that could not be read must not be replaced by one that knows less. */
  private mayWrite = false;

  constructor(copy: Copy, clock: Clock) {
    this.copy = copy;
    this.clock = clock;
  }

  /**
   * Gives the ledger what it has lost, or what was restored.
   * @returns private lists that are not this profile's, for the library to take in
   */
  async recall(ledger: Ledger): Promise<DocumentId[]> {
    const lists: DocumentId[] = [];
    try {
      const isEmpty = !(await ledger.workspaces());
      const [known, restoration] = await this.read(isEmpty ? recallAttemptsWhenEmpty : 1);
      const kept = known === null ? null : parseLedgerValue(known);
      const restored = parseLedgerValue(restorations.safeParse(restoration).data?.ledger);
      if (kept && isEmpty) {
        console.warn("the browser's storage was empty: the library comes back from the second copy");
        // Where the disk takes nothing this engine knows it all the same, and the next one asks the copy again.
        await ledger.adopt(kept).catch((error: unknown) => console.warn("it is not noted yet", error));
      }
      const local = (await ledger.workspaces())?.local;
      // A list that is not ours is from a start at which the copy could not be read, or from a backup.
      for (const value of [kept, restored]) {
        if (!value?.workspaces || value.workspaces.local === local) continue;
        await ledger.adopt(value);
        lists.push(value.workspaces.local);
      }
      // What cannot be understood may be a later version's: it is not replaced by what knows less.
      this.mayWrite = known === null || kept !== null;
      if (!this.mayWrite) console.warn("the second copy's ledger cannot be understood, and is left as it is");
    } catch (error) {
      console.warn("what the second copy knows of the library cannot be read", error);
    }
    ledger.changed = () => this.later("ledger", () => ledger.value());
    // A start has better things to do.
    for (const name of ["ledger", "library"] as const) this.triedAt.set(name, this.clock.now());
    if (lists.length === 0) ledger.changed();
    return lists;
  }

  /** The values, or a rejection where they cannot be had in time: a healthy library does not wait for them. */
  private async read(attempts: number): Promise<[ledger: unknown, restored: unknown]> {
    const late = Promise.withResolvers<never>();
    const timer = this.clock.after(recallWithinMs, () =>
      late.reject(new Error("Deckle's main process does not answer")),
    );
    try {
      const values = Promise.all([this.copy.value("ledger"), this.copy.value("restored")]);
      return await Promise.race([values, late.promise]);
    } catch (error) {
      if (attempts <= 1) throw error;
      await new Promise<void>((resolve) => this.clock.after(recallAgainMs, resolve));
      return this.read(attempts - 1);
    } finally {
      timer.cancel();
    }
  }

  /** What was restored is in the library by now. */
  adopted(ledger: Ledger): void {
    ledger.changed();
    this.later("restored", () => Promise.resolve(null));
  }

  /** For whoever reads a backup without Automerge: which document is which. */
  listed(entries: readonly LibraryEntry[]): void {
    this.later("library", () => Promise.resolve({ entries }));
  }

  /** What was just made is noted at once, so that a disk that is full the moment after has it; then not too often. */
  private later(name: ValueName, value: () => Promise<unknown>, afterMs = this.restMs(name)): void {
    if (!this.mayWrite) return;
    this.timers.get(name)?.cancel();
    const write = async (): Promise<void> => {
      this.timers.delete(name);
      this.triedAt.set(name, this.clock.now());
      try {
        await this.copy.setValue(name, await value());
        this.backoffs.delete(name);
      } catch (error) {
        console.warn("the second copy does not know what changed in the library", name, error);
        const backoff = this.backoffs.get(name) ?? new Backoff(copyRetryFirstMs, copyRetryMostMs, () => 1);
        this.backoffs.set(name, backoff);
        if (!this.timers.has(name)) this.later(name, value, backoff.next());
      }
    };
    this.timers.set(
      name,
      this.clock.after(afterMs, () => void write()),
    );
  }

  private restMs(name: ValueName): number {
    const triedAt = this.triedAt.get(name);
    if (triedAt === undefined) return 0;
    return Math.min(rememberEveryMs, Math.max(0, triedAt + rememberEveryMs - this.clock.now()));
  }
}

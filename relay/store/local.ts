/**
 * The store as the rest of the relay knows it, on the thread that calls it: requests are answered in the order in
 * which they come, each at once; what takes long goes on in turns between them, and what can wait (merging, the log
 * into the file) when nobody does.
 */
import type { Batch, Bytes, Committed, FeedPage, Listed, Range, Report, Snapshot } from "../sync/ports.ts";
import type { Records } from "../access/ports.ts";
import { writeBackup } from "./backup.ts";
import { reasonOf } from "./problem.ts";
import { SqliteStore } from "./sqlite.ts";
import type { Identity, Outcome, Stats, Store, Verified } from "./store.ts";

export class LocalStore implements Store {
  readonly #core: SqliteStore;
  /** Each call takes a step; it returns whether there are more. */
  readonly #work = new Set<() => boolean>();
  #turn: NodeJS.Immediate | undefined;
  #copying: Promise<unknown> = Promise.resolve();

  readonly records: Records = {
    load: () => Promise.resolve(this.#core.accessRows()),
    write: (changes, audit) => Promise.resolve(this.#core.writeAccess(changes, audit)),
    audit: (after, count) => Promise.resolve(this.#core.audit(after, count)),
  };

  /** Throws `StoreProblem`. */
  constructor(file: string, report?: Report) {
    this.#core = new SqliteStore(file, report);
    this.#work.add(this.#tidy);
    this.#schedule();
  }

  get identity(): Identity {
    return this.#core.identity;
  }
  isReady(): boolean {
    return this.#core.isReady();
  }

  async list(documentId: string, from: number): Promise<Listed> {
    return this.#core.list(documentId, from);
  }
  async read(documentId: string, ranges: readonly Range[]): Promise<Bytes> {
    return this.#core.read(documentId, ranges);
  }
  async commit(batches: readonly Batch[]): Promise<Committed> {
    const committed = this.#core.commit(batches);
    this.#work.add(this.#tidy);
    this.#schedule();
    return committed;
  }
  async feed(after: number, count: number): Promise<FeedPage> {
    return this.#core.feed(after, count);
  }
  snapshot(documentId: string): Promise<Snapshot | undefined> {
    return this.#inTurns(this.#core.snapshot(documentId));
  }
  keepSnapshot(documentId: string, snapshot: Snapshot): Promise<void> {
    return this.#inTurns(this.#core.keepSnapshot(documentId, snapshot));
  }
  verify(): Promise<Verified> {
    return this.#inTurns(this.#core.verify());
  }
  async stats(): Promise<Stats | undefined> {
    return this.#core.stats();
  }

  async rest(): Promise<void> {
    this.#core.rest();
  }

  backup(file: string): Promise<Outcome> {
    return writeBackup(file, (temporary) => this.copyTo(temporary));
  }
  /** Rejects. The copy is consistent, and nothing more is known of it. */
  copyTo(file: string): Promise<void> {
    const copying = this.#core.copyTo(file);
    this.#copying = Promise.allSettled([this.#copying, copying]);
    return copying;
  }

  async stop(): Promise<void> {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#core.close();
    // What was in the middle of something is told so, by a file that is closed.
    while (this.#work.size > 0) this.#step();
    await this.#copying;
  }

  readonly #tidy = (): boolean => this.#core.tidy();

  #inTurns<Result>(steps: Generator<undefined, Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#work.add(() => {
        try {
          const step = steps.next();
          if (!step.done) return true;
          resolve(step.value);
        } catch (error) {
          reject(new Error(reasonOf(error)));
        }
        return false;
      });
      this.#schedule();
    });
  }

  #schedule(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#step();
      if (this.#work.size > 0) this.#schedule();
    });
  }

  #step(): void {
    for (const work of this.#work) if (!work()) this.#work.delete(work);
  }
}

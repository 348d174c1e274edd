/**
 * The store in a thread of its own, so that neither forcing a commit to disk nor opening a long document keeps sockets
 * waiting. Calls are numbered; if the thread dies, all that wait are answered with that, and so is everything after:
 * the store is not ready any more, and the process had better be started again.
 */
import { Worker } from "node:worker_threads";
import type { Records } from "../access/ports.ts";
import type { Batch, Bytes, Committed, FeedPage, Listed, Range, Report, Snapshot } from "../sync/ports.ts";
import { storeCallsAtOnceMax } from "../protocol/limits.ts";
import { writeBackup } from "./backup.ts";
import {
  movable,
  packBatches,
  unpackList,
  type CallName,
  type Calls,
  type Reply,
  type Request,
  type Task,
} from "./calls.ts";
import { StoreProblem } from "./problem.ts";
import type { Identity, Outcome, Stats, Store, Verified } from "./store.ts";

export interface ThreadedOptions {
  /** What happens to the file, for the log. */
  readonly report?: Report;
  /** Where `thread.ts` is, if it was built to another place than beside this. */
  readonly thread?: URL;
}

/** TypeScript beside TypeScript in a checkout, JavaScript beside JavaScript where it was built. */
const besideThis = (): URL =>
  new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);

export class ThreadedStore implements Store {
  readonly identity: Identity;
  readonly #worker: Worker;
  readonly #thread: URL;
  readonly #pending = new Map<number, { give: (value: unknown) => void; fail: (reason: string) => void }>();
  readonly #exited: Promise<void>;
  /** Calls that are not commits: few go over at a time, so that a commit waits behind few. */
  readonly #queue: (() => void)[] = [];
  readonly #underWay = new Set<number>();
  #lastId = 0;
  #isReady: boolean;
  /** Why no call is made any more. */
  #gone: string | undefined;

  private constructor(worker: Worker, thread: URL, identity: Identity, isReady: boolean, report: Report) {
    this.identity = identity;
    this.#worker = worker;
    this.#thread = thread;
    this.#isReady = isReady;
    worker.on("message", (reply: Reply) => this.#take(reply, report));
    worker.on("error", (error) => {
      report("store-died", { reason: error.message });
      this.#end(`the store's thread died: ${error.message}`);
    });
    this.#exited = new Promise((resolve) => {
      worker.once("exit", (code) => {
        if (this.#gone === undefined) report("store-died", { code });
        this.#end("the store's thread is gone: the relay must be started again");
        resolve();
      });
    });
  }

  /** Rejects with `StoreProblem`, in words for the person who starts the relay. */
  static async open(file: string, options: ThreadedOptions = {}): Promise<ThreadedStore> {
    const { report = () => {}, thread = besideThis() } = options;
    const worker = start(thread, { kind: "serve", file });
    return new Promise((resolve, reject) => {
      worker.once("error", (error) => reject(new StoreProblem(`the store's thread died: ${error.message}`)));
      worker.once("exit", () =>
        reject(new StoreProblem("the store's thread ended before the file was open")),
      );
      const opening = (reply: Reply): void => {
        if (reply.kind === "report") return report(reply.event, reply.facts);
        worker.off("message", opening);
        worker.removeAllListeners("error");
        if (reply.kind === "opened")
          return resolve(new ThreadedStore(worker, thread, reply.identity, reply.isReady, report));
        reject(new StoreProblem(reply.kind === "problem" ? reply.message : "the store's thread is confused"));
      };
      worker.on("message", opening);
    });
  }

  isReady(): boolean {
    return this.#isReady && this.#gone === undefined;
  }

  async list(documentId: string, from: number): Promise<Listed> {
    const listed = await this.#call("list", { documentId, from });
    return listed.ok ? unpackList(listed.value) : listed;
  }

  async read(documentId: string, ranges: readonly Range[]): Promise<Bytes> {
    const read = await this.#call("read", { documentId, ranges });
    return read.ok ? read.value : read;
  }

  async commit(batches: readonly Batch[]): Promise<Committed> {
    const packed = packBatches(batches);
    const committed = await this.#call("commit", packed, [packed.numbers.buffer, packed.bytes.buffer]);
    return committed.ok ? committed.value : committed;
  }

  async feed(after: number, count: number): Promise<FeedPage> {
    const page = await this.#call("feed", { after, count });
    return page.ok ? page.value : page;
  }

  async snapshot(documentId: string): Promise<Snapshot | undefined> {
    const snapshot = await this.#call("snapshot", { documentId });
    return snapshot.ok ? snapshot.value : undefined;
  }

  async keepSnapshot(documentId: string, { upTo, heads, bytes }: Snapshot): Promise<void> {
    // A view is copied alone: sent as it is, all of the buffer behind it would go over.
    const snapshot = {
      upTo,
      heads: movable(new Uint8Array(heads)),
      bytes: movable(new Uint8Array(bytes)),
    };
    await this.#call("keepSnapshot", { documentId, snapshot }, [
      snapshot.heads.buffer,
      snapshot.bytes.buffer,
    ]);
  }

  async verify(): Promise<Verified> {
    const verified = await this.#call("verify", undefined);
    if (verified.ok) return verified.value;
    return { documents: 0, changes: 0, faults: [verified.reason], notes: [] };
  }

  async stats(): Promise<Stats | undefined> {
    const stats = await this.#call("stats", undefined);
    return stats.ok ? stats.value : undefined;
  }

  readonly records: Records = {
    load: async () => {
      const loaded = await this.#call("accessRows", undefined);
      return loaded.ok ? loaded.value : undefined;
    },
    write: async (changes, audit) => {
      const written = await this.#call("writeAccess", { changes, audit });
      return written.ok ? written.value : { ok: false, stale: false, reason: written.reason };
    },
    audit: async (after, count) => {
      const page = await this.#call("audit", { after, count });
      return page.ok ? page.value : undefined;
    },
  };

  async rest(): Promise<void> {
    await this.#call("rest", undefined);
  }

  /** The copy is proved in a thread of its own: commits go on. */
  backup(file: string): Promise<Outcome> {
    const copy = async (temporary: string): Promise<void> => {
      const copied = await this.#call("copyTo", { file: temporary });
      const outcome = copied.ok ? copied.value : copied;
      if (!outcome.ok) throw new StoreProblem(outcome.reason);
    };
    return writeBackup(file, copy, (copied) => verifyInThread(copied, this.#thread));
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#gone === undefined) {
      const stopped = this.#call("stop", undefined);
      this.#gone = "the store is closed";
      await stopped;
    }
    await this.#exited;
  }

  #call<Name extends CallName>(
    name: Name,
    takes: Calls[Name]["takes"],
    moved: readonly ArrayBuffer[] = [],
  ): Promise<{ ok: true; value: Calls[Name]["gives"] } | { ok: false; reason: string }> {
    const gone = this.#gone;
    if (gone !== undefined) return Promise.resolve({ ok: false, reason: gone });
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#pending.set(id, {
        give: (value) => resolve({ ok: true, value: value as Calls[Name]["gives"] }),
        fail: (reason) => resolve({ ok: false, reason }),
      });
      const post = (): void => this.#worker.postMessage({ id, name, takes } as Request, moved);
      if (name === "commit" || name === "stop") return post();
      const go = (): void => {
        this.#underWay.add(id);
        post();
      };
      if (this.#underWay.size < storeCallsAtOnceMax) go();
      else this.#queue.push(go);
    });
  }

  #take(reply: Reply, report: Report): void {
    if ("isReady" in reply) this.#isReady = reply.isReady;
    if (reply.kind === "report") report(reply.event, reply.facts);
    if (reply.kind !== "answer") return;
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#underWay.delete(reply.id)) this.#queue.shift()?.();
    pending?.give(reply.gives);
  }

  #end(reason: string): void {
    this.#gone ??= reason;
    for (const { fail } of this.#pending.values()) fail(reason);
    this.#pending.clear();
  }
}

function start(thread: URL, task: Task): Worker {
  return new Worker(thread, { workerData: task, name: "store" });
}

function verifyInThread(file: string, thread: URL): Promise<Verified> {
  const worker = start(thread, { kind: "verify", file });
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => reject(new StoreProblem("the thread that proves the copy is gone")));
    worker.once("message", (reply: Reply) => {
      if (reply.kind === "verified") resolve(reply.verified);
      else reject(new StoreProblem(reply.kind === "problem" ? reply.message : "the copy was not proved"));
    });
  });
}

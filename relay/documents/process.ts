/**
 * Automerge in a child process (`child.ts`): one job at a time, bounded in time and memory, ended when it is idle.
 *
 * A document of 10 kB can be one of 1 GB, and WebAssembly's memory counts towards no limit of Node's, so the child's
 * resident memory is watched. Only Linux tells it (/proc); elsewhere the deadline and WebAssembly's own 4 GiB are all.
 * A child that fails or is killed costs its job, never the relay.
 */
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  documentDeadlineMs,
  documentProcessBytesMax,
  documentProcessIdleMs,
  documentsWaitingMax,
} from "../protocol/limits.ts";
import type { Documents, Report } from "../sync/ports.ts";
import type { Stretch } from "../sync/segment.ts";
import { answerSchema, type Answer, type Job } from "./messages.ts";

export interface DocumentProcessLimits {
  readonly deadlineMs: number;
  readonly bytesMax: number;
  readonly idleMs: number;
}

const defaults: DocumentProcessLimits = {
  deadlineMs: documentDeadlineMs,
  bytesMax: documentProcessBytesMax,
  idleMs: documentProcessIdleMs,
};
const watchMs = 50;
const pageBytes = 4096;
const childFile = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));

interface Waiting {
  readonly job: Job;
  readonly done: (answer: Answer) => void;
}

export class DocumentProcess implements Documents {
  readonly #report: Report;
  readonly #limits: DocumentProcessLimits;
  readonly #waiting: Waiting[] = [];
  #child: ChildProcess | undefined;
  #isBusy = false;
  #idle: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(report: Report, limits: Partial<DocumentProcessLimits> = {}) {
    this.#report = report;
    this.#limits = { ...defaults, ...limits };
  }

  async save(
    { count, body }: Pick<Stretch, "count" | "body">,
    heads: readonly string[],
  ): Promise<Uint8Array | undefined> {
    const answer = await this.#run({ type: "save", count, body, heads: [...heads] });
    return answer.type === "document" ? answer.document : undefined;
  }

  async changes(document: Uint8Array): Promise<Pick<Stretch, "count" | "body"> | undefined> {
    const answer = await this.#run({ type: "changes", document });
    return answer.type === "changes" ? { count: answer.count, body: answer.body } : undefined;
  }

  /** Ends the child; what waits is answered as failed. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#idle);
    this.#child?.kill("SIGKILL");
    for (const { done } of this.#waiting.splice(0)) done(failed("the relay stops"));
  }

  #run(job: Job): Promise<Answer> {
    if (this.#isStopped) return Promise.resolve(failed("the relay stops"));
    if (this.#waiting.length >= documentsWaitingMax) return Promise.resolve(failed("too many wait"));
    return new Promise((done) => {
      this.#waiting.push({ job, done });
      this.#next();
    });
  }

  #next(): void {
    if (this.#isBusy) return;
    const next = this.#waiting.shift();
    clearTimeout(this.#idle);
    if (!next) {
      this.#idle = setTimeout(() => {
        this.#child?.kill();
        this.#child = undefined;
      }, this.#limits.idleMs);
      this.#idle.unref();
      return;
    }
    this.#isBusy = true;
    const startedMs = performance.now();
    void this.#attempt(next.job).then((answer) => {
      this.#isBusy = false;
      const tookMs = Math.round(performance.now() - startedMs);
      this.#report(answer.type === "failed" ? "document-job-failed" : "document-job", {
        job: next.job.type,
        tookMs,
        ...(answer.type === "failed" ? { reason: answer.reason } : {}),
      });
      next.done(answer);
      this.#next();
    });
  }

  /** Where no process can be had (no memory, no descriptors) the job fails; the next one tries again. */
  async #attempt(job: Job): Promise<Answer> {
    try {
      this.#child ??= this.#start();
      return await this.#work(this.#child, job);
    } catch (error) {
      this.#child?.kill("SIGKILL");
      this.#child = undefined;
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  #start(): ChildProcess {
    const child = fork(childFile, [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // Without the second, V8 13.6 may free code of Automerge's twice and end the process (nodejs/node#66366).
      execArgv: ["--max-old-space-size=512", "--no-wasm-code-gc"],
    });
    const isGone = (): void => {
      if (this.#child === child) this.#child = undefined;
    };
    // Without a listener an error would end the relay. One that could not start has no exit.
    child.on("error", isGone);
    child.once("exit", isGone);
    child.unref();
    child.channel?.unref();
    return child;
  }

  /** Resolves with the child's answer, or with what became of the child. */
  #work(child: ChildProcess, job: Job): Promise<Answer> {
    return new Promise((resolve) => {
      let killedFor = "";
      const kill = (reason: string): void => {
        killedFor = reason;
        if (this.#child === child) this.#child = undefined;
        child.kill("SIGKILL");
        // Also where it does not die: nobody waits for it any longer.
        end(failed(reason));
      };
      const deadline = setTimeout(() => kill("it took too long"), this.#limits.deadlineMs);
      const watch = setInterval(() => {
        if (residentBytes(child.pid) > this.#limits.bytesMax) kill("it took too much memory");
      }, watchMs);
      const end = (answer: Answer): void => {
        clearTimeout(deadline);
        clearInterval(watch);
        child.off("message", onMessage);
        child.off("exit", onExit);
        child.off("error", onError);
        resolve(answer);
      };
      const onMessage = (message: unknown): void => {
        const answer = answerSchema.safeParse(message);
        end(answer.success ? answer.data : failed("it gave an answer that is none"));
      };
      const onExit = (): void => end(failed(killedFor || "its process ended"));
      const onError = (error: Error): void => kill(error.message);
      child.on("message", onMessage);
      child.once("exit", onExit);
      child.once("error", onError);
      child.send(job, (error) => {
        if (error) kill(error.message);
      });
    });
  }
}

const failed = (reason: string): Answer => ({ type: "failed", reason });

/** 0 where the system does not say. */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * pageBytes;
  } catch {
    return 0;
  }
}

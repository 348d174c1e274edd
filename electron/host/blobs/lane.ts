/**
 * One attempt after another, as long as there is something to attempt: waits after a failure of the way, which keeps
 * all waiting, and after a refusal, which keeps only that one.
 */
import { fullJitterMs } from "../../policy/full-jitter.ts";
import { blobAgainMsFirst, blobAgainMsMax, blobMissingMsMax } from "../../policy/limits.ts";

/** How one attempt went: `again` is of the way there, `refused` of this blob. */
export interface Tried {
  readonly how: "done" | "again" | "refused";
  /** Something has moved: the way is good. */
  readonly isFurther: boolean;
}

export interface LaneOptions {
  /** What is to be done now, most urgent first. */
  readonly waiting: () => Promise<readonly string[]>;
  readonly attempt: (each: string) => Promise<Tried>;
  readonly random: () => number;
  readonly nowMs: () => number;
  /** How many times shorter waits are, in tests. */
  readonly hurry: number;
}

export class Lane {
  readonly #options: LaneOptions;
  readonly #refused = new Map<string, { readonly attempts: number; readonly notBeforeMs: number }>();
  #attempts = 0;
  #notBeforeMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isWoken = false;
  #isStopped = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  isRefused(each: string): boolean {
    return this.#refused.has(each);
  }

  /** There may be something new to do. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isRunning) void this.#run();
  }

  startOver(): void {
    this.#attempts = 0;
    this.#notBeforeMs = 0;
    this.#refused.clear();
    this.wake();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    clearTimeout(this.#timer);
    let waitMs: number | null = 0;
    while (!this.#isStopped && (waitMs === 0 || this.#isWoken)) {
      this.#isWoken = false;
      waitMs = await this.#once().catch((error: unknown) => {
        console.error("images and files could not be looked at:", error);
        return this.#fail();
      });
    }
    this.#isRunning = false;
    if (waitMs !== null && !this.#isStopped) this.#timer = setTimeout(() => this.wake(), waitMs);
  }

  /** How long until there is something to do; null is until it is woken. */
  async #once(): Promise<number | null> {
    const { waiting, attempt, nowMs } = this.#options;
    const all = await waiting();
    if (all.length === 0) return null;
    const atMs = nowMs();
    if (atMs < this.#notBeforeMs) return this.#notBeforeMs - atMs;
    const due = (each: string): number => this.#refused.get(each)?.notBeforeMs ?? 0;
    const next = all.find((each) => due(each) <= atMs);
    if (next === undefined) return Math.min(...all.map(due)) - atMs;
    const { how, isFurther } = await attempt(next);
    if (isFurther || how !== "again") this.#attempts = 0;
    if (how === "again") return this.#fail();
    if (how === "done") this.#refused.delete(next);
    else this.#refuse(next);
    return 0;
  }

  #fail(): number {
    const waitMs = this.#waitMs(this.#attempts++, blobAgainMsMax);
    this.#notBeforeMs = this.#options.nowMs() + waitMs;
    return waitMs;
  }

  #refuse(each: string): void {
    const attempts = this.#refused.get(each)?.attempts ?? 0;
    const notBeforeMs = this.#options.nowMs() + this.#waitMs(attempts, blobMissingMsMax);
    this.#refused.set(each, { attempts: attempts + 1, notBeforeMs });
  }

  #waitMs(attempts: number, mostMs: number): number {
    const { random, hurry } = this.#options;
    return Math.ceil(fullJitterMs(attempts, blobAgainMsFirst, mostMs, random) / hurry);
  }
}

/** Main's end of the thread that checks words: questions with deadlines, and another thread after one that died. */
import { Worker } from "node:worker_threads";
import { spellingMemoryMb } from "../../policy/limits.ts";
import type { FromThread, ToThread } from "./messages.ts";

type Question = ToThread extends infer Each ? (Each extends ToThread ? Omit<Each, "ask"> : never) : never;

export class SpellingThread {
  readonly #script: string;
  readonly #died: () => void;
  #worker: Worker | null = null;
  #ask = 0;
  #waiting = new Map<number, (words: readonly string[] | null) => void>();

  /** `died` is told after all its questions were answered with null. */
  constructor(script: string, died: () => void) {
    this.#script = script;
    this.#died = died;
  }

  /** Null where there was no answer in time, or the thread died meanwhile. */
  ask(question: Question, withinMs: number): Promise<readonly string[] | null> {
    const ask = ++this.#ask;
    return new Promise((resolve) => {
      const settle = (words: readonly string[] | null): void => {
        clearTimeout(deadline);
        this.#waiting.delete(ask);
        resolve(words);
      };
      const deadline = setTimeout(() => settle(null), withinMs);
      this.#waiting.set(ask, settle);
      (this.#worker ??= this.#start()).postMessage({ ...question, ask });
    });
  }

  /** Ends it, with whatever it is busy with. */
  stop(): void {
    const worker = this.#worker;
    this.#worker = null;
    void worker?.terminate();
    for (const settle of this.#waiting.values()) settle(null);
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      resourceLimits: { maxOldGenerationSizeMb: spellingMemoryMb },
    });
    worker.unref();
    worker.on("message", ({ ask, words }: FromThread) => this.#waiting.get(ask)?.(words));
    const ended = (): void => {
      if (this.#worker !== worker) return;
      this.stop();
      this.#died();
    };
    worker.on("error", ended);
    worker.on("exit", ended);
    return worker;
  }
}

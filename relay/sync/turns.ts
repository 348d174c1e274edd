/**
 * Work that takes a while, shared fairly: what one connection causes is done in order, and connections take turns.
 * A turn ends after `turnMs`, so that what else happens (edits, acknowledgements, commits) waits no longer than that
 * and one piece of work. A connection for which too much waits is not read from until it is less.
 */
import { turnMs, waitingBytesMax, waitingBytesOfAllMax } from "../protocol/limits.ts";
import type { Connection, Timing } from "./ports.ts";

type Waiter = Pick<Connection, "id" | "pause" | "resume">;

export class Turns {
  readonly #timing: Timing;
  readonly #onBug: (error: unknown) => void;
  readonly #workById = new Map<number, (() => void)[]>();
  readonly #bytesByWaiter = new Map<Waiter, number>();
  readonly #paused = new Set<Waiter>();
  #bytes = 0;
  #isScheduled = false;

  constructor(timing: Timing, onBug: (error: unknown) => void) {
    this.#timing = timing;
    this.#onBug = onBug;
  }

  /** Bytes of frames that wait to be worked off. */
  get bytes(): number {
    return this.#bytes;
  }

  add(connectionId: number, work: () => void): void {
    const waiting = this.#workById.get(connectionId);
    if (waiting) waiting.push(work);
    else this.#workById.set(connectionId, [work]);
    this.#schedule();
  }

  /** These bytes are held until the same is given to `release`. */
  hold(waiter: Waiter, bytes: number): void {
    const held = (this.#bytesByWaiter.get(waiter) ?? 0) + bytes;
    this.#bytesByWaiter.set(waiter, held);
    this.#bytes += bytes;
    if (held <= waitingBytesMax && this.#bytes <= waitingBytesOfAllMax) return;
    // Once, as it is resumed once.
    if (this.#paused.has(waiter)) return;
    this.#paused.add(waiter);
    waiter.pause();
  }

  release(waiter: Waiter, bytes: number): void {
    const held = (this.#bytesByWaiter.get(waiter) ?? 0) - bytes;
    if (held > 0) this.#bytesByWaiter.set(waiter, held);
    else this.#bytesByWaiter.delete(waiter);
    this.#bytes -= bytes;
    if (this.#paused.size === 0 || this.#bytes > waitingBytesOfAllMax / 2) return;
    for (const paused of this.#paused) {
      if ((this.#bytesByWaiter.get(paused) ?? 0) > waitingBytesMax / 2) continue;
      this.#paused.delete(paused);
      paused.resume();
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#workById.size === 0) return;
    this.#isScheduled = true;
    this.#timing.after(0, () => {
      this.#isScheduled = false;
      this.#turn();
      this.#schedule();
    });
  }

  #turn(): void {
    const endMs = this.#timing.nowMs() + turnMs;
    for (const [id, waiting] of this.#workById) {
      const work = waiting.shift();
      // To the end of the line, if there is more.
      this.#workById.delete(id);
      if (waiting.length > 0) this.#workById.set(id, waiting);
      try {
        work?.();
      } catch (error) {
        this.#onBug(error);
      }
      if (this.#timing.nowMs() >= endMs) return;
    }
  }
}

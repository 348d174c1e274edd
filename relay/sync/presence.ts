/**
 * The presence lane of one connection: a token bucket, and above it the latest frame of each document only.
 * Nothing here queues behind edits, and what waits is bounded; older presence is worthless once newer is here.
 */
import { ephemeralBurstMax, ephemeralPerSecondMax, ephemeralWaitingMax } from "../protocol/limits.ts";
import type { EphemeralFrame } from "../protocol/messages.ts";

export class PresenceLane {
  #tokens = ephemeralBurstMax;
  #filledAtMs: number;
  readonly #latestByDocument = new Map<string, EphemeralFrame>();

  constructor(nowMs: number) {
    this.#filledAtMs = nowMs;
  }

  get isWaiting(): boolean {
    return this.#latestByDocument.size > 0;
  }

  /** Whether the frame may go at once; otherwise it takes the place of the document's last waiting one. */
  offer(frame: EphemeralFrame, nowMs: number): boolean {
    if (this.#latestByDocument.size === 0 && this.#spend(nowMs)) return true;
    const isNew = !this.#latestByDocument.has(frame.documentId);
    if (!isNew || this.#latestByDocument.size < ephemeralWaitingMax)
      this.#latestByDocument.set(frame.documentId, frame);
    return false;
  }

  /** Waiting frames whose turn has come. */
  take(nowMs: number): EphemeralFrame[] {
    const taken: EphemeralFrame[] = [];
    for (const [documentId, frame] of this.#latestByDocument) {
      if (!this.#spend(nowMs)) break;
      this.#latestByDocument.delete(documentId);
      taken.push(frame);
    }
    return taken;
  }

  #spend(nowMs: number): boolean {
    // A clock set back must not lock anyone out: time that did not pass fills nothing and costs nothing.
    const passedMs = Math.max(0, nowMs - this.#filledAtMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(ephemeralBurstMax, this.#tokens + (passedMs / 1000) * ephemeralPerSecondMax);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

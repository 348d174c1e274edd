/**
 * Presence has its own lane: nothing of it queues behind edits nor before them, what waits is bounded, and older
 * presence is worthless once newer is here.
 *
 * `PresenceLane` is one connection's way in: a token bucket, and above it the latest frame of each document only.
 * `RoomPresence` is one document's way out: what came within a tick goes out together, encoded once for all who take
 * several frames in one; the tick is longer where more people listen, and a socket that is behind gets none. What a
 * client calls itself is not passed on: a frame says by a name of ours who it is from.
 */
import { encodeSharedMap } from "../protocol/cbor.ts";
import {
  ephemeralBurstMax,
  ephemeralOutboundBytesMax,
  ephemeralPerSecondMax,
  ephemeralWaitingMax,
  presenceBatchMax,
  presenceTickMsMax,
  presenceTickMsMin,
  presenceTickMsPer100,
} from "../protocol/limits.ts";
import type { EphemeralFrame } from "../protocol/messages.ts";
import type { Connection } from "./ports.ts";

export class PresenceLane {
  #tokens = ephemeralBurstMax;
  #filledAtMs: number;
  readonly #latestByDocument = new Map<string, EphemeralFrame>();
  #dropped = 0;

  constructor(nowMs: number) {
    this.#filledAtMs = nowMs;
  }

  /** Frames that newer ones took the place of, or for which there was none. */
  get dropped(): number {
    return this.#dropped;
  }
  get isWaiting(): boolean {
    return this.#latestByDocument.size > 0;
  }

  /** Whether the frame may go at once; otherwise it takes the place of the document's last waiting one. */
  offer(frame: EphemeralFrame, nowMs: number): boolean {
    if (this.#latestByDocument.size === 0 && this.#spend(nowMs)) return true;
    const isNew = !this.#latestByDocument.has(frame.documentId);
    const fits = !isNew || this.#latestByDocument.size < ephemeralWaitingMax;
    if (!isNew || !fits) this.#dropped++;
    if (fits) this.#latestByDocument.set(frame.documentId, frame);
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

interface RoomPresenceSetting {
  readonly relayId: string;
  readonly documentId: string;
  after(delayMs: number, run: () => void): void;
  /** Whoever may hear it now. */
  listeners(): Connection[];
}
interface State {
  readonly from: Connection;
  readonly frame: EphemeralFrame;
}

export class RoomPresence {
  readonly #setting: RoomPresenceSetting;
  #states: State[] = [];
  #tickMs = presenceTickMsMin;

  constructor(setting: RoomPresenceSetting) {
    this.#setting = setting;
  }

  /** What comes is bounded by the senders' lanes. */
  add(from: Connection, frame: EphemeralFrame): void {
    this.#states.push({ from, frame });
    if (this.#states.length === 1) this.#setting.after(this.#tickMs, () => this.#flush());
  }

  #flush(): void {
    const states = this.#states;
    this.#states = [];
    const listeners = this.#setting.listeners();
    const wanted = (listeners.length / 100) * presenceTickMsPer100;
    this.#tickMs = Math.min(presenceTickMsMax, Math.max(presenceTickMsMin, wanted));
    for (let at = 0; at < states.length; at += presenceBatchMax)
      this.#send(listeners, states.slice(at, at + presenceBatchMax));
  }

  #send(listeners: readonly Connection[], states: readonly State[]): void {
    const senders = new Set(states.map(({ from }) => from.id));
    let batch: Uint8Array | undefined;
    let single: Uint8Array[] | undefined;
    for (const listener of listeners) {
      if (listener.unsentBytes > ephemeralOutboundBytesMax) continue;
      if (senders.size === 1 && senders.has(listener.id)) continue;
      if (listener.deckle && states.length > 1) {
        batch ??= this.#batchFrame(states);
        listener.send(batch);
      } else {
        single ??= states.map((each) => this.#singleFrame(each));
        for (const [i, { from }] of states.entries())
          if (from.id !== listener.id) listener.send(single[i] ?? new Uint8Array(0));
      }
    }
  }

  #batchFrame(states: readonly State[]): Uint8Array {
    const { relayId, documentId } = this.#setting;
    const list = states.map(({ from, frame }) => [from.self, frame.count, frame.sessionId, frame.data]);
    return encodeSharedMap({ type: "presences", senderId: relayId, documentId, states: list }, "targetId");
  }

  #singleFrame({ from, frame: { type, count, sessionId, documentId, data } }: State): Uint8Array {
    return encodeSharedMap({ type, senderId: from.self, count, sessionId, documentId, data }, "targetId");
  }
}

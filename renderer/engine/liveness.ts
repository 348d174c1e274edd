/**
 * Whether the relay at the other end of an open socket is still there. A browser does not say: of a line that is dead
 * without having been closed (a laptop that slept, a router that forgot) a socket never tells.
 *
 * After a silence the relay is asked; what counts is only what it answers. The wait for that is made of short ones, each
 * of which counts for no more than it was, however late it ends: neither a busy engine nor a sleeping machine takes
 * the relay for dead, nor does the clock decide anything but when to ask. While bytes go out the line is alive, and what
 * is known to be under way, in either direction, is given the time that a slow line takes for it.
 */
import type { Clock, Timer } from "./clock.ts";
import {
  aliveAfterMs,
  aliveLooks,
  aliveWithinMs,
  slowestLineBytesPerSecond,
  underWayBytesMax,
} from "./limits.ts";

export type LivenessParts = {
  clock: Clock;
  /** Bytes in the socket that the system has not taken yet. */
  waitingBytes: () => number;
  ask: () => void;
  /** Nobody is there. It is stopped then. */
  dead: () => void;
};

export class Liveness {
  private readonly parts: LivenessParts;
  private timer: Timer | null = null;
  private heardAt = 0;
  private hasHeard = false;
  /** Bytes that went to the system, or are to come in one frame, since the relay was last heard. */
  private underWayBytes = 0;
  private waitedBytes = 0;
  private looks = 0;

  constructor(parts: LivenessParts) {
    this.parts = parts;
  }

  start(): void {
    this.heard();
    this.rest(aliveAfterMs);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** Anything came in. */
  heard(): void {
    this.hasHeard = true;
    this.heardAt = this.parts.clock.now();
    this.underWayBytes = 0;
  }

  /** So much was sent, or announced to come in one frame. */
  underWay(bytes: number): void {
    this.underWayBytes = Math.min(underWayBytesMax, this.underWayBytes + bytes);
  }

  private rest(ms: number): void {
    this.hasHeard = false;
    this.timer = this.parts.clock.after(ms, () => {
      if (!this.hasHeard) return this.ask();
      const sinceMs = this.parts.clock.now() - this.heardAt;
      // A clock that was put elsewhere makes this a wait as any other.
      this.rest(sinceMs >= 0 && sinceMs < aliveAfterMs ? aliveAfterMs - sinceMs : aliveAfterMs);
    });
  }

  private ask(): void {
    this.parts.ask();
    this.waitedBytes = this.parts.waitingBytes();
    this.looks = 0;
    this.look();
  }

  private look(): void {
    this.timer = this.parts.clock.after(aliveWithinMs / aliveLooks, () => {
      if (this.hasHeard) return this.rest(aliveAfterMs);
      const bytes = this.parts.waitingBytes();
      this.looks = bytes < this.waitedBytes ? 0 : this.looks + 1;
      this.waitedBytes = bytes;
      const more = (1000 * this.underWayBytes) / slowestLineBytesPerSecond / (aliveWithinMs / aliveLooks);
      if (this.looks < aliveLooks + more) return this.look();
      this.timer = null;
      this.parts.dead();
    });
  }
}

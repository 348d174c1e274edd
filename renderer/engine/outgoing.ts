/**
 * Tells how many bytes wait in the connection to go out: a fact of the socket, read again a few times a second for
 * as long as there are any. It begins with more than a moment's worth and ends with none; no timer runs otherwise.
 * What the system has taken counts as gone, and is not there yet: only a receipt says that.
 */
import type { Clock, Timer } from "./clock.ts";
import { sendingEveryMs, sendingFromBytes } from "./limits.ts";

export class Outgoing {
  private readonly clock: Clock;
  private readonly waitingBytes: () => number;
  private readonly tell: (bytes: number) => void;
  private timer: Timer | null = null;
  private told = 0;

  /** @param waitingBytes how many there are now; of a closed socket none, whatever it says itself */
  constructor(clock: Clock, waitingBytes: () => number, tell: (bytes: number) => void) {
    this.clock = clock;
    this.waitingBytes = waitingBytes;
    this.tell = tell;
  }

  /** Something was put into the socket. */
  sent(): void {
    if (this.timer === null && this.waitingBytes() > sendingFromBytes) this.look();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
    this.say(0);
  }

  private look(): void {
    const bytes = this.waitingBytes();
    this.timer = bytes > 0 ? this.clock.after(sendingEveryMs, () => this.look()) : null;
    this.say(bytes);
  }

  private say(bytes: number): void {
    if (bytes === this.told) return;
    this.told = bytes;
    this.tell(bytes);
  }
}

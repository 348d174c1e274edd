/**
 * Whether somebody else is on a document: each engine that has it open says so now and then, and
 * at once to a newcomer. Decides only how soon typing is sent; who they are is for presence.
 */
import type { Clock, Timer } from "./clock.ts";
import { hereEveryMs, hereExpiresMs } from "./limits.ts";

/** The one message; anything else on the ephemeral lane is not for us. */
const hello = "deckle/here";
const goodbye = "deckle/gone";

export class Company {
  private readonly seenAtByPeer = new Map<string, number>();
  private readonly clock: Clock;
  private readonly say: (message: string) => void;
  private timer: Timer | null = null;

  constructor(clock: Clock, say: (message: string) => void) {
    this.clock = clock;
    this.say = say;
    this.announce();
  }

  /** Says that we are here, now and then again. Called anew when the relay is back. */
  announce(): void {
    this.say(hello);
    this.timer?.cancel();
    this.timer = this.clock.after(hereEveryMs, () => this.announce());
  }

  /** A message from the ephemeral lane. */
  heard(peer: string, message: unknown): void {
    if (message === goodbye) this.seenAtByPeer.delete(peer);
    if (message !== hello) return;
    const known = this.seenAtByPeer.has(peer);
    this.seenAtByPeer.set(peer, this.clock.now());
    if (!known) this.announce();
  }

  get present(): boolean {
    const since = this.clock.now() - hereExpiresMs;
    for (const [peer, seenAt] of this.seenAtByPeer) {
      if (seenAt > since) return true;
      this.seenAtByPeer.delete(peer);
    }
    return false;
  }

  stop(): void {
    this.timer?.cancel();
    this.say(goodbye);
  }
}

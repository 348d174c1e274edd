/**
 * Whether somebody else is on a document: each engine that has it open says so now and then, and
 * at once to a newcomer. Decides how soon typing is sent; who they are is for presence. And which heads
 * each of them said to have on its disk: a claim of another device, shown as that and relied on for nothing.
 */
import { z } from "zod";
import type { Clock, Timer } from "./clock.ts";
import { hasEveryMs, hasHeadsMax, hereEveryMs, hereExpiresMs } from "./limits.ts";

/** The messages; anything else on the ephemeral lane is not for us. */
const hello = "deckle/here";
const goodbye = "deckle/gone";
const claims = z.object({
  type: z.literal("deckle/has"),
  heads: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .min(1)
    .max(hasHeadsMax),
});
type Claim = z.infer<typeof claims>;

/** More devices than are ever on one document. */
const peersMax = 1_000;

export class Company {
  private readonly seenAtByPeer = new Map<string, number>();
  /** What each peer said last that it has; kept when it goes, for it has it still. */
  private readonly headsByPeer = new Map<string, readonly string[]>();
  private readonly clock: Clock;
  private readonly say: (message: string | Claim) => void;
  private timer: Timer | null = null;
  private durable: readonly string[] = [];
  private hasTimer: Timer | null = null;

  constructor(clock: Clock, say: (message: string | Claim) => void) {
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

  /** A message from the ephemeral lane. @returns whether it told of heads */
  heard(peer: string, message: unknown): boolean {
    if (message === goodbye) this.seenAtByPeer.delete(peer);
    if (message === hello) {
      const known = this.seenAtByPeer.has(peer);
      this.seenAtByPeer.set(peer, this.clock.now());
      if (!known) this.announce();
      if (!known) this.tellHas();
      return false;
    }
    const claim = claims.safeParse(message);
    if (!claim.success || (!this.headsByPeer.has(peer) && this.headsByPeer.size >= peersMax)) return false;
    this.headsByPeer.set(peer, claim.data.heads);
    return true;
  }

  /** These are durable here: whoever is on the document is told, at most once in `hasEveryMs`. */
  has(heads: readonly string[]): void {
    if (heads.join() === this.durable.join()) return;
    this.durable = [...heads];
    if (this.present) this.tellHas();
  }

  /** What others claim to have. */
  get claimed(): (readonly string[])[] {
    return [...this.headsByPeer.values()];
  }

  private tellHas(): void {
    this.hasTimer ??= this.clock.after(hasEveryMs, () => {
      this.hasTimer = null;
      if (this.durable.length > 0 && this.durable.length <= hasHeadsMax)
        this.say({ type: "deckle/has", heads: [...this.durable] });
    });
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
    this.hasTimer?.cancel();
    this.say(goodbye);
  }
}

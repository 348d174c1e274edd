/**
 * How often somebody may show an invite that is none: a few times at once, then now and then.
 *
 * Only for invites. A ticket has 256 bits, lives seconds and is asked for with a signature: there is nothing to guess,
 * and to count wrong ones would only let a stranger lock members out. Behind a reverse proxy the whole internet has
 * one address, and so has an office or a train: whoever is wrong there must not shut the door to those who are right.
 * So what is right about a device always gets in, and what an outsider can make us do is bounded by what a request
 * costs: one signature to check.
 *
 * Of invites there is something to count, as they are links that people pass on. Wrong ones are counted by address
 * *and* by the first bits of the invite's hash. Whoever guesses 128 bits is held to a few thousand a second, which
 * is nothing; whoever wants to lock a neighbour out has to know their invite, or to keep all parts of all secrets
 * wrong all the time, which is a flood like any other. An address is a whole /64 of IPv6, of which one machine has
 * as many as it likes. Addresses that a proxy claims are not read: anybody can claim them.
 */
import { attemptBurst, attemptEveryMs, attemptPlacesMax } from "../protocol/limits.ts";

/** Of an invite's hash, in hex: 4,096 parts. */
const partChars = 3;

export class Attempts {
  /** When all wrong attempts in one place will be forgiven; oldest first. */
  readonly #forgivenMs = new Map<string, number>();

  isAllowed(address: string, invite: string, nowMs: number): boolean {
    const forgivenMs = this.#forgivenMs.get(placeOf(address, invite)) ?? 0;
    return forgivenMs - nowMs <= (attemptBurst - 1) * attemptEveryMs;
  }

  failed(address: string, invite: string, nowMs: number): void {
    const place = placeOf(address, invite);
    const forgivenMs = Math.max(nowMs, this.#forgivenMs.get(place) ?? 0) + attemptEveryMs;
    this.#forgivenMs.delete(place);
    this.#forgivenMs.set(place, forgivenMs);
    for (const [each, untilMs] of this.#forgivenMs) {
      // Whoever comes from more places than are kept is guessing 128 bits all the same.
      if (untilMs > nowMs && this.#forgivenMs.size <= attemptPlacesMax) break;
      this.#forgivenMs.delete(each);
    }
  }
}

const placeOf = (address: string, invite: string): string =>
  `${networkOf(address)} ${invite.slice(0, partChars)}`;

/** The address itself, or the /64 in which one of IPv6 is. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return groups.slice(0, 4).join(":");
}

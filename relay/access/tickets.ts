/**
 * Tickets: what a device got for its signature, to be shown once and soon. Only hashes are kept. A device has few at a
 * time, the oldest gives way, so nobody can fill the book with what they are entitled to.
 */
import { ticketMs, ticketsPerDeviceMax } from "../protocol/limits.ts";
import type { Purpose } from "../protocol/challenge.ts";
import { toBase64url, toHex } from "./encoding.ts";
import type { Crypto } from "./ports.ts";

const ticketBytes = 32;
export const ticketPattern = /^[A-Za-z0-9_-]{43}$/;

export interface Ticket {
  readonly workspace: string;
  readonly device: string;
  readonly purpose: Purpose;
}
interface Kept extends Ticket {
  readonly endMs: number;
}

export class Tickets {
  readonly #crypto: Pick<Crypto, "random" | "sha256">;
  /** By hash. */
  readonly #kept = new Map<string, Kept>();
  /** Hashes by device, oldest first. */
  readonly #byDevice = new Map<string, string[]>();

  constructor(crypto: Pick<Crypto, "random" | "sha256">) {
    this.#crypto = crypto;
  }

  get size(): number {
    return this.#kept.size;
  }

  issue(ticket: Ticket, nowMs: number): string {
    this.#forgetEnded(nowMs);
    const bytes = this.#crypto.random(ticketBytes);
    const text = toBase64url(bytes);
    const hash = this.#hashOf(text);
    this.#kept.set(hash, { ...ticket, endMs: nowMs + ticketMs });
    const own = this.#byDevice.get(ticket.device) ?? [];
    own.push(hash);
    this.#byDevice.set(ticket.device, own);
    const [oldest] = own;
    if (own.length > ticketsPerDeviceMax && oldest !== undefined) this.#take(oldest);
    return text;
  }

  /** Whose it is, if it is for this; it is gone with this, whatever is said. */
  redeem(text: string, purpose: Purpose, nowMs: number): Ticket | undefined {
    if (!ticketPattern.test(text)) return undefined;
    const ticket = this.#take(this.#hashOf(text));
    return ticket && ticket.purpose === purpose && ticket.endMs > nowMs ? ticket : undefined;
  }

  /** The device is not let in there any more. */
  revoke(workspace: string, device: string): void {
    for (const hash of this.#byDevice.get(device) ?? [])
      if (this.#kept.get(hash)?.workspace === workspace) this.#take(hash);
  }

  #forgetEnded(nowMs: number): void {
    for (const [hash, { endMs }] of this.#kept) {
      if (endMs > nowMs) return;
      this.#take(hash);
    }
  }

  #take(hash: string): Kept | undefined {
    const kept = this.#kept.get(hash);
    if (!kept) return undefined;
    this.#kept.delete(hash);
    const left = (this.#byDevice.get(kept.device) ?? []).filter((each) => each !== hash);
    if (left.length > 0) this.#byDevice.set(kept.device, left);
    else this.#byDevice.delete(kept.device);
    return kept;
  }

  #hashOf(text: string): string {
    return toHex(this.#crypto.sha256(Uint8Array.from(text, (char) => char.charCodeAt(0))));
  }
}

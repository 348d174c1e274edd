/**
 * Invites that the system hands over: links that the person opened anywhere. The newest waits until a window
 * has asked about it, so none is lost while a window loads. Links are secrets: they are passed on and written
 * nowhere.
 */
import { inviteAmong } from "../policy/invitation.ts";

export class Invitations {
  #waiting: string | null = null;

  /** Told to each window that starts, until one has read it. */
  get waiting(): string | null {
    return this.#waiting;
  }

  /** What the system said: where there is no invite in it, one that waits goes on waiting. */
  take(words: readonly string[]): void {
    this.#waiting = inviteAmong(words) ?? this.#waiting;
  }

  /** A window has asked about this link, so it is known there. */
  wasRead(link: string): void {
    if (link === this.#waiting) this.#waiting = null;
  }
}

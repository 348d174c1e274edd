/**
 * Pastes that the app itself asks main for: as plain text, and once more where the clipboard was named but not there.
 * Chromium names what is on the clipboard when a paste begins and reads it when it is asked: if the clipboard was
 * changed in between, and on X11 word of a change comes a little after it, it reads nothing at all.
 */
import { pasteAgainAfterMs, plainPasteWithinMs } from "../editor/limits.ts";

export class Pasting {
  #paste: (isPlain: boolean) => Promise<unknown>;
  #plainUntilMs = 0;
  /** How often the last paste was asked for again. */
  #again = 0;

  /** @param paste has main paste where the focus is */
  constructor(paste: (isPlain: boolean) => Promise<unknown>) {
    this.#paste = paste;
  }

  /** What comes of it is taken as text, Markdown too. */
  async plain(): Promise<void> {
    this.#again = 0;
    await this.#pastePlain();
  }

  /** Whether the paste that comes now is one of those. Asked once a paste. */
  takesPlain(): boolean {
    const isPlain = performance.now() < this.#plainUntilMs;
    this.#plainUntilMs = 0;
    return isPlain;
  }

  /** A paste has brought what was named. */
  came(): void {
    this.#again = 0;
  }

  /** A paste has brought nothing of what was named. @returns whether it is tried again */
  again(isPlain: boolean): boolean {
    const afterMs = pasteAgainAfterMs[this.#again++];
    if (afterMs === undefined) {
      this.#again = 0;
      return false;
    }
    setTimeout(() => void (isPlain ? this.#pastePlain() : this.#paste(false)), afterMs);
    return true;
  }

  #pastePlain(): Promise<unknown> {
    this.#plainUntilMs = performance.now() + plainPasteWithinMs;
    return this.#paste(true);
  }
}

/**
 * The title of an open document: what the field shows, what the engine was told, what it answered.
 *
 * The engine echoes every `title` it merges, so while somebody types, what arrives may be behind
 * the field. It is adopted only once the field has been quiet for a moment; nothing moves under
 * the caret meanwhile.
 */
import { titleQuietMs } from "./limits.ts";

type Effects = { send(base: string, value: string): void; pendingChanged(): void };

export class TitleSync {
  #effects: Effects;
  #value: string;
  #open = false;
  /** The value the engine knew before the changes that it has not been sent yet. */
  #unsentFrom: string | null = null;
  /** The values sent since the last `saved`, oldest first: an engine that died may have any of them. */
  #sent: string[] = [];
  #arrived: string | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #listeners = new Set<() => void>();

  constructor(value: string, effects: Effects) {
    this.#value = value;
    this.#effects = effects;
  }

  get value(): string {
    return this.#value;
  }

  /** Whether the engine has yet to be told of something typed. */
  get pending(): boolean {
    return this.#unsentFrom !== null;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The person changed the field. */
  input(value: string): void {
    if (value === this.#value) return;
    const base = this.#value;
    this.#setValue(value);
    this.#arrived = null;
    this.#waitForQuiet();
    if (this.#open) return this.#send(base, value);
    this.#unsentFrom ??= base;
    this.#effects.pendingChanged();
  }

  /** The engine opened the document, perhaps anew, with this title. */
  opened(title: string): void {
    this.#open = true;
    const from = this.#unsentFrom ?? this.#sent.findLast((value) => value === title) ?? this.#sent[0];
    this.#unsentFrom = null;
    if (from === undefined || title === this.#value) this.#setValue(title);
    else if (from !== this.#value) this.#send(from, this.#value);
    this.#effects.pendingChanged();
  }

  receive(title: string): void {
    if (this.#timer !== null) this.#arrived = title;
    else this.#setValue(title);
  }

  /** Everything the engine had is on disk. */
  saved(): void {
    this.#sent = [];
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#listeners.clear();
  }

  #send(base: string, value: string): void {
    if (this.#sent.length === 0) this.#sent.push(base);
    this.#sent.push(value);
    this.#effects.send(base, value);
  }

  #waitForQuiet(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#arrived !== null) this.#setValue(this.#arrived);
      this.#arrived = null;
    }, titleQuietMs);
  }

  #setValue(value: string): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }
}

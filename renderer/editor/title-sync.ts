/**
 * The title of an open document: what the field shows, what the engine was told, what it answered.
 *
 * The engine echoes every `title` it merges, so while somebody types, what arrives may be behind
 * the field. It is adopted only once the field has been quiet for a moment; nothing moves under
 * the caret meanwhile. After an engine's death what was typed here is sent again, edit by edit: what
 * others did to the title comes from them, and sent from here as well it would be there twice.
 */
import { titleQuietMs } from "./limits.ts";

type Effects = { send(base: string, value: string): void; pendingChanged(): void };

type Edit = {
  readonly base: string;
  readonly value: string;
  /** Titles with this edit and those before it, and none after it: an engine that has one of them has these. */
  readonly titles: Set<string>;
};

export class TitleSync {
  #effects: Effects;
  #value: string;
  #open = false;
  /** Own edits that are not known to be on the disk, oldest first. */
  #edits: Edit[] = [];
  /** How many of them the engine was sent, and how many it has answered, which it does in their order. */
  #sent = 0;
  #answered = 0;
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
    return this.#sent < this.#edits.length;
  }

  /** Whether something was sent that the engine has not answered: what it said before says nothing of it. */
  get isUnderWay(): boolean {
    return this.#answered < this.#sent;
  }

  /** Whether something typed is not known to be on the disk. */
  get isUnsaved(): boolean {
    return this.#edits.length > 0;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The person changed the field. */
  input(value: string): void {
    if (value === this.#value) return;
    this.#edits.push({ base: this.#value, value, titles: new Set([value]) });
    this.#setValue(value);
    this.#arrived = null;
    this.#waitForQuiet();
    if (this.#open) this.#sendEdits();
    else this.#effects.pendingChanged();
  }

  /** An engine is asked to open the document: what is typed waits until it has. */
  opening(): void {
    this.#open = false;
  }

  /**
   * The engine opened the document, perhaps anew, with this title.
   * @param isSame whether it is the engine that has answered what was answered
   */
  opened(title: string, isSame: boolean): void {
    // Opened unasked it gets what is under way as well.
    if (!this.#open) this.#sent = this.#answered = this.#heldBy(title, isSame);
    this.#open = true;
    this.#sendEdits();
    this.receive(title);
    this.#effects.pendingChanged();
  }

  /** @param isAnswer to what was typed here */
  receive(title: string, isAnswer = false): void {
    if (isAnswer && this.isUnderWay) this.#answered++;
    this.#edits[this.#answered - 1]?.titles.add(title);
    this.#arrived = title;
    this.#adopt();
  }

  /** Everything the engine had is on disk. */
  saved(): void {
    this.#edits.splice(0, this.#answered);
    this.#sent -= this.#answered;
    this.#answered = 0;
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#listeners.clear();
  }

  /** How many edits an engine with this title has. In doubt none: what is there twice can be deleted. */
  #heldBy(title: string, isSame: boolean): number {
    const known = this.#edits.slice(0, this.#sent).findLastIndex(({ titles }) => titles.has(title)) + 1;
    return isSame ? Math.max(this.#answered, known) : known;
  }

  #sendEdits(): void {
    while (this.pending) {
      const edit = this.#edits[this.#sent++];
      if (edit) this.#effects.send(edit.base, edit.value);
    }
  }

  #waitForQuiet(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#adopt();
    }, titleQuietMs);
  }

  /** What arrived before the engine took all that was typed lacks some of it. */
  #adopt(): void {
    if (this.#arrived === null || this.#timer !== null || this.pending || this.isUnderWay) return;
    const title = this.#arrived;
    this.#arrived = null;
    this.#setValue(title);
  }

  #setValue(value: string): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }
}

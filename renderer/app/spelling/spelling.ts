/**
 * Spelling in this window: what main has answered about words, the word that a menu is for, and going from one
 * misspelled word to the next.
 */
import { TextSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import type { Bridge } from "../../../electron/ipc.ts";
import type { SpellingHost } from "../../editor/spelling.ts";
import { chooseWord, misspelledBetween, respell } from "../../editor/spelling.ts";
import { wordAt, wordIn } from "../../editor/spelled-words.ts";
import type { SpelledWord } from "../../editor/spelled-words.ts";
import { spellingAnswersMax, spellingWordsMax } from "../limits.ts";

export type SpellingOptions = {
  readonly bridge: Pick<Bridge, "checkWords" | "menuWord" | "spellingMenu">;
  readonly view: () => EditorView | null;
  readonly tell: (words: string) => void;
};

type Field = HTMLInputElement | HTMLTextAreaElement;
const fieldOf = (target: EventTarget | null): Field | null =>
  target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "text")
    ? target
    : null;

export class Spelling {
  readonly #options: SpellingOptions;
  readonly #listeners = new Set<() => void>();
  #answers = new Map<string, boolean>();
  /** What was known before something changed: shown until it is known anew. */
  #before: ReadonlyMap<string, boolean> = new Map();
  #asked = new Set<string>();
  #chosenIn: { readonly field: Field; readonly word: SpelledWord } | null = null;

  constructor(options: SpellingOptions) {
    this.#options = options;
  }

  readonly host: SpellingHost = {
    isKnown: (word) => this.#answers.has(word),
    isWrong: (word) => this.#answers.get(word) ?? this.#before.get(word) ?? false,
    learn: (words) => void this.#learn(words),
    subscribe: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  /** Other languages, or words that are right now. */
  changed(): void {
    this.#before = this.#answers;
    this.#answers = new Map();
    this.#asked = new Set();
    this.#tell();
  }

  /** A context menu opens: main shows it, and has to know which word it is for. */
  menuOpens(event: MouseEvent): void {
    const field = fieldOf(event.target);
    this.#chosenIn = null;
    void this.#options.bridge.menuWord(field ? this.#chooseInField(field) : this.#chooseInText(event));
  }

  /** Another spelling was chosen from a menu. */
  respell(word: string, by: string): void {
    const chosen = this.#chosenIn;
    if (!chosen) {
      const view = this.#options.view();
      if (!view?.editable) return;
      respell(word, by)(view.state, view.dispatch, view);
      return view.focus();
    }
    const { field } = chosen;
    const { from, to } = chosen.word;
    if (field.readOnly || field.value.slice(from, to) !== word) return;
    field.focus();
    field.setSelectionRange(from, to);
    // Nothing else of a field can be undone.
    document.execCommand("insertText", false, by);
  }

  /** Goes to the misspelled word at the caret, or the next one, and shows what it may have been meant to be. */
  async correct(): Promise<void> {
    const field = fieldOf(document.activeElement);
    if (field) return this.#correctField(field);
    const view = this.#options.view();
    if (!view) return;
    const found = await this.#next(view);
    if (view.isDestroyed) return;
    if (!found) return this.#options.tell("No misspelled word was found.");
    const { tr } = view.state;
    view.dispatch(tr.setSelection(TextSelection.create(tr.doc, found.from, found.to)).scrollIntoView());
    view.dispatch(chooseWord(view.state, found));
    view.focus();
    this.#chosenIn = null;
    const { left, bottom } = view.coordsAtPos(found.from);
    await this.#options.bridge.spellingMenu(found.word, { x: Math.round(left), y: Math.round(bottom) });
  }

  async #correctField(field: Field): Promise<void> {
    const word = this.#chooseInField(field);
    if (word === null) return;
    const { left, bottom } = field.getBoundingClientRect();
    await this.#options.bridge.spellingMenu(word, { x: Math.round(left), y: Math.round(bottom) });
  }

  #chooseInField(field: Field): string | null {
    const word = wordIn(field.value, field.selectionStart ?? 0);
    this.#chosenIn = word && { field, word };
    return word?.word ?? null;
  }

  #chooseInText(event: MouseEvent): string | null {
    const view = this.#options.view();
    if (!view || !(event.target instanceof Node) || !view.dom.contains(event.target)) return null;
    // The menu key has no pointer: the menu is for where the caret is.
    const pos =
      event.button === 2
        ? view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos
        : view.state.selection.from;
    const word = pos === undefined ? null : wordAt(view.state.doc, pos);
    view.dispatch(chooseWord(view.state, word));
    return word?.word ?? null;
  }

  /** From the caret to the end, and then from the start. */
  async #next(view: EditorView): Promise<SpelledWord | null> {
    const { from, to, empty } = view.state.selection;
    const at = wordAt(view.state.doc, from);
    // One that is selected was gone to already.
    const start = at && !empty && at.from === from && at.to === to ? to + 1 : (at?.from ?? from);
    const { size } = view.state.doc.content;
    return (await this.#firstBetween(view, start, size)) ?? this.#firstBetween(view, 0, size);
  }

  async #firstBetween(view: EditorView, from: number, to: number): Promise<SpelledWord | null> {
    for (;;) {
      if (view.isDestroyed) return null;
      const { state } = view;
      const end = Math.min(to, state.doc.content.size);
      const { wrong, unknown } = misspelledBetween(state, from, end, this.host);
      const first = wrong.find((each) => each.from >= from && this.#answers.has(each.word));
      if (first || unknown.length === 0) return first ?? null;
      await this.#learn(unknown.slice(0, spellingWordsMax));
      if (unknown.some((word, i) => i < spellingWordsMax && !this.#answers.has(word))) return null;
    }
  }

  async #learn(words: readonly string[]): Promise<void> {
    const answers = this.#answers;
    const asked = this.#asked;
    const unknown = words.filter((word) => !asked.has(word)).slice(0, spellingWordsMax);
    if (unknown.length === 0) return;
    for (const word of unknown) asked.add(word);
    const wrong = new Set(await this.#options.bridge.checkWords([...unknown]));
    if (answers !== this.#answers) return;
    if (answers.size > spellingAnswersMax) answers.clear();
    for (const word of unknown) {
      asked.delete(word);
      answers.set(word, wrong.has(word));
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * Marks misspelled words under the text, without touching the document or its DOM: ranges of a CSS highlight. Only
 * what is on the screen is looked at, and blocks that have not changed are not read again, so nothing here is as
 * long as the document.
 */
import { closeHistory } from "prosemirror-history";
import { Plugin, PluginKey } from "prosemirror-state";
import type { Command, EditorState, PluginView, Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { misspelledShownMax, spellingAfterMs } from "./limits.ts";
import { PaintedRanges } from "./painted-ranges.ts";
import { wordsOfBlock } from "./spelled-words.ts";
import type { SpelledWord } from "./spelled-words.ts";
import { visibleStretch } from "./visible-stretch.ts";

/** Who knows how words are spelled. */
export type SpellingHost = {
  /** Where it is not, there may be a guess all the same. */
  isKnown(word: string): boolean;
  isWrong(word: string): boolean;
  /** Finds out about words; listeners are told when something is known. */
  learn(words: readonly string[]): void;
  subscribe(listener: () => void): () => void;
};

const highlightName = "misspelled";
type State = {
  /** The word that a menu is open for: it moves with what others write. */
  readonly chosen: SpelledWord | null;
};
const key = new PluginKey<State>("spelling");

function follow(tr: Transaction, { chosen }: State): State {
  const set = tr.getMeta(key) as State | undefined;
  if (set) return set;
  if (!chosen || !tr.docChanged) return { chosen };
  const [from, to] = [tr.mapping.map(chosen.from, 1), tr.mapping.map(chosen.to, -1)];
  return { chosen: from < to ? { ...chosen, from, to } : null };
}

/** Remembers the word that a menu is opened for. */
export const chooseWord = (state: EditorState, chosen: SpelledWord | null): Transaction =>
  state.tr.setMeta(key, { chosen } satisfies State).setMeta("addToHistory", false);

/**
 * Writes the chosen word in another way, as one edit that is undone by itself. Letters that stay keep their marks.
 * False where the word is not there any more.
 */
export const respell =
  (word: string, by: string): Command =>
  (state, dispatch) => {
    const chosen = key.getState(state)?.chosen;
    if (!chosen || state.doc.textBetween(chosen.from, chosen.to) !== word) return false;
    let start = 0;
    while (start < word.length && start < by.length && word[start] === by[start]) start++;
    let end = 0;
    const room = Math.min(word.length, by.length) - start;
    while (end < room && word.at(-1 - end) === by.at(-1 - end)) end++;
    const tr = state.tr.insertText(by.slice(start, by.length - end), chosen.from + start, chosen.to - end);
    dispatch?.(closeHistory(tr).scrollIntoView());
    return true;
  };

/** The words of a stretch that are spelled wrong, and those of which it is not known. */
export function misspelledBetween(
  state: EditorState,
  from: number,
  to: number,
  host: Pick<SpellingHost, "isKnown" | "isWrong">,
): { wrong: readonly SpelledWord[]; unknown: readonly string[] } {
  const wrong: SpelledWord[] = [];
  const unknown = new Set<string>();
  state.doc.nodesBetween(from, to, (node, pos) => {
    if (!node.isTextblock) return true;
    const start = pos + 1;
    for (const each of wordsOfBlock(node)) {
      if (start + each.to < from || start + each.from > to) continue;
      if (!host.isKnown(each.word)) unknown.add(each.word);
      if (host.isWrong(each.word) && wrong.length < misspelledShownMax)
        wrong.push({ word: each.word, from: start + each.from, to: start + each.to });
    }
    return false;
  });
  return { wrong, unknown: [...unknown] };
}

export const spellingPlugin = (host: SpellingHost): Plugin<State> =>
  new Plugin<State>({
    key,
    state: { init: () => ({ chosen: null }), apply: follow },
    view: (view) => new Marks(view, host),
  });

class Marks implements PluginView {
  readonly #view: EditorView;
  readonly #host: SpellingHost;
  readonly #painted: PaintedRanges;
  readonly #stop = new AbortController();
  readonly #unsubscribe: () => void;
  /** The word at the caret is not finished, and not marked. */
  #isTyping = false;
  #frame: number | null = null;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(view: EditorView, host: SpellingHost) {
    this.#view = view;
    this.#host = host;
    this.#painted = new PaintedRanges(view, highlightName);
    const { signal } = this.#stop;
    const again = (): void => this.#soon();
    window.addEventListener("scroll", again, { capture: true, passive: true, signal });
    window.addEventListener("resize", again, { passive: true, signal });
    this.#unsubscribe = host.subscribe(again);
    this.#soon();
  }

  update(view: EditorView, before: EditorState): void {
    const isChanged = before.doc !== view.state.doc;
    if (!isChanged && before.selection.eq(view.state.selection)) return;
    this.#isTyping = isChanged;
    this.#soon();
  }

  destroy(): void {
    this.#stop.abort();
    this.#unsubscribe();
    clearTimeout(this.#later);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#painted.destroy();
  }

  #soon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (!this.#view.isDestroyed) this.#mark();
    });
  }

  #mark(): void {
    const { state } = this.#view;
    const shown = visibleStretch(this.#view);
    const { wrong, unknown } = misspelledBetween(state, shown.from, shown.to, this.#host);
    const caret = this.#isTyping && state.selection.empty ? state.selection.head : null;
    this.#painted.show(wrong.filter(({ to }) => to !== caret));
    clearTimeout(this.#later);
    if (unknown.length > 0) this.#later = setTimeout(() => this.#host.learn(unknown), spellingAfterMs);
  }
}

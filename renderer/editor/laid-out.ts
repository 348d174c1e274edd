/**
 * Which blocks of a long text are laid out: those in the window and some screens around it. The browser walks over all
 * that is laid out at each key, several times; what is far away is in the page and takes no room, and two empty boxes
 * above and below stand for it, as high as it was when it was last seen or as high as text of its length mostly is.
 *
 * The blocks are marked in the page behind ProseMirror's back, for its decorations would cost more at each key than
 * they save. A new element has no mark, so what is not known of yet is shown.
 *
 * The blocks of the selection's two ends are always laid out, wherever they are: the browser moves from there, and a
 * range whose end is nowhere would be cut.
 */
import { Plugin, Selection, TextSelection } from "prosemirror-state";
import type { Command, EditorState, PluginView } from "prosemirror-state";
import type { Node } from "prosemirror-model";
import type { EditorView } from "prosemirror-view";
import {
  laidOutBlocksMin,
  laidOutHeightPxGuess,
  laidOutLettersInLine,
  laidOutMarginHeights,
  laidOutMarginHeightsMin,
} from "./limits.ts";

/** Whether a screen reader is there: it reads what is laid out, and so is given all. */
export type ReadAloud = { get(): boolean; subscribe(listener: () => void): () => void };

/** Children of the text, from the first to before the last. */
type Range = { readonly first: number; readonly last: number };

export const farAttribute = "data-far";

const watching = new WeakMap<EditorView, LaidOut>();

/** The elements of the text's blocks that are laid out, in order. */
export function laidOutElements(view: EditorView): readonly Element[] {
  return watching.get(view)?.elements() ?? [...view.dom.children];
}

/** From where to where the text is laid out. */
export function laidOutStretch(view: EditorView): { readonly from: number; readonly to: number } {
  return watching.get(view)?.stretch() ?? { from: 0, to: view.state.doc.content.size };
}

/** Lays out what is around a position, if it is not: before anything there is measured or scrolled to. */
export function layOutAt(view: EditorView, pos: number): void {
  watching.get(view)?.layOutAt(pos);
}

/**
 * Lays out the blocks of a selection's two ends before the view shows it. To put a selection where nothing is laid out
 * the browser looks through all blocks up to one that is, each from the start: minutes, in a text of 30,000 of them.
 */
export function layOutEnds(view: EditorView, next: EditorState): void {
  watching.get(view)?.layOutEnds(next);
}

const isMac = /Mac|iP/.test(navigator.platform);

/** Which end of the document a key goes to; the browser would go to the end of what is laid out. */
function endOf({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): -1 | 1 | null {
  if (altKey || (isMac ? ctrlKey || !metaKey : metaKey || !ctrlKey)) return null;
  if (key === (isMac ? "ArrowUp" : "Home")) return -1;
  return key === (isMac ? "ArrowDown" : "End") ? 1 : null;
}

const goToEnd =
  (end: -1 | 1, isExtending: boolean): Command =>
  ({ doc, selection, tr }, dispatch) => {
    const at = end < 0 ? Selection.atStart(doc) : Selection.atEnd(doc);
    const next = isExtending ? TextSelection.between(selection.$anchor, at.$head) : at;
    dispatch?.(tr.setSelection(next).scrollIntoView());
    return true;
  };

export const laidOutPlugin = (isRead: ReadAloud): Plugin =>
  new Plugin({
    view: (view) => new LaidOut(view, isRead),
    props: {
      handleScrollToSelection(view) {
        layOutAt(view, view.state.selection.head);
        return false;
      },
      handleKeyDown(view, event) {
        const laidOut = watching.get(view);
        if (!laidOut?.isPartial) return false;
        const end = endOf(event);
        if (end !== null) return goToEnd(end, event.shiftKey)(view.state, view.dispatch);
        // What the browser does with the key begins where the caret is.
        if (!["Control", "Shift", "Alt", "Meta"].includes(event.key))
          layOutAt(view, view.state.selection.head);
        return false;
      },
    },
  });

/** How many lines a block fills, more or less. */
function linesOf(node: Node): number {
  if (node.type.spec.code) return node.textContent.split("\n").length + 1;
  if (node.isTextblock) return Math.max(1, Math.ceil(node.content.size / laidOutLettersInLine)) + 0.5;
  if (node.childCount === 0) return 4;
  let lines = 0;
  // Cells lie beside one another.
  if (node.type.spec["tableRole"] === "row") node.forEach((cell) => (lines = Math.max(lines, linesOf(cell))));
  else node.forEach((child) => (lines += linesOf(child)));
  return lines;
}

/** What blocks measure, as far as they were ever laid out, and what the others will. In CSS pixels. */
class Heights {
  #measured = new WeakMap<Node, number>();
  #lines = new WeakMap<Node, number>();
  #sum = { px: laidOutHeightPxGuess, lines: 1 };

  of(node: Node): number {
    return this.#measured.get(node) ?? (this.#linesOf(node) * this.#sum.px) / this.#sum.lines;
  }

  measure(node: Node, px: number): void {
    if (this.#measured.get(node) === px) return;
    this.#measured.set(node, px);
    this.#sum = { px: this.#sum.px + px, lines: this.#sum.lines + this.#linesOf(node) };
  }

  /** The page has another width, or its letters another size. */
  forget(): void {
    this.#measured = new WeakMap();
  }

  #linesOf(node: Node): number {
    const known = this.#lines.get(node);
    if (known !== undefined) return known;
    const lines = linesOf(node);
    this.#lines.set(node, lines);
    return lines;
  }
}

/** The children of the document in which a selection begins and ends. */
const endsOf = ({ childCount }: Node, { $anchor, $head }: Selection): readonly number[] =>
  [$anchor, $head].map((at) => Math.min(at.index(0), childCount - 1));

/** Where two documents' children begin to differ, and from where on they are the same again. */
function changedRange(before: Node, now: Node): { first: number; lastBefore: number; last: number } {
  const [old, fresh] = [before.children, now.children];
  let first = 0;
  while (first < old.length && first < fresh.length && old[first] === fresh[first]) first++;
  let [lastBefore, last] = [old.length, fresh.length];
  while (lastBefore > first && last > first && old[lastBefore - 1] === fresh[last - 1]) {
    lastBefore--;
    last--;
  }
  return { first, lastBefore, last };
}

/** ProseMirror takes marks in its page for somebody's edits; it stops listening like this for its own. */
type Observed = { readonly domObserver: { stop(): void; start(): void } };

class LaidOut implements PluginView {
  readonly #view: EditorView;
  readonly #scroller: Element | null;
  readonly #heights = new Heights();
  readonly #above: HTMLElement;
  readonly #below: HTMLElement;
  readonly #sizes: ResizeObserver;
  #range: Range | null = null;
  #abovePx = 0;
  /** What was at the top of the window when it was last looked at. */
  #pinned: { readonly element: Element; readonly top: number; readonly scrollTop: number } | null = null;
  #firstElement: Element | null = null;
  /** Whether an end of the selection is laid out although it is elsewhere. */
  #hasEnds = false;
  #width = 0;
  #frame: number | null = null;
  readonly #isRead: ReadAloud;
  readonly #stop: () => void;
  #scrolled = (): void => this.#look();

  constructor(view: EditorView, isRead: ReadAloud) {
    this.#view = view;
    this.#isRead = isRead;
    this.#stop = isRead.subscribe(() => {
      if (!isRead.get()) this.#begin();
      else if (this.#range) this.#end();
    });
    this.#scroller = view.dom.closest("[data-scroll]");
    [this.#above, this.#below] = [spacer(view), spacer(view)];
    this.#sizes = new ResizeObserver(() => {
      this.#keepPinned();
      this.#soon();
    });
    if (this.#scroller) {
      view.dom.before(this.#above);
      view.dom.after(this.#below);
      this.#scroller.addEventListener("scroll", this.#scrolled, { passive: true });
      this.#sizes.observe(this.#scroller);
      this.#sizes.observe(view.dom);
    }
    watching.set(view, this);
    this.#begin();
  }

  /** Whether not all of it is laid out. */
  get isPartial(): boolean {
    return this.#range !== null;
  }

  elements(): readonly Element[] {
    return this.#elements(this.#range ?? undefined);
  }

  stretch(): { from: number; to: number } {
    const { doc } = this.#view.state;
    if (!this.#range) return { from: 0, to: doc.content.size };
    let pos = 0;
    let from = 0;
    const { first, last } = this.#range;
    for (const [index, child] of doc.children.entries()) {
      if (index === first) from = pos;
      if (index === last) break;
      pos += child.nodeSize;
    }
    return { from, to: pos };
  }

  layOutAt(pos: number): void {
    if (!this.#range) return;
    const index = this.#indexAt(pos);
    if (index >= this.#range.first && index < this.#range.last) return;
    this.#measure();
    this.#show(this.#around(index));
    // Whoever asked scrolls there, or not: then what is in the window is laid out again.
    this.#soon();
  }

  /** @param next what the view is about to show: what is in the page is still what it shows now */
  layOutEnds({ doc, selection }: EditorState): void {
    const range = this.#range;
    if (!range) return;
    const { first, lastBefore, last } = changedRange(this.#view.state.doc, doc);
    const indexes = endsOf(doc, selection)
      // What is new in the page has no mark.
      .filter((index) => index < first || index >= last)
      .map((index) => (index < first ? index : index + lastBefore - last))
      .filter((index) => index < range.first || index >= range.last);
    if (indexes.length === 0) return;
    const elements = this.#elements();
    const ends = indexes
      .flatMap((index) => elements[index] ?? [])
      .filter((element) => element.hasAttribute(farAttribute));
    if (ends.length === 0) return;
    this.#hasEnds = true;
    this.#unobserved(() => {
      for (const element of ends) element.removeAttribute(farAttribute);
    });
  }

  update(view: EditorView, { doc: before, selection }: EditorState): void {
    const { doc } = view.state;
    if (doc !== before) this.#changed(before, doc);
    else if (
      this.#range &&
      !selection.eq(view.state.selection) &&
      (this.#hasEnds || !this.#isSelectionIn(this.#range))
    )
      this.#show(this.#range);
  }

  destroy(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#scroller?.removeEventListener("scroll", this.#scrolled);
    this.#sizes.disconnect();
    this.#stop();
    this.#scroller?.removeAttribute("data-partial");
    this.#above.remove();
    this.#below.remove();
    watching.delete(this.#view);
  }

  /** A text that is long enough is laid out from where the selection is. */
  #begin(): void {
    const { doc, selection } = this.#view.state;
    if (this.#range || this.#isRead.get() || !this.#scroller || doc.childCount < laidOutBlocksMin) return;
    this.#show(this.#around(this.#indexAt(selection.head)));
    this.#soon();
  }

  #changed(before: Node, doc: Node): void {
    if (!this.#range) return this.#begin();
    if (doc.childCount < laidOutBlocksMin) return this.#end();
    const { first, lastBefore, last } = changedRange(before, doc);
    const moved = (index: number, inside: number): number =>
      index <= first ? index : index >= lastBefore ? index + last - lastBefore : inside;
    // What comes in between is laid out: it may be what is typed right now.
    const range = { first: moved(this.#range.first, first), last: moved(this.#range.last, last) };
    this.#soon();
    const isTyping = last === lastBefore && last - first <= 1 && first >= range.first && last <= range.last;
    if (isTyping && !this.#hasEnds && this.#isSelectionIn(range)) return;
    this.#show(range.last > range.first ? range : this.#around(Math.min(range.first, doc.childCount - 1)));
  }

  #end(): void {
    this.#show({ first: 0, last: this.#view.state.doc.childCount });
    this.#range = null;
    this.#scroller?.removeAttribute("data-partial");
  }

  #soon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#look();
    });
  }

  /** Lays out what has come near the window, and no longer what is far from it. */
  #look(): void {
    this.#layOutSeen();
    this.#pin();
  }

  #layOutSeen(): void {
    const { first, last } = this.#range ?? {};
    if (first === undefined || last === undefined || !this.#scroller || this.#view.composing) return;
    const pane = this.#scroller.getBoundingClientRect();
    // A page that is not shown has no place for anything.
    if (pane.height === 0) return;
    if (pane.width !== this.#width) {
      if (this.#width > 0) this.#heights.forget();
      this.#width = pane.width;
    }
    const elements = this.#elements({ first, last });
    const { childCount } = this.#view.state.doc;
    const top = elements[0]?.getBoundingClientRect().top ?? 0;
    const bottom = elements.at(-1)?.getBoundingClientRect().bottom ?? 0;
    const least = laidOutMarginHeightsMin * pane.height;
    const most = 2 * laidOutMarginHeights * pane.height;
    const isEnough =
      (first === 0 || top <= pane.top - least) && (last === childCount || bottom >= pane.bottom + least);
    const isTooMuch = top < pane.top - most || bottom > pane.bottom + most;
    if (isEnough && !isTooMuch) return;
    this.#measure();
    const margin = laidOutMarginHeights * pane.height;
    const next = this.#within(pane.top - margin - top, pane.bottom + margin - top, first);
    // One block may be higher than all that is wanted.
    if (next.first !== first || next.last !== last) this.#show(next);
  }

  /** @returns the blocks between two distances, in pixels, from the top of the one that is `origin` */
  #within(from: number, to: number, origin: number): Range {
    const { children } = this.#view.state.doc;
    const height = (index: number): number => this.#heights.of(children[index] as Node);
    let first = origin;
    let y = 0;
    while (first > 0 && y > from) y -= height(--first);
    while (first < children.length - 1 && y + height(first) < from) y += height(first++);
    let last = first + 1;
    y += height(first);
    while (last < children.length && y < to) y += height(last++);
    return { first, last };
  }

  #around(index: number): Range {
    // The screen's, for to ask how high the page is would have all of it laid out.
    const margin = (laidOutMarginHeights + 1) * screen.height;
    return this.#within(-margin, margin, index);
  }

  /** What is laid out is measured before it goes: each block to where the next one begins. */
  #measure(): void {
    const range = this.#range;
    if (!range) return;
    const { children } = this.#view.state.doc;
    const tops = this.#elements(range).map((element) => element.getBoundingClientRect().top);
    for (const [index, top] of tops.entries()) {
      const next = tops[index + 1];
      if (next !== undefined) this.#heights.measure(children[range.first + index] as Node, next - top);
    }
  }

  /** Marks what is far, and has the empty boxes stand for it. What is in the window stays where it is. */
  #show(range: Range): void {
    const anchor = this.#range && this.#anchorFor(this.#range, range);
    this.#range = range;
    this.#scroller?.setAttribute("data-partial", "");
    const { children } = this.#view.state.doc;
    const ends = this.#selectionEnds();
    const turned: Element[] = [];
    let [above, below] = [0, 0];
    this.#hasEnds = false;
    const elements = this.#elements();
    this.#firstElement = elements[range.first] ?? null;
    for (const [index, element] of elements.entries()) {
      const child = children[index];
      if (!child) continue;
      const isElsewhere = index < range.first || index >= range.last;
      const isFar = isElsewhere && !ends.includes(index);
      this.#hasEnds ||= isElsewhere && !isFar;
      if (element.hasAttribute(farAttribute) !== isFar) turned.push(element);
      if (!isFar) continue;
      if (index < range.first) above += this.#heights.of(child);
      else below += this.#heights.of(child);
    }
    if (turned.length > 0)
      this.#unobserved(() => {
        for (const element of turned) element.toggleAttribute(farAttribute);
      });
    this.#below.style.blockSize = `${below}px`;
    if (!anchor) return this.#setAbove(above);
    // How high what is far above would be is a guess, and each a little different from the one before.
    const moved = anchor.element.getBoundingClientRect().top - anchor.top;
    const wanted = range.first === 0 ? 0 : Math.max(0, this.#abovePx - moved);
    const rest = wanted - this.#abovePx + moved;
    this.#setAbove(wanted);
    if (Math.abs(rest) >= 1 && this.#scroller) this.#scroller.scrollTop += rest;
    this.#pin();
  }

  #pin(): void {
    const range = this.#range;
    const anchor = range && this.#anchorFor(range, range);
    this.#pinned = anchor && { ...anchor, scrollTop: this.#scroller?.scrollTop ?? 0 };
  }

  /** A picture that has come, or what others write, above what somebody reads moves it no further. */
  #keepPinned(): void {
    const pinned = this.#pinned;
    if (!this.#range || !pinned || !this.#scroller || this.#scroller.scrollTop !== pinned.scrollTop) return;
    if (pinned.element.getClientRects().length === 0) return;
    const moved = pinned.element.getBoundingClientRect().top - pinned.top;
    if (Math.abs(moved) >= 1) this.#scroller.scrollTop += moved;
  }

  #setAbove(px: number): void {
    this.#abovePx = px;
    this.#above.style.blockSize = `${px}px`;
  }

  /** The first block in the window that is laid out before and after, and where it is; null where none is. */
  #anchorFor(before: Range, after: Range): { readonly element: Element; readonly top: number } | null {
    const first = Math.max(before.first, after.first);
    const last = Math.min(before.last, after.last);
    const pane = this.#scroller?.getBoundingClientRect();
    if (!pane || first >= last) return null;
    for (const element of this.#elements({ first, last })) {
      const { top, bottom } = element.getBoundingClientRect();
      if (bottom > pane.top) return top < pane.bottom ? { element, top } : null;
    }
    return null;
  }

  #selectionEnds(): readonly number[] {
    const { doc, selection } = this.#view.state;
    return endsOf(doc, selection);
  }

  #isSelectionIn({ first, last }: Range): boolean {
    return this.#selectionEnds().every((index) => index >= first && index < last);
  }

  /** By the document's children; what is drawn between them is left out. */
  #elements(
    { first, last }: Range = { first: 0, last: this.#view.state.doc.childCount },
  ): readonly Element[] {
    const elements: Element[] = [];
    // From one to the next: in `children` the browser counts from the first one for each.
    let index = this.#isFirst(first) ? first : 0;
    let at = index === 0 ? this.#view.dom.firstElementChild : this.#firstElement;
    for (; at && index < last; at = at.nextElementSibling) {
      if (at.classList.contains("ProseMirror-widget")) continue;
      if (index++ >= first) elements.push(at);
    }
    return elements;
  }

  /** Whether what was laid out first still is, so that nothing has to be counted. */
  #isFirst(index: number): boolean {
    const first = this.#firstElement;
    return (
      index > 0 &&
      index === this.#range?.first &&
      first?.parentNode === this.#view.dom &&
      !first.hasAttribute(farAttribute) &&
      first.previousElementSibling?.hasAttribute(farAttribute) === true
    );
  }

  #indexAt(pos: number): number {
    const { doc } = this.#view.state;
    return Math.min(doc.resolve(Math.min(pos, doc.content.size)).index(0), doc.childCount - 1);
  }

  #unobserved(mark: () => void): void {
    const { domObserver } = this.#view as unknown as Observed;
    domObserver.stop();
    mark();
    domObserver.start();
  }
}

function spacer(view: EditorView): HTMLElement {
  const box = view.dom.ownerDocument.createElement("div");
  box.className = "deckle-far";
  box.setAttribute("aria-hidden", "true");
  return box;
}

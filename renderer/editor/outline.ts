/**
 * Tells the headings of the open document and in whose section one is, at most once a frame and only what changed; and
 * nothing at all while nobody wants to know.
 *
 * Where one is: the caret, as long as it is to be seen or moves; else what stands at the top of the pane. What others
 * write moves nobody elsewhere.
 */
import { Plugin, PluginKey, TextSelection } from "prosemirror-state";
import type { EditorState, PluginView } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { isFromAuthority } from "./collab.ts";
import { Headings, lastIndexWhere } from "./headings.ts";
import type { Heading } from "./headings.ts";
import { laidOutStretch, layOutAt } from "./laid-out.ts";
import { sectionTopPx } from "./limits.ts";

/** `section` is the index of the heading of the section that one is in; -1 before the first. */
export type Outline = { readonly headings: readonly Heading[]; readonly section: number };

export type OutlineHost = {
  outline(now: Outline): void;
  /** Whether anybody wants to know. */
  readonly wanted: { get(): boolean; subscribe(listener: () => void): () => void };
};

type Last = { readonly isOwn: boolean };
const key = new PluginKey<Last>("outline");

export const outlinePlugin = (host: OutlineHost): Plugin<Last> =>
  new Plugin<Last>({
    key,
    state: {
      init: () => ({ isOwn: true }),
      apply: (tr) => ({ isOwn: !isFromAuthority(tr) }),
    },
    view: (view) => new OutlineView(view, host),
  });

/** The caret to the start of this heading, and the heading to the top of the pane. */
export function goToHeading(view: EditorView, index: number): void {
  const headings = new Headings();
  headings.update(view.state.doc);
  const pos = headings.positions[index];
  if (pos === undefined) return;
  view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, pos + 1)));
  view.focus();
  layOutAt(view, pos);
  const dom = view.nodeDOM(pos);
  if (dom instanceof Element) dom.scrollIntoView({ block: "start" });
}

class OutlineView implements PluginView {
  #view: EditorView;
  #host: OutlineHost;
  #headings = new Headings();
  #told: Outline | null = null;
  #isAtCaret = true;
  #pane: Element | null = null;
  #hasScrolled = false;
  #frame: number | null = null;
  #stops: (() => void)[];

  constructor(view: EditorView, host: OutlineHost) {
    this.#view = view;
    this.#host = host;
    const root = view.dom.ownerDocument;
    const scrolled = ({ target }: Event): void => {
      if (!(target instanceof Element) || !target.contains(view.dom)) return;
      this.#pane = target;
      this.#hasScrolled = true;
      this.#soon();
    };
    root.addEventListener("scroll", scrolled, { capture: true, passive: true });
    this.#stops = [
      () => root.removeEventListener("scroll", scrolled, { capture: true }),
      host.wanted.subscribe(() => this.#soon()),
    ];
    this.#soon();
  }

  update(view: EditorView, before: EditorState): void {
    const { doc, selection } = view.state;
    if (doc === before.doc && selection.eq(before.selection)) return;
    if (key.getState(view.state)?.isOwn === true) this.#isAtCaret = true;
    this.#soon();
  }

  destroy(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    for (const stop of this.#stops) stop();
  }

  #soon(): void {
    if (!this.#host.wanted.get()) return;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#look();
    });
  }

  #look(): void {
    this.#headings.update(this.#view.state.doc);
    if (this.#hasScrolled) this.#isAtCaret = this.#isCaretSeen();
    this.#hasScrolled = false;
    const headings = this.#headings.list;
    const { head } = this.#view.state.selection;
    const section = this.#isAtCaret ? this.#headings.indexAt(head) : this.#sectionAtTop();
    if (this.#told?.headings === headings && this.#told.section === section) return;
    this.#told = { headings, section };
    this.#host.outline(this.#told);
  }

  #isCaretSeen(): boolean {
    if (!this.#pane) return true;
    const pane = this.#pane.getBoundingClientRect();
    const { head } = this.#view.state.selection;
    const laidOut = laidOutStretch(this.#view);
    if (head < laidOut.from || head > laidOut.to) return false;
    const caret = this.#view.coordsAtPos(head);
    return caret.bottom > pane.top && caret.top < pane.bottom;
  }

  #sectionAtTop(): number {
    const top = (this.#pane?.getBoundingClientRect().top ?? 0) + sectionTopPx;
    const { positions } = this.#headings;
    const laidOut = laidOutStretch(this.#view);
    return lastIndexWhere(positions.length, (index) => {
      const pos = positions[index] ?? 0;
      if (pos < laidOut.from || pos >= laidOut.to) return pos < laidOut.from;
      const dom = this.#view.nodeDOM(pos);
      return dom instanceof Element && dom.getBoundingClientRect().top <= top;
    });
  }
}

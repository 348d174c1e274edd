/** While something is dragged near the upper or lower edge of the page, the page moves that way, faster nearer to it. */
import type { EditorView } from "prosemirror-view";
import { edgeScrollPx, edgeScrollSpeedMax } from "./limits.ts";

export class EdgeScroll {
  readonly #pane: Element | null;
  readonly #moved: () => void;
  #speed = 0;
  #frame: number | null = null;

  /** @param moved called after each bit that the page has moved */
  constructor(view: EditorView, moved: () => void) {
    this.#pane = view.dom.closest("[data-scroll]");
    this.#moved = moved;
  }

  /** @param y where the pointer is in the window, in pixels */
  at(y: number): void {
    if (!this.#pane) return;
    const { top, bottom } = this.#pane.getBoundingClientRect();
    const above = Math.max(0, top + edgeScrollPx - y);
    const below = Math.max(0, y - (bottom - edgeScrollPx));
    this.#speed = (edgeScrollSpeedMax * Math.max(-1, Math.min(1, (below - above) / edgeScrollPx))) | 0;
    if (this.#speed !== 0) this.#frame ??= requestAnimationFrame(this.#step);
  }

  stop(): void {
    this.#speed = 0;
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #step = (): void => {
    this.#frame = null;
    if (this.#speed === 0 || !this.#pane) return;
    this.#pane.scrollTop += this.#speed;
    this.#moved();
    this.#frame = requestAnimationFrame(this.#step);
  };
}

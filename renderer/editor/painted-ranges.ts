/** Ranges of a CSS highlight: they change how letters look without touching the document or its DOM. */
import type { EditorView } from "prosemirror-view";

type Place = { readonly from: number; readonly to: number };

export class PaintedRanges {
  readonly #view: EditorView;
  readonly #name: string;
  readonly #highlight = new Highlight();
  #ranges: readonly Range[] = [];

  /** @param name of the highlight, as `::highlight()` has it */
  constructor(view: EditorView, name: string) {
    this.#view = view;
    this.#name = name;
    CSS.highlights.set(name, this.#highlight);
  }

  /** What is painted already stays as it is: another range is more for the browser to follow and to paint. */
  show(places: readonly Place[]): void {
    const old = new Set(this.#ranges);
    const byNode = Map.groupBy(old, ({ startContainer }) => startContainer);
    this.#ranges = places.map(({ from, to }) => {
      const [start, end] = [this.#view.domAtPos(from, 1), this.#view.domAtPos(to, -1)];
      const same = byNode.get(start.node)?.find((range) => {
        const { startOffset, endContainer, endOffset } = range;
        return startOffset === start.offset && endContainer === end.node && endOffset === end.offset;
      });
      if (same && old.delete(same)) return same;
      const range = document.createRange();
      range.setStart(start.node, start.offset);
      range.setEnd(end.node, end.offset);
      this.#highlight.add(range);
      return range;
    });
    for (const range of old) this.#highlight.delete(range);
  }

  /** Another document's view may have the name by now. */
  destroy(): void {
    if (CSS.highlights.get(this.#name) === this.#highlight) CSS.highlights.delete(this.#name);
  }
}

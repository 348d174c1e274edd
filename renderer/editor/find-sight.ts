/** Which part of the text is on the screen, for only there what was found is drawn; and bringing one there. */
import type { EditorView } from "prosemirror-view";
import { textblocksOf } from "./find-blocks.ts";
import type { Textblock } from "./find-blocks.ts";
import type { Found } from "./find-query.ts";
import { laidOutStretch, layOutAt } from "./laid-out.ts";
import { foundAboveMin, foundBelowMin } from "./limits.ts";

/** `around` is so much more that somebody can scroll for a moment. */
export type Sight = { readonly seen: Found; readonly around: Found };

/** Where the text of a block ends, in pixels from the window's upper edge. */
function bottomOf(view: EditorView, { start }: Textblock): number {
  const dom = view.nodeDOM(start - 1);
  return dom instanceof Element ? dom.getBoundingClientRect().bottom : 0;
}

/** The first block that ends below; the last where none does. Asks for few of them, by halves. */
function blockAt(view: EditorView, blocks: readonly Textblock[], y: number): Textblock | undefined {
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle];
    if (block && bottomOf(view, block) < y) low = middle + 1;
    else high = middle;
  }
  return blocks[low];
}

/** Measures: for a frame, before it is painted. Null where there is no text. */
export function sightOf(view: EditorView): Sight | null {
  const { from, to } = laidOutStretch(view);
  const blocks = textblocksOf(view.state.doc).filter(({ start }) => start >= from && start < to);
  const height = window.innerHeight;
  const between = (top: number, bottom: number): Found | null => {
    const [first, last] = [blockAt(view, blocks, top), blockAt(view, blocks, bottom)];
    return first && last ? { from: first.start, to: last.start + last.block.content.size } : null;
  };
  const [seen, around] = [between(0, height), between(-height, 2 * height)];
  return seen && around && { seen, around };
}

/**
 * Scrolls to what is selected, where it is not in sight or lies near the edges, where the search itself is.
 * ProseMirror does not while the focus is in a field.
 */
export function bringIntoSight(view: EditorView): void {
  layOutAt(view, view.state.selection.from);
  const { top, bottom } = view.coordsAtPos(view.state.selection.from);
  const height = window.innerHeight;
  if (top >= foundAboveMin && bottom <= height - foundBelowMin) return;
  for (let at = view.dom.parentElement; at; at = at.parentElement)
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY))
      return at.scrollBy({ top: (top + bottom - height) / 2, behavior: "instant" });
}

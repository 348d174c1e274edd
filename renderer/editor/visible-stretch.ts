/** Which part of the text somebody can see: what is painted over the text is painted there alone. */
import type { EditorView } from "prosemirror-view";
import { laidOutElements } from "./laid-out.ts";
import { paintMarginPx } from "./limits.ts";

/** What of the text is in the window, and a little around it. */
export function visibleStretch(view: EditorView): { from: number; to: number } {
  const first = edge(view, (rect) => rect.bottom >= -paintMarginPx);
  const last = edge(view, (rect) => rect.bottom >= window.innerHeight + paintMarginPx);
  const { size } = view.state.doc.content;
  const from = first === view.dom ? 0 : view.posAtDOM(first, 0);
  const to = last === view.dom ? size : view.posAtDOM(last, last.childNodes.length);
  return { from: Math.max(0, from), to: Math.max(from, Math.min(size, to)) };
}

/** Blocks within blocks lie below one another; a short one is not searched within. */
const childrenMin = 16;

/** The first block from which on `isIn` holds; the last one where it never does. */
function edge(view: EditorView, isIn: (rect: DOMRect) => boolean): Element {
  let within: Element = view.dom;
  let children = laidOutElements(view);
  while (children.length > 0 && (within === view.dom || children.length >= childrenMin)) {
    let low = 0;
    let high = children.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isIn(children[middle]?.getBoundingClientRect() ?? new DOMRect())) high = middle;
      else low = middle + 1;
    }
    const next = children[low];
    if (!next || getComputedStyle(next).display === "inline") break;
    within = next;
    children = [...within.children];
  }
  return within;
}

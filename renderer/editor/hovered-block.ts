/**
 * The block of the page that the mouse is beside, for the handle in the margin: by it a block is dragged, and what can
 * be done with it is one click away. Whoever writes sees none: it goes with the next key and comes with the mouse.
 */
import type { Node } from "prosemirror-model";
import { NodeSelection, Selection } from "prosemirror-state";
import type { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { laidOutElements } from "./laid-out.ts";
import { mouseWatchPlugin } from "./mouse-watch.ts";
import { schema } from "../document/schema.ts";

/** Where it begins in the document, and its first line in the window. */
export type HoveredBlock = {
  readonly pos: number;
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
};

/** What the handle bears, so that the mouse on it is still beside its block. */
export const handleAttribute = "data-block-handle";

/** Of blocks below one another the first that ends below `y`. */
function elementAt(view: EditorView, y: number): Element | null {
  const children = laidOutElements(view);
  let [low, high] = [0, children.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const bottom = children[middle]?.getBoundingClientRect().bottom ?? 0;
    if (bottom > y) high = middle;
    else low = middle + 1;
  }
  return children[low] ?? null;
}

/** The block that is drawn as this child of the page; null where that is drawn between blocks, or a footnote. */
function blockOf(view: EditorView, element: Element): { pos: number; node: Node } | null {
  const { doc } = view.state;
  const inside = doc.resolve(Math.min(doc.content.size, Math.max(0, view.posAtDOM(element, 0))));
  const pos = inside.depth > 0 ? inside.before(1) : inside.pos;
  const node = doc.nodeAt(pos);
  if (!node || node.type === schema.nodes.footnote || !view.nodeDOM(pos)?.contains(element)) return null;
  return { pos, node };
}

function blockAt(view: EditorView, y: number): HoveredBlock | null {
  const element = elementAt(view, y);
  if (!element) return null;
  const block = blockOf(view, element);
  if (!block) return null;
  const { pos, node } = block;
  const { left } = view.dom.getBoundingClientRect();
  const { top, bottom } = element.getBoundingClientRect();
  const first = Selection.findFrom(view.state.doc.resolve(pos), 1, true)?.from;
  if (first === undefined || first >= pos + node.nodeSize)
    return { pos, left, top, bottom: Math.min(bottom, top + 32) };
  const line = view.coordsAtPos(first);
  return { pos, left, top: line.top, bottom: line.bottom };
}

export const hoveredBlockPlugin = (tell: (block: HoveredBlock | null) => void): Plugin =>
  mouseWatchPlugin((view, { y, over }) => {
    const isHere =
      over instanceof Element &&
      (over.closest("[data-scroll]")?.contains(view.dom) === true ||
        over.closest(`[${handleAttribute}]`) !== null);
    const page = view.dom.getBoundingClientRect();
    return isHere && y >= page.top && y <= page.bottom ? blockAt(view, y) : null;
  }, tell);

/** Puts the caret into a block, so that what is done next is done with it. */
export function selectBlock(view: EditorView, pos: number): void {
  const { doc, tr } = view.state;
  const node = doc.nodeAt(pos);
  if (!node) return;
  const inside = Selection.findFrom(doc.resolve(pos), 1, true);
  const isInside = inside !== null && inside.from < pos + node.nodeSize;
  view.dispatch(tr.setSelection(isInside ? inside : NodeSelection.create(doc, pos)));
}

/** Where a block of the document is; null where it is no more, as it was. */
export function placeOf(doc: Node, block: Node): number | null {
  let pos = 0;
  for (const child of doc.children) {
    if (child === block) return pos;
    pos += child.nodeSize;
  }
  return null;
}

/** Before which block something lies that is let go at `y`, and where that is in the window. */
export function dropAt(
  view: EditorView,
  y: number,
): { readonly before: number; readonly edge: number } | null {
  const element = elementAt(view, y) ?? laidOutElements(view).at(-1) ?? null;
  const block = element && blockOf(view, element);
  if (!element || block === null) return null;
  const { top, bottom } = element.getBoundingClientRect();
  const isBelow = y > (top + bottom) / 2;
  return { before: isBelow ? block.pos + block.node.nodeSize : block.pos, edge: isBelow ? bottom : top };
}

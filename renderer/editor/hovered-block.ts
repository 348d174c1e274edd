/**
 * The block of the page that the mouse is beside, for the handle in the margin: by it a block is dragged, and what can
 * be done with it is one click away. Whoever writes sees none: it goes with the next key and comes with the mouse.
 */
import type { Node } from "prosemirror-model";
import { NodeSelection, Plugin, Selection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { laidOutElements } from "./laid-out.ts";
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
  new Plugin({
    view(view) {
      let frame: number | null = null;
      let mouse: { readonly y: number; readonly over: EventTarget | null } | null = null;
      let isTold = false;
      const say = (block: HoveredBlock | null): void => {
        if (block === null && !isTold) return;
        isTold = block !== null;
        tell(block);
      };
      const look = (): void => {
        frame = null;
        if (!mouse || !view.editable) return say(null);
        const { y, over } = mouse;
        const isHere =
          over instanceof Element &&
          (over.closest("[data-scroll]")?.contains(view.dom) === true ||
            over.closest(`[${handleAttribute}]`) !== null);
        const page = view.dom.getBoundingClientRect();
        say(isHere && y >= page.top && y <= page.bottom ? blockAt(view, y) : null);
      };
      const schedule = (): void => {
        frame ??= requestAnimationFrame(look);
      };
      const moved = (event: MouseEvent): void => {
        // With a button held something is being selected, or dragged.
        if (event.buttons !== 0) return;
        mouse = { y: event.clientY, over: event.target };
        schedule();
      };
      const forget = (): void => {
        mouse = null;
        if (isTold) schedule();
      };
      window.addEventListener("mousemove", moved, { passive: true });
      window.addEventListener("scroll", forget, { capture: true, passive: true });
      window.addEventListener("resize", forget);
      view.dom.addEventListener("keydown", forget);
      return {
        update: () => {
          if (isTold) schedule();
        },
        destroy: () => {
          if (frame !== null) cancelAnimationFrame(frame);
          window.removeEventListener("mousemove", moved);
          window.removeEventListener("scroll", forget, { capture: true });
          window.removeEventListener("resize", forget);
          view.dom.removeEventListener("keydown", forget);
          say(null);
        },
      };
    },
  });

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

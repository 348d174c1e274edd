/** The edge of a picture, to be dragged: it follows the pointer, and one step is made at the end. */
import { pictureWidthMin } from "./limits.ts";

export type WidthHandle = {
  /** Pixels: as wide as the picture is now. */
  width(): number;
  /** As wide as there is room. */
  widthMax(): number;
  /** While it is dragged. */
  show(width: number): void;
  /** When it was let go. */
  commit(width: number): void;
  /** It was taken back, as by Escape or a lost pointer. */
  cancel(): void;
};

/** @returns the element, to be put into the picture's box, which stands in the middle of its column */
export function widthHandle(of: WidthHandle): HTMLElement {
  const dom = document.createElement("span");
  dom.className = "picture-handle";
  // The keyboard has the toolbar's Narrower and Wider.
  dom.setAttribute("aria-hidden", "true");
  let drag: { fromX: number; from: number; width: number } | null = null;
  dom.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    dom.setPointerCapture(event.pointerId);
    const from = of.width();
    drag = { fromX: event.clientX, from, width: from };
  });
  dom.addEventListener("pointermove", (event) => {
    if (!drag) return;
    // Twice as far: the picture grows to both sides.
    const wanted = drag.from + 2 * (event.clientX - drag.fromX);
    drag.width = Math.round(Math.max(pictureWidthMin, Math.min(of.widthMax(), wanted)));
    of.show(drag.width);
  });
  const end = (): void => {
    const was = drag;
    drag = null;
    if (was && was.width !== was.from) of.commit(was.width);
  };
  dom.addEventListener("pointerup", end);
  dom.addEventListener("pointercancel", () => {
    drag = null;
    of.cancel();
  });
  return dom;
}

/** Where something that floats is put: beside a line of text, inside the window, never over the line itself. */

export type Line = {
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
  readonly right?: number;
};

const marginPx = 8;
const gapPx = 6;

/** Puts it above or below the line, on the other side where there is no room, and within the window's width. */
export function besideLine(element: HTMLElement, line: Line, wanted: "above" | "below"): void {
  const { offsetWidth: width, offsetHeight: height } = element;
  const above = line.top - gapPx - height;
  const below = line.bottom + gapPx;
  const fitsAbove = above >= marginPx;
  const fitsBelow = below + height <= window.innerHeight - marginPx;
  const isAbove = wanted === "above" ? fitsAbove || !fitsBelow : !fitsBelow && fitsAbove;
  const middle = line.right === undefined ? line.left : (line.left + line.right) / 2 - width / 2;
  const left = Math.max(marginPx, Math.min(middle, window.innerWidth - width - marginPx));
  element.style.left = `${left}px`;
  element.style.top = `${Math.max(marginPx, isAbove ? above : below)}px`;
}

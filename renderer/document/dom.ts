/** The part of an element that `parseDOM` rules touch; this layer has no DOM types. */
export interface HTMLElementLike {
  getAttribute(name: string): string | null;
  querySelector?(selector: string): HTMLElementLike | null;
}

/** An attribute's value, "" where the element has none. */
export const attribute = (dom: HTMLElementLike, name: string): string => dom.getAttribute(name) ?? "";

/** A whole number of an attribute, or `otherwise` where it is none or out of bounds. */
export function wholeNumber(
  dom: HTMLElementLike,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number {
  const value = Number(attribute(dom, name) || otherwise);
  return Number.isInteger(value) && value >= least && value <= most ? value : otherwise;
}

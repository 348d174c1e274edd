/** The document that a page shows, as ProseMirror has it. */
import type { Page } from "playwright";
import { text } from "./page.ts";

/** Where ProseMirror keeps, on the element, what it shows. */
interface Shown extends Element {
  readonly pmViewDesc?: { readonly node: { toJSON(): unknown } };
}

export const documentJson = (page: Page): Promise<string> =>
  text(page).evaluate((dom: Shown) => JSON.stringify(dom.pmViewDesc?.node.toJSON() ?? null));

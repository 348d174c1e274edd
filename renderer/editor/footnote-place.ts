/** The footnote whose reference the caret is beside, and where that is in the window. */
import type { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { footnoteOf, referenceAt } from "./footnotes.ts";
import { footnoteShownCharsMax } from "./limits.ts";
import { placePlugin } from "./place-plugin.ts";

export type FootnotePlace = {
  /** What it says; null where it is gone. */
  readonly words: string | null;
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
};

function placeOf(view: EditorView): FootnotePlace | null {
  const at = referenceAt(view.state);
  if (!at || !view.hasFocus()) return null;
  const note = footnoteOf(view.state.doc, at.node)?.node;
  const text = note?.textBetween(0, note.content.size, " ").trim();
  const words =
    text && text.length > footnoteShownCharsMax ? `${text.slice(0, footnoteShownCharsMax)}…` : text;
  const { left, top, bottom } = view.coordsAtPos(at.pos, 1);
  return { words: words ?? null, left, top, bottom };
}

export const footnotePlacePlugin = (tell: (place: FootnotePlace | null) => void): Plugin =>
  placePlugin(placeOf, tell);

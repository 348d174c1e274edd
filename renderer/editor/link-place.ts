/** The link that the caret is in and where it is in the window, for what is shown beside it. */
import type { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { linkAt } from "./links.ts";
import { placePlugin } from "./place-plugin.ts";

/** The lines of both of its ends, in the window. */
export type LinkPlace = {
  readonly href: string;
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
};

function placeOf(view: EditorView): LinkPlace | null {
  const { state } = view;
  if (!state.selection.empty || !view.hasFocus()) return null;
  const link = linkAt(state);
  if (!link) return null;
  const { left, top } = view.coordsAtPos(link.from, 1);
  return { href: link.href, left, top, bottom: view.coordsAtPos(link.to, -1).bottom };
}

export const linkPlacePlugin = (tell: (place: LinkPlace | null) => void): Plugin =>
  placePlugin(placeOf, tell);

/** Where the selected text is in the window, for what is shown beside it. */
import { TextSelection } from "prosemirror-state";
import type { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { placePlugin } from "./place-plugin.ts";

/** The lines of both ends, in the window. */
export type SelectedPlace = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

function placeOf(view: EditorView): SelectedPlace | null {
  const { selection } = view.state;
  if (!(selection instanceof TextSelection) || selection.empty || !view.editable || !view.hasFocus())
    return null;
  if (selection.$from.parent.type.spec.code && selection.$from.sameParent(selection.$to)) return null;
  const from = view.coordsAtPos(selection.from, 1);
  const to = view.coordsAtPos(selection.to, -1);
  const isOneLine = to.top < from.bottom;
  return {
    left: from.left,
    right: isOneLine ? to.right : from.left,
    top: from.top,
    bottom: to.bottom,
  };
}

export const selectedTextPlugin = (tell: (place: SelectedPlace | null) => void): Plugin =>
  placePlugin(placeOf, tell);

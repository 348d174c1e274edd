/**
 * Where the selected text is in the window, for what is shown beside it: told once a frame at most, when a
 * selection is made, not while it is being drawn with the mouse, and null when there is none.
 */
import { Plugin, TextSelection } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

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
  new Plugin({
    view(view) {
      let frame: number | null = null;
      let isDrawing = false;
      let isTold = false;
      const look = (): void => {
        frame = null;
        const place = isDrawing ? null : placeOf(view);
        if (place === null && !isTold) return;
        isTold = place !== null;
        tell(place);
      };
      const schedule = (): void => {
        frame ??= requestAnimationFrame(look);
      };
      const draw = (): void => {
        isDrawing = true;
        schedule();
      };
      const drawn = (): void => {
        if (!isDrawing) return;
        isDrawing = false;
        schedule();
      };
      const moved = (): void => {
        if (isTold) schedule();
      };
      view.dom.addEventListener("mousedown", draw);
      view.dom.addEventListener("blur", moved);
      view.dom.addEventListener("focus", schedule);
      window.addEventListener("mouseup", drawn);
      window.addEventListener("scroll", moved, { capture: true, passive: true });
      window.addEventListener("resize", moved);
      return {
        update: (_, before) => {
          if (!before.selection.eq(view.state.selection) || isTold) schedule();
        },
        destroy: () => {
          if (frame !== null) cancelAnimationFrame(frame);
          view.dom.removeEventListener("mousedown", draw);
          view.dom.removeEventListener("blur", moved);
          view.dom.removeEventListener("focus", schedule);
          window.removeEventListener("mouseup", drawn);
          window.removeEventListener("scroll", moved, { capture: true });
          window.removeEventListener("resize", moved);
          if (isTold) tell(null);
        },
      };
    },
  });

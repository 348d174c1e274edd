/**
 * Tells where something of the text is in the window, for what is shown beside it: once a frame at most, not while a
 * selection is drawn with the mouse, and null when there is nothing.
 */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

/** Measures: asked for a frame, before it is painted. */
export const placePlugin = <Place>(
  placeOf: (view: EditorView) => Place | null,
  tell: (place: Place | null) => void,
): Plugin =>
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

/**
 * Typewriter: the line that is being written stays at one height, and the page moves. Only writing and keys move it;
 * a click, which has chosen its place, does not.
 */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { typewriterHeight } from "./limits.ts";

const scrollerOf = (view: EditorView): Element | null => view.dom.closest("[data-scroll]");

function bringToHeight(view: EditorView): void {
  const scroller = scrollerOf(view);
  if (!scroller) return;
  const { top, height } = scroller.getBoundingClientRect();
  const line = view.coordsAtPos(view.state.selection.head);
  scroller.scrollTop += (line.top + line.bottom) / 2 - (top + height * typewriterHeight);
}

/** @param isOn asked at each change, for a person may choose otherwise at any time */
export const typewriterPlugin = (isOn: () => boolean): Plugin =>
  new Plugin({
    props: {
      handleScrollToSelection(view) {
        if (!isOn()) return false;
        bringToHeight(view);
        return true;
      },
    },
    view(view) {
      let isByKey = false;
      const keydown = (): void => {
        isByKey = true;
      };
      const mousedown = (): void => {
        isByKey = false;
      };
      view.dom.addEventListener("keydown", keydown, { capture: true });
      view.dom.addEventListener("mousedown", mousedown, { capture: true });
      return {
        // Arrow keys are the browser's, which tells of no scrolling.
        update(_, before) {
          if (isByKey && isOn() && !before.selection.eq(view.state.selection)) bringToHeight(view);
        },
        destroy() {
          view.dom.removeEventListener("keydown", keydown, { capture: true });
          view.dom.removeEventListener("mousedown", mousedown, { capture: true });
        },
      };
    },
  });

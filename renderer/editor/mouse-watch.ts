/** What the mouse is over, or beside, in the text: looked for once a frame, and gone while somebody types or scrolls. */
import { Plugin } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";

export type Mouse = { readonly y: number; readonly over: EventTarget | null };

/**
 * @param find what is there; null where nothing is, undefined where what was found last stays
 * @param tell is not called for nothing after nothing
 */
export const mouseWatchPlugin = <Found>(
  find: (view: EditorView, mouse: Mouse) => Found | null | undefined,
  tell: (found: Found | null) => void,
): Plugin =>
  new Plugin({
    view(view) {
      let frame: number | null = null;
      let mouse: Mouse | null = null;
      let isTold = false;
      const say = (found: Found | null): void => {
        if (found === null && !isTold) return;
        isTold = found !== null;
        tell(found);
      };
      const look = (): void => {
        frame = null;
        const found = mouse && view.editable ? find(view, mouse) : null;
        if (found !== undefined) say(found);
      };
      const schedule = (): void => {
        frame ??= requestAnimationFrame(look);
      };
      const moved = (event: MouseEvent): void => {
        // With a button held something is being selected, or dragged.
        if (event.buttons !== 0) return;
        mouse = { y: event.clientY, over: event.target };
        schedule();
      };
      const forget = (): void => {
        mouse = null;
        if (isTold) schedule();
      };
      window.addEventListener("mousemove", moved, { passive: true });
      window.addEventListener("scroll", forget, { capture: true, passive: true });
      window.addEventListener("resize", forget);
      view.dom.addEventListener("keydown", forget);
      return {
        update: () => {
          if (isTold) schedule();
        },
        destroy: () => {
          if (frame !== null) cancelAnimationFrame(frame);
          window.removeEventListener("mousemove", moved);
          window.removeEventListener("scroll", forget, { capture: true });
          window.removeEventListener("resize", forget);
          view.dom.removeEventListener("keydown", forget);
          say(null);
        },
      };
    },
  });

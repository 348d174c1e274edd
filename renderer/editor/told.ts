/**
 * Tells, at most once a frame, what a look at the state comes to, and only when that changed: what is around the text
 * lives on it, and a key costs one comparison of short strings.
 */
import { Plugin } from "prosemirror-state";
import type { EditorState } from "prosemirror-state";

/** @param keyOf equal strings for what is equal */
export function toldPlugin<T>(
  look: (state: EditorState) => T,
  keyOf: (seen: T) => string,
  tell: (seen: T) => void,
): Plugin {
  let last: string | null = null;
  return new Plugin({
    view: (view) => {
      let frame: number | null = null;
      const again = (): void => {
        frame = null;
        const seen = look(view.state);
        const key = keyOf(seen);
        if (key === last) return;
        last = key;
        tell(seen);
      };
      const schedule = (): void => {
        frame ??= requestAnimationFrame(again);
      };
      schedule();
      return {
        update: schedule,
        destroy: () => {
          if (frame !== null) cancelAnimationFrame(frame);
          last = null;
        },
      };
    },
  });
}

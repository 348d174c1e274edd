/**
 * Tells, at most once a frame, which commands are active at the caret, and only when that changed.
 * The toolbar lives on this: a keystroke costs it one comparison of a short string.
 */
import { Plugin } from "prosemirror-state";
import type { EditorState } from "prosemirror-state";
import { commands, file, image, link } from "./commands.ts";

export type Activity = ReadonlySet<string>;

export function activityOf(state: EditorState): Activity {
  const active = new Set<string>();
  for (const command of [...commands, link, image, file]) if (command.isActive(state)) active.add(command.id);
  return active;
}

export const activityPlugin = (tell: (active: Activity) => void): Plugin => {
  let last = "";
  return new Plugin({
    view: (view) => {
      let frame: number | null = null;
      const look = (): void => {
        frame = null;
        const active = activityOf(view.state);
        const key = [...active].join(" ");
        if (key === last) return;
        last = key;
        tell(active);
      };
      const schedule = (): void => {
        frame ??= requestAnimationFrame(look);
      };
      schedule();
      return {
        update: schedule,
        destroy: () => {
          if (frame !== null) cancelAnimationFrame(frame);
          last = "";
        },
      };
    },
  });
};

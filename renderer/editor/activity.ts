/**
 * Tells, at most once a frame, which commands are active at the caret, and only when that changed.
 * The toolbar lives on this: a keystroke costs it one comparison of a short string.
 */
import { Plugin } from "prosemirror-state";
import type { EditorState } from "prosemirror-state";
import { askingCommands, textCommands } from "./commands.ts";
import type { TextCommand } from "./commands.ts";

export type Activity = ReadonlySet<string>;

const tests: readonly (readonly [id: string, isActive: (state: EditorState) => boolean])[] = [
  ...Object.entries<TextCommand>(textCommands).map(([id, { isActive }]) => [id, isActive] as const),
  ...Object.entries(askingCommands),
].flatMap(([id, isActive]) => (isActive ? [[id, isActive] as const] : []));

export const activityOf = (state: EditorState): Activity =>
  new Set(tests.flatMap(([id, isActive]) => (isActive(state) ? [id] : [])));

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

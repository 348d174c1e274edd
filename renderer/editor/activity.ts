/** Tells which commands are active at the caret: the toolbar lives on this. */
import type { Plugin } from "prosemirror-state";
import type { EditorState } from "prosemirror-state";
import { askingCommands, textCommands } from "./commands.ts";
import type { TextCommand } from "./commands.ts";
import { toldPlugin } from "./told.ts";

export type Activity = ReadonlySet<string>;

const tests: readonly (readonly [id: string, isActive: (state: EditorState) => boolean])[] = [
  ...Object.entries<TextCommand>(textCommands).map(([id, { isActive }]) => [id, isActive] as const),
  ...Object.entries(askingCommands),
].flatMap(([id, isActive]) => (isActive ? [[id, isActive] as const] : []));

export const activityOf = (state: EditorState): Activity =>
  new Set(tests.flatMap(([id, isActive]) => (isActive(state) ? [id] : [])));

export const activityPlugin = (tell: (active: Activity) => void): Plugin =>
  toldPlugin(activityOf, (active) => [...active].join(" "), tell);

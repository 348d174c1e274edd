/** Keys: the registry's, and those that edit (Enter, Backspace, Tab), which have no button. */
import {
  baseKeymap,
  chainCommands,
  deleteSelection,
  exitCode,
  joinBackward,
  joinForward,
  selectNodeBackward,
  selectNodeForward,
} from "prosemirror-commands";
import { undoInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { liftListItem } from "prosemirror-schema-list";
import type { Command, Plugin } from "prosemirror-state";
import { schema } from "../document/schema.ts";
import {
  isInside,
  leaveCodeOnEmptyLine,
  leaveOnEmptyLine,
  liftAtStart,
  openCodeAtFence,
  resetTextblockAtStart,
  selectImageAfter,
  selectImageBefore,
  splitSafely,
} from "./blocks.ts";
import { altText, commands, file, image, link, saveFile } from "./commands.ts";
import { arrowOut, deleteCells, enterCells, leaveTable, stayInCell, stopAtEdge } from "./tables.ts";
import { splitItem } from "./tasks.ts";

const { list_item, hard_break } = schema.nodes;

const insertBreak: Command = (state, dispatch) => {
  if (!state.selection.$from.parent.type.contentMatch.matchType(hard_break)) return false;
  dispatch?.(state.tr.replaceSelectionWith(hard_break.create()).scrollIntoView());
  return true;
};

/** In code Tab types; in a list it is the person's even where the item cannot go deeper. */
const insertTab: Command = (state, dispatch) => {
  if (!state.selection.$from.parent.type.spec.code) return isInside(state, list_item);
  dispatch?.(state.tr.insertText("\t").scrollIntoView());
  return true;
};

const backspace = chainCommands(
  undoInputRule,
  deleteCells,
  deleteSelection,
  resetTextblockAtStart,
  liftAtStart,
  stayInCell(-1),
  selectImageBefore,
  joinBackward,
  selectNodeBackward,
);

const forwardDelete = chainCommands(
  deleteCells,
  deleteSelection,
  stayInCell(1),
  selectImageAfter,
  joinForward,
  selectNodeForward,
);

const byKey = new Map<string, Command[]>();
const bind = (key: string, command: Command): void => {
  byKey.set(key, [...(byKey.get(key) ?? []), command]);
};
for (const { keys, run } of commands) for (const key of keys) bind(key, run);
bind("Tab", insertTab);
bind("Shift-Tab", insertTab);
bind("Enter", enterCells);
bind("Enter", leaveCodeOnEmptyLine);
bind("Enter", openCodeAtFence);
bind("Enter", splitSafely);
bind("Enter", leaveOnEmptyLine);
// No attrs are passed for the new item: `identify` sees the doubled id and gives a fresh one.
bind("Enter", splitItem);
bind("Enter", liftListItemIfEmpty());
for (const key of ["Shift-Enter", "Mod-Enter", "Ctrl-Enter"]) {
  bind(key, exitCode);
  if (key !== "Shift-Enter") bind(key, leaveTable);
  bind(key, insertBreak);
}
for (const key of ["Backspace", "Mod-Backspace", "Shift-Backspace"]) bind(key, backspace);
for (const key of ["Delete", "Mod-Delete"]) bind(key, forwardDelete);
bind("ArrowUp", arrowOut(-1));
bind("ArrowDown", arrowOut(1));
bind("Shift-ArrowUp", stopAtEdge("vert", -1));
bind("Shift-ArrowDown", stopAtEdge("vert", 1));
bind("Shift-ArrowLeft", stopAtEdge("horiz", -1));
bind("Shift-ArrowRight", stopAtEdge("horiz", 1));

function liftListItemIfEmpty(): Command {
  const lift = liftListItem(list_item);
  return (state, dispatch) => {
    const { $from, empty } = state.selection;
    const isItem = $from.depth > 1 && $from.node(-1).type === list_item;
    return empty && isItem && $from.parent.content.size === 0 && lift(state, dispatch);
  };
}

/** What the app does when a key is pressed: it asks, and goes on with the answer later. */
export type AskingCommands = {
  askForLink: Command;
  askForImages: Command;
  askForAltText: Command;
  askForFiles: Command;
  askWhereToSave: Command;
};

export function keymaps(asks: AskingCommands): Plugin[] {
  const bindings: Record<string, Command> = {};
  for (const [key, run] of byKey) bindings[key] = chainCommands(...run);
  for (const key of link.keys) bindings[key] = asks.askForLink;
  for (const key of image.keys) bindings[key] = asks.askForImages;
  for (const key of altText.keys) bindings[key] = asks.askForAltText;
  for (const key of file.keys) bindings[key] = asks.askForFiles;
  for (const key of saveFile.keys) bindings[key] = asks.askWhereToSave;
  return [keymap(bindings), keymap(baseKeymap)];
}

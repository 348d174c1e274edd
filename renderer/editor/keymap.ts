/** Keys: the registry's, and those that edit (Enter, Backspace, Tab), which have no button. */
import {
  baseKeymap,
  chainCommands,
  deleteSelection,
  exitCode,
  joinBackward,
  selectNodeBackward,
} from "prosemirror-commands";
import { undoInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { liftListItem, splitListItemKeepMarks } from "prosemirror-schema-list";
import type { Command, Plugin } from "prosemirror-state";
import { schema } from "../document/schema.ts";
import {
  isInside,
  leaveCodeOnEmptyLine,
  liftAtStart,
  openCodeAtFence,
  resetTextblockAtStart,
} from "./blocks.ts";
import { commands, link } from "./commands.ts";

const { list_item, hard_break, code_block } = schema.nodes;

const insertBreak: Command = (state, dispatch) => {
  if (!state.selection.$from.parent.type.contentMatch.matchType(hard_break)) return false;
  dispatch?.(state.tr.replaceSelectionWith(hard_break.create()).scrollIntoView());
  return true;
};

/** In code Tab types; in a list it is the person's even where the item cannot go deeper. */
const insertTab: Command = (state, dispatch) => {
  if (state.selection.$from.parent.type !== code_block) return isInside(state, list_item);
  dispatch?.(state.tr.insertText("\t").scrollIntoView());
  return true;
};

const backspace = chainCommands(
  undoInputRule,
  deleteSelection,
  resetTextblockAtStart,
  liftAtStart,
  joinBackward,
  selectNodeBackward,
);

const byKey = new Map<string, Command[]>();
const bind = (key: string, command: Command): void => {
  byKey.set(key, [...(byKey.get(key) ?? []), command]);
};
for (const { keys, run } of commands) for (const key of keys) bind(key, run);
bind("Tab", insertTab);
bind("Shift-Tab", insertTab);
bind("Enter", leaveCodeOnEmptyLine);
bind("Enter", openCodeAtFence);
// No attrs are passed for the new item: `identify` sees the doubled id and gives a fresh one.
bind("Enter", splitListItemKeepMarks(list_item));
bind("Enter", liftListItemIfEmpty());
for (const key of ["Shift-Enter", "Mod-Enter", "Ctrl-Enter"]) {
  bind(key, exitCode);
  bind(key, insertBreak);
}
for (const key of ["Backspace", "Mod-Backspace", "Shift-Backspace"]) bind(key, backspace);

function liftListItemIfEmpty(): Command {
  const lift = liftListItem(list_item);
  return (state, dispatch) =>
    state.selection.empty && state.selection.$from.parent.content.size === 0 && lift(state, dispatch);
}

/** @param askForLink the app's: asks for an address and sets the link */
export function keymaps(askForLink: Command): Plugin[] {
  const bindings: Record<string, Command> = {};
  for (const [key, run] of byKey) bindings[key] = chainCommands(...run);
  for (const key of link.keys) bindings[key] = askForLink;
  return [keymap(bindings), keymap(baseKeymap)];
}

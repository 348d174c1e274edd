/** Keys: those of commands, which may be changed, and those that edit (Enter, Backspace, Tab), which have no button. */
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
import { keydownHandler, keymap } from "prosemirror-keymap";
import { liftListItem } from "prosemirror-schema-list";
import { Plugin } from "prosemirror-state";
import type { Command } from "prosemirror-state";
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
import { textCommands } from "./commands.ts";
import type { AskingCommandId, TextCommand } from "./commands.ts";
import {
  arrowOut,
  deleteCells,
  enterCells,
  leaveTable,
  openTableAtRow,
  stayInCell,
  stopAtEdge,
} from "./tables.ts";
import { splitItem } from "./tasks.ts";
import { undoRule } from "./undoable-rules.ts";

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
  undoRule,
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

const editing: (readonly [key: string, command: Command])[] = [];
const bind = (key: string, command: Command): void => void editing.push([key, command]);
bind("Tab", insertTab);
bind("Shift-Tab", insertTab);
bind("Enter", enterCells);
bind("Enter", leaveCodeOnEmptyLine);
bind("Enter", openCodeAtFence);
bind("Enter", openTableAtRow);
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

/** The keys of commands by their ids, as they are now. The same object as long as none was changed. */
export type CommandKeys = Readonly<Record<string, readonly string[]>>;
export type AskingCommands = Readonly<Record<AskingCommandId, Command>>;

function bindings(keys: CommandKeys, asking: AskingCommands): Record<string, Command> {
  const byKey = new Map<string, Command[]>();
  const commands: Readonly<Record<string, TextCommand>> = textCommands;
  const all: (readonly [string, Command])[] = [
    ...Object.entries(commands).map(([id, { run }]) => [id, run] as const),
    ...Object.entries(asking),
  ].flatMap(([id, run]) => (keys[id] ?? []).map((key) => [key, run] as const));
  for (const [key, run] of [...all, ...editing]) byKey.set(key, [...(byKey.get(key) ?? []), run]);
  // prosemirror-keymap would try a letter without Shift next: a redo with nothing to redo would undo.
  for (const [key, runs] of byKey) if (/Shift-.$/.test(key)) runs.push(() => true);
  return Object.fromEntries([...byKey].map(([key, runs]) => [key, chainCommands(...runs)]));
}

/**
 * @param keys asked at each key, for a person may choose others at any time
 * @param leave gives the focus to what is around the text; whether it did
 */
export function keymaps(keys: () => CommandKeys, asking: AskingCommands, leave: () => boolean): Plugin[] {
  let bound = keys();
  let handle = keydownHandler(bindings(bound, asking));
  const ofCommands = new Plugin({
    props: {
      handleKeyDown(view, event) {
        if (keys() !== bound) {
          bound = keys();
          handle = keydownHandler(bindings(bound, asking));
        }
        return handle(view, event);
      },
    },
  });
  // ProseMirror says of Escape that it was handled, so nobody after it would know.
  return [ofCommands, keymap({ ...baseKeymap, Escape: () => leave() })];
}

/**
 * The one registry of what can be done to text. The keymap, the toolbar and (later) the palette
 * read it; nothing else names a key.
 */
import { setBlockType, toggleMark } from "prosemirror-commands";
import { redo, undo } from "prosemirror-history";
import type { MarkType } from "prosemirror-model";
import { liftListItem, sinkListItem } from "prosemirror-schema-list";
import type { Command, EditorState } from "prosemirror-state";
import { headingLevels, schema } from "../document/schema.ts";
import { isInList, isInside, isTextblock, toggleList, toggleQuote, toggleTextblock } from "./blocks.ts";

export type EditorCommand = {
  readonly id: string;
  readonly label: string;
  /** In prosemirror-keymap's names; the first is the one to show. */
  readonly keys: readonly string[];
  readonly run: Command;
  readonly isActive: (state: EditorState) => boolean;
};

const { nodes, marks } = schema;
const never = (): boolean => false;

/** Whether typing here, or the selection's start, carries the mark. */
const hasMark =
  (type: MarkType) =>
  (state: EditorState): boolean => {
    const { empty, $from, from, to } = state.selection;
    if (empty) return type.isInSet(state.storedMarks ?? $from.marks()) !== undefined;
    const inside = $from.marksAcross(state.doc.resolve(Math.min(to, from + 1))) ?? [];
    return type.isInSet(inside) !== undefined;
  };

const markCommand = (id: string, label: string, type: MarkType, keys: readonly string[]): EditorCommand => ({
  id,
  label,
  keys,
  run: toggleMark(type),
  isActive: hasMark(type),
});

export const strong = markCommand("strong", "Bold", marks.strong, ["Mod-b"]);
export const emphasis = markCommand("em", "Italic", marks.em, ["Mod-i"]);
export const code = markCommand("code", "Code", marks.code, ["Mod-e"]);
export const strike = markCommand("strike", "Strikethrough", marks.strike, ["Mod-Shift-x"]);

/** Its `run` is given by the app, which asks for the address. */
export const link: Omit<EditorCommand, "run"> = {
  id: "link",
  label: "Link",
  keys: ["Mod-k"],
  isActive: hasMark(marks.link),
};

export const paragraph: EditorCommand = {
  id: "paragraph",
  label: "Text",
  keys: ["Mod-Alt-0"],
  run: setBlockType(nodes.paragraph),
  isActive: (state) => isTextblock(state, nodes.paragraph),
};
export const headings: readonly EditorCommand[] = headingLevels.map((level) => ({
  id: `heading-${level}`,
  label: `Heading ${level}`,
  keys: [`Mod-Alt-${level}`],
  run: toggleTextblock(nodes.heading, { level }),
  isActive: (state) => isTextblock(state, nodes.heading, level),
}));
export const codeBlock: EditorCommand = {
  id: "code-block",
  label: "Code block",
  keys: ["Mod-Alt-c"],
  run: toggleTextblock(nodes.code_block),
  isActive: (state) => isTextblock(state, nodes.code_block),
};

export const bulletList: EditorCommand = {
  id: "bullet-list",
  label: "Bulleted list",
  keys: ["Mod-Shift-8"],
  run: toggleList(nodes.bullet_list),
  isActive: (state) => isInList(state, nodes.bullet_list),
};
export const orderedList: EditorCommand = {
  id: "ordered-list",
  label: "Numbered list",
  keys: ["Mod-Shift-7"],
  run: toggleList(nodes.ordered_list),
  isActive: (state) => isInList(state, nodes.ordered_list),
};
export const quote: EditorCommand = {
  id: "quote",
  label: "Quote",
  keys: ["Mod-Shift-9", "Mod->"],
  run: toggleQuote,
  isActive: (state) => isInside(state, nodes.blockquote),
};

const sink: EditorCommand = {
  id: "sink",
  label: "Indent item",
  keys: ["Tab"],
  run: sinkListItem(nodes.list_item),
  isActive: never,
};
const liftItem: EditorCommand = {
  id: "lift",
  label: "Outdent item",
  keys: ["Shift-Tab"],
  run: liftListItem(nodes.list_item),
  isActive: never,
};

export const undoCommand: EditorCommand = {
  id: "undo",
  label: "Undo",
  keys: ["Mod-z"],
  run: undo,
  isActive: never,
};
export const redoCommand: EditorCommand = {
  id: "redo",
  label: "Redo",
  keys: ["Mod-Shift-z", "Mod-y"],
  run: redo,
  isActive: never,
};

/** The types of text block, of which exactly one is active at the caret. */
export const blockTypes: readonly EditorCommand[] = [paragraph, ...headings, codeBlock];
export const marksCommands: readonly EditorCommand[] = [strong, emphasis, code, strike];
export const containers: readonly EditorCommand[] = [bulletList, orderedList, quote];
export const commands: readonly EditorCommand[] = [
  ...marksCommands,
  ...blockTypes,
  ...containers,
  sink,
  liftItem,
  undoCommand,
  redoCommand,
];

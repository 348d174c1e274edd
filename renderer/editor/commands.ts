/**
 * The one registry of what can be done to text. The keymap, the toolbar and (later) the palette
 * read it; nothing else names a key.
 */
import { chainCommands, toggleMark } from "prosemirror-commands";
import { closeHistory, redo, undo } from "prosemirror-history";
import type { MarkType } from "prosemirror-model";
import { liftListItem, sinkListItem } from "prosemirror-schema-list";
import type { Command, EditorState } from "prosemirror-state";
import {
  addColumnAfter,
  addColumnBefore,
  addRowAfter,
  addRowBefore,
  deleteColumn,
  deleteRow,
  deleteTable,
  toggleHeader,
} from "prosemirror-tables";
import { headingLevels, schema } from "../document/schema.ts";
import {
  depthAround,
  isInList,
  isInside,
  isTextblock,
  setTextblock,
  toggleAround,
  toggleList,
  toggleTextblock,
} from "./blocks.ts";
import { insertFootnote } from "./footnotes.ts";
import { deleteFile, isAtFile } from "./file-commands.ts";
import { deleteImage, isAtImage, narrow, toOwnWidth, widen } from "./image-commands.ts";
import { hasHeaderRow, insertTable, isInTable, toNextCell, toPreviousCell } from "./tables.ts";
import { isTaskChecked, toggleTask } from "./tasks.ts";

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

export const underline = markCommand("underline", "Underline", marks.underline, ["Mod-u"]);
export const highlight = markCommand("highlight", "Highlight", marks.highlight, ["Mod-Shift-h"]);
const superscript = markCommand("superscript", "Superscript", marks.superscript, ["Mod-Alt-."]);
const subscript = markCommand("subscript", "Subscript", marks.subscript, ["Mod-Alt-,"]);
const math = markCommand("math", "Formula", marks.math, ["Mod-Shift-m"]);

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
  run: setTextblock(nodes.paragraph),
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
export const mathBlock: EditorCommand = {
  id: "math-block",
  label: "Formula block",
  keys: ["Mod-Alt-m"],
  run: toggleTextblock(nodes.math_block),
  isActive: (state) => isTextblock(state, nodes.math_block),
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
export const taskList: EditorCommand = {
  id: "task-list",
  label: "Task list",
  keys: ["Mod-Shift-6"],
  run: toggleList(nodes.task_list),
  isActive: (state) => isInList(state, nodes.task_list),
};
export const quote: EditorCommand = {
  id: "quote",
  label: "Quote",
  keys: ["Mod-Shift-9", "Mod->"],
  run: toggleAround(nodes.blockquote),
  isActive: (state) => isInside(state, nodes.blockquote),
};
export const callout: EditorCommand = {
  id: "callout",
  label: "Callout",
  keys: ["Mod-Alt-o"],
  run: toggleAround(nodes.callout),
  isActive: (state) => isInside(state, nodes.callout),
};
const footnote: EditorCommand = {
  id: "footnote",
  label: "Footnote",
  keys: ["Mod-Alt-f"],
  run: insertFootnote,
  isActive: (state) => isInside(state, nodes.footnote),
};

/** Active while the caret is in a table; the commands for rows and columns are shown then. */
export const table: EditorCommand = {
  id: "table",
  label: "Table",
  keys: ["Mod-Shift-t"],
  run: insertTable,
  isActive: isInTable,
};
const tableCommand = (id: string, label: string, keys: readonly string[], run: Command): EditorCommand => ({
  id,
  label,
  keys,
  // Each is undone by itself, however quickly they follow one another.
  run: (state, dispatch, view) => run(state, dispatch && ((tr) => dispatch(closeHistory(tr))), view),
  isActive: never,
});
export const rowAbove = tableCommand("row-above", "Add row above", ["Mod-Alt-ArrowUp"], addRowBefore);
export const rowBelow = tableCommand("row-below", "Add row below", ["Mod-Alt-ArrowDown"], addRowAfter);
export const columnBefore = tableCommand(
  "column-before",
  "Add column before",
  ["Mod-Alt-ArrowLeft"],
  addColumnBefore,
);
export const columnAfter = tableCommand(
  "column-after",
  "Add column after",
  ["Mod-Alt-ArrowRight"],
  addColumnAfter,
);
// The last row, or column, cannot go without the table.
export const removeRow = tableCommand("delete-row", "Delete row", [], chainCommands(deleteRow, deleteTable));
export const removeColumn = tableCommand(
  "delete-column",
  "Delete column",
  [],
  chainCommands(deleteColumn, deleteTable),
);
export const removeTable = tableCommand("delete-table", "Delete table", [], deleteTable);
export const headerRow: EditorCommand = {
  ...tableCommand("header-row", "Header row", [], toggleHeader("row")),
  isActive: hasHeaderRow,
};

/** Its `run` is given by the app, which asks for files. Active at an image; what can be done to it is shown then. */
export const image: Omit<EditorCommand, "run"> = {
  id: "image",
  label: "Image",
  keys: ["Mod-Alt-i"],
  isActive: isAtImage,
};
/** Its `run` is given by the app, which asks for files. Active at a file; what can be done to it is shown then. */
export const file: Omit<EditorCommand, "run"> = {
  id: "file",
  label: "Insert file…",
  keys: ["Mod-Alt-a"],
  isActive: isAtFile,
};
/** Its `run` is given by the app, which asks where to. */
export const saveFile: Omit<EditorCommand, "run"> = {
  id: "save-file",
  label: "Save As…",
  keys: ["Mod-Alt-s"],
  isActive: never,
};
export const removeFile: EditorCommand = {
  id: "delete-file",
  label: "Delete file",
  keys: [],
  run: deleteFile,
  isActive: never,
};
/** Its `run` is given by the app, which asks for the words. */
export const altText: Omit<EditorCommand, "run"> = {
  id: "alt-text",
  label: "Describe image",
  keys: ["Mod-Alt-d"],
  isActive: never,
};
const imageCommand = (id: string, label: string, run: Command): EditorCommand => ({
  id,
  label,
  keys: [],
  run,
  isActive: never,
});
export const imageNarrower = imageCommand("image-narrower", "Narrower", narrow);
export const imageWider = imageCommand("image-wider", "Wider", widen);
export const imageOwnWidth = imageCommand("image-own-width", "Its own width", toOwnWidth);
export const removeImage = imageCommand("delete-image", "Delete image", deleteImage);

const checkTask: EditorCommand = {
  id: "check-task",
  label: "Done",
  keys: ["Mod-Enter", "Ctrl-Enter"],
  run: toggleTask,
  isActive: isTaskChecked,
};

/** Only where the item is nearer than a table's cell: an item may hold a whole table. */
const inItem =
  (run: Command): Command =>
  (state, dispatch, view) =>
    depthAround(state, (type) => type === nodes.list_item) > 0 && run(state, dispatch, view);

const sink: EditorCommand = {
  id: "sink",
  label: "Indent item",
  keys: ["Tab"],
  run: inItem(sinkListItem(nodes.list_item)),
  isActive: never,
};
const liftItem: EditorCommand = {
  id: "lift",
  label: "Outdent item",
  keys: ["Shift-Tab"],
  run: inItem(liftListItem(nodes.list_item)),
  isActive: never,
};
const nextCell = tableCommand("next-cell", "Next cell", ["Tab"], toNextCell);
const previousCell = tableCommand("previous-cell", "Previous cell", ["Shift-Tab"], toPreviousCell);

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
export const blockTypes: readonly EditorCommand[] = [paragraph, ...headings, codeBlock, mathBlock];
export const commands: readonly EditorCommand[] = [
  strong,
  emphasis,
  underline,
  code,
  strike,
  highlight,
  superscript,
  subscript,
  math,
  ...blockTypes,
  bulletList,
  orderedList,
  taskList,
  checkTask,
  quote,
  callout,
  footnote,
  table,
  rowAbove,
  rowBelow,
  columnBefore,
  columnAfter,
  removeRow,
  removeColumn,
  removeTable,
  headerRow,
  imageNarrower,
  imageWider,
  imageOwnWidth,
  removeImage,
  removeFile,
  sink,
  liftItem,
  nextCell,
  previousCell,
  undoCommand,
  redoCommand,
];

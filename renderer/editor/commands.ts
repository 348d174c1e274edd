/**
 * What can be done to text: how, and whether it is on at the caret. The ids are those of the registry
 * (`electron/commands.ts`), which has names and keys; the app checks that it has all of them.
 */
import { chainCommands, toggleMark } from "prosemirror-commands";
import { closeHistory, redo, undo } from "prosemirror-history";
import type { MarkType, NodeType } from "prosemirror-model";
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
import { crossFootnote, insertFootnote } from "./footnotes.ts";
import { deleteFile, isAtFile } from "./file-commands.ts";
import { deleteImage, isAtImage, narrow, toOwnWidth, widen } from "./image-commands.ts";
import { removeLink } from "./links.ts";
import { deleteBlock, duplicateBlock, moveBlock } from "./move-block.ts";
import {
  alignCells,
  areCellsAligned,
  areCellsSelected,
  hasHeaderRow,
  insertTable,
  isCellMerged,
  isInTable,
  mergeCells,
  separateCell,
  toNextCell,
  toPreviousCell,
} from "./tables.ts";
import { moveColumn, moveRow } from "./table-moves.ts";
import { isTaskChecked, toggleTask } from "./tasks.ts";

/** A command and when it is "on"; where it never is, it is done once. */
export type TextCommand = {
  readonly run: Command;
  readonly isActive?: (state: EditorState) => boolean;
};

const { nodes, marks } = schema;

/** Whether typing here, or the selection's start, carries the mark. */
const hasMark =
  (type: MarkType) =>
  (state: EditorState): boolean => {
    const { empty, $from, from, to } = state.selection;
    if (empty) return type.isInSet(state.storedMarks ?? $from.marks()) !== undefined;
    const inside = $from.marksAcross(state.doc.resolve(Math.min(to, from + 1))) ?? [];
    return type.isInSet(inside) !== undefined;
  };

const markCommand = (type: MarkType): TextCommand => ({ run: toggleMark(type), isActive: hasMark(type) });

const textblock = (type: NodeType): TextCommand => ({
  run: toggleTextblock(type),
  isActive: (state) => isTextblock(state, type),
});

const heading = (level: number): TextCommand => ({
  run: toggleTextblock(nodes.heading, { level }),
  isActive: (state) => isTextblock(state, nodes.heading, level),
});

const list = (type: NodeType): TextCommand => ({
  run: toggleList(type),
  isActive: (state) => isInList(state, type),
});

const around = (type: NodeType): TextCommand => ({
  run: toggleAround(type),
  isActive: (state) => isInside(state, type),
});

/** Each is undone by itself, however quickly they follow one another. */
const tableCommand = (run: Command): TextCommand => ({
  run: (state, dispatch, view) => run(state, dispatch && ((tr) => dispatch(closeHistory(tr))), view),
});

/** Only where the item is nearer than a table's cell: an item may hold a whole table. */
const inItem =
  (run: Command): Command =>
  (state, dispatch, view) =>
    depthAround(state, (type) => type === nodes.list_item) > 0 && run(state, dispatch, view);

export const textCommands = {
  strong: markCommand(marks.strong),
  em: markCommand(marks.em),
  underline: markCommand(marks.underline),
  code: markCommand(marks.code),
  strike: markCommand(marks.strike),
  highlight: markCommand(marks.highlight),
  superscript: markCommand(marks.superscript),
  subscript: markCommand(marks.subscript),
  math: markCommand(marks.math),

  paragraph: {
    run: setTextblock(nodes.paragraph),
    isActive: (state) => isTextblock(state, nodes.paragraph),
  },
  "heading-1": heading(1),
  "heading-2": heading(2),
  "heading-3": heading(3),
  "heading-4": heading(4),
  "heading-5": heading(5),
  "heading-6": heading(6),
  "code-block": textblock(nodes.code_block),
  "math-block": textblock(nodes.math_block),
  "bullet-list": list(nodes.bullet_list),
  "ordered-list": list(nodes.ordered_list),
  "task-list": list(nodes.task_list),
  "check-task": { run: toggleTask, isActive: isTaskChecked },
  quote: around(nodes.blockquote),
  callout: around(nodes.callout),
  "cross-footnote": { run: crossFootnote },
  footnote: { run: insertFootnote, isActive: (state) => isInside(state, nodes.footnote) },

  /** Active while the caret is in a table; the commands for rows and columns are shown then. */
  table: { run: insertTable, isActive: isInTable },
  "row-above": tableCommand(addRowBefore),
  "row-below": tableCommand(addRowAfter),
  "column-before": tableCommand(addColumnBefore),
  "column-after": tableCommand(addColumnAfter),
  // The last row, or column, cannot go without the table.
  "delete-row": tableCommand(chainCommands(deleteRow, deleteTable)),
  "delete-column": tableCommand(chainCommands(deleteColumn, deleteTable)),
  "delete-table": tableCommand(deleteTable),
  "move-row-up": { run: moveRow("up") },
  "move-row-down": { run: moveRow("down") },
  "move-column-before": { run: moveColumn("before") },
  "move-column-after": { run: moveColumn("after") },
  "header-row": { ...tableCommand(toggleHeader("row")), isActive: hasHeaderRow },

  // Active where they can be done: the bar shows them then.
  "merge-cells": { ...tableCommand(mergeCells), isActive: areCellsSelected },
  "split-cell": { ...tableCommand(separateCell), isActive: isCellMerged },
  "align-start": { ...tableCommand(alignCells("")), isActive: areCellsAligned("") },
  "align-center": { ...tableCommand(alignCells("center")), isActive: areCellsAligned("center") },
  "align-right": { ...tableCommand(alignCells("right")), isActive: areCellsAligned("right") },

  "image-narrower": { run: narrow },
  "image-wider": { run: widen },
  "image-own-width": { run: toOwnWidth },
  "delete-image": { run: deleteImage },
  "delete-file": { run: deleteFile },

  "remove-link": { run: removeLink },

  "move-block-up": { run: moveBlock("up") },
  "move-block-down": { run: moveBlock("down") },
  "duplicate-block": { run: duplicateBlock },
  "delete-block": { run: deleteBlock },

  sink: { run: inItem(sinkListItem(nodes.list_item)) },
  lift: { run: inItem(liftListItem(nodes.list_item)) },
  "next-cell": tableCommand(toNextCell),
  "previous-cell": tableCommand(toPreviousCell),

  undo: { run: undo },
  redo: { run: redo },
} satisfies Readonly<Record<string, TextCommand>>;
export type TextCommandId = keyof typeof textCommands;

/** What the app does when it is asked for it: it asks, and goes on with the answer later. Active where it applies. */
export const askingCommands = {
  link: hasMark(marks.link),
  image: isAtImage,
  file: isAtFile,
  "save-file": null,
  "alt-text": null,
  "open-link": null,
} satisfies Readonly<Record<string, ((state: EditorState) => boolean) | null>>;
export type AskingCommandId = keyof typeof askingCommands;

/** The types of text block, of which exactly one is active at the caret. */
export const blockTypes = [
  "paragraph",
  ...headingLevels.map((level) => `heading-${level}` as const),
  "code-block",
  "math-block",
] as const satisfies readonly TextCommandId[];

/**
 * The registry of commands: what can be done, how it is called, and its keys. Menus, palette, slash menu,
 * toolbars, keymap and the list of shortcuts all read this table, and nothing else names a key.
 *
 * How a command is done is not here: `renderer/editor/commands.ts` has what edits text, by the same ids, and
 * `renderer/app/commands/` the rest. The table imports nothing, for main and windows both start with it.
 */

/** Where a command is found in the menu bar, and under what heading in palette and list. */
export const commandGroups = ["file", "edit", "insert", "format", "table", "view", "help"] as const;
export type CommandGroup = (typeof commandGroups)[number];
export const groupLabels: { readonly [Group in CommandGroup]: string } = {
  file: "File",
  edit: "Edit",
  insert: "Insert",
  format: "Format",
  table: "Table",
  view: "View",
  help: "Help",
};

/** Where alone a command does something. Two that are never at the same place may have the same key. */
export type CommandPlace = "list" | "table" | "image" | "file" | "code" | "find" | "link";

export type CommandEntry = {
  /** As in the platform's menus: "…" where something is asked first. */
  readonly label: string;
  readonly group: CommandGroup;
  /** Sections of a menu are divided by a line; in the order of the table. */
  readonly section: number;
  /** In prosemirror-keymap's names; the first is the one to show. */
  readonly keys?: readonly string[];
  /** Other words that people look for. */
  readonly words?: string;
  readonly place?: CommandPlace;
  /** In the slash menu: what is put where the caret is. */
  readonly isInsertable?: true;
  /** Not in the menu bar, where it would only be in the way. */
  readonly isHidden?: true;
};

const entries = {
  // File.
  "new-document": { label: "New document", group: "file", section: 1, keys: ["Mod-n"], words: "create page" },
  import: { label: "Import Markdown…", group: "file", section: 1, keys: ["Mod-Shift-i"], words: "open file" },
  export: {
    label: "Export document…",
    group: "file",
    section: 1,
    keys: ["Mod-Shift-e"],
    words: "save markdown",
  },
  where: { label: "Where is my text?", group: "file", section: 2, words: "saved sync status" },
  restore: { label: "Restore from backup…", group: "file", section: 2, words: "recover" },
  "check-storage": { label: "Check storage…", group: "file", section: 2, words: "damaged verify" },
  join: { label: "Join workspace…", group: "file", section: 3, words: "invite team" },
  share: { label: "Share workspace…", group: "file", section: 3, words: "invite people members" },
  move: { label: "Move document to a workspace…", group: "file", section: 3, words: "hand over share" },
  settings: { label: "Settings…", group: "file", section: 4, keys: ["Mod-,"], words: "preferences options" },

  // Edit.
  undo: { label: "Undo", group: "edit", section: 1, keys: ["Mod-z"] },
  redo: { label: "Redo", group: "edit", section: 1, keys: ["Mod-Shift-z", "Mod-y"] },

  "paste-plain": {
    label: "Paste as plain text",
    group: "edit",
    section: 1,
    keys: ["Mod-Shift-v"],
    words: "without formatting match style",
  },

  find: { label: "Find…", group: "edit", section: 2, keys: ["Mod-f"], words: "search" },
  replace: {
    label: "Replace…",
    group: "edit",
    section: 2,
    keys: ["Mod-h", "Mod-Alt-h"],
    words: "find search",
  },
  "find-next": { label: "Find next", group: "edit", section: 2, keys: ["Mod-g", "F3"] },
  "find-previous": { label: "Find previous", group: "edit", section: 2, keys: ["Mod-Shift-g", "Shift-F3"] },
  "correct-spelling": {
    label: "Correct spelling…",
    group: "edit",
    section: 3,
    keys: ["F7", "Mod-;"],
    words: "spellcheck misspelled next suggestions dictionary",
  },

  "move-block-up": {
    label: "Move block up",
    group: "edit",
    section: 4,
    keys: ["Alt-Shift-ArrowUp"],
    words: "paragraph item line drag",
  },
  "move-block-down": {
    label: "Move block down",
    group: "edit",
    section: 4,
    keys: ["Alt-Shift-ArrowDown"],
    words: "paragraph item line drag",
  },
  "duplicate-block": {
    label: "Duplicate block",
    group: "edit",
    section: 4,
    keys: ["Mod-Shift-d"],
    words: "copy paragraph item",
  },
  "delete-block": { label: "Delete block", group: "edit", section: 4, words: "remove paragraph item" },

  "smart-typography": {
    label: "Smart typography",
    group: "edit",
    section: 5,
    words: "quotes dashes ellipsis apostrophe",
  },

  // Insert.
  link: { label: "Link…", group: "insert", section: 1, keys: ["Mod-k"], words: "url address web" },
  image: {
    label: "Image…",
    group: "insert",
    section: 1,
    keys: ["Mod-Alt-i"],
    words: "picture photo",
    isInsertable: true,
  },
  file: {
    label: "File…",
    group: "insert",
    section: 1,
    keys: ["Mod-Alt-a"],
    words: "attachment paperclip",
    isInsertable: true,
  },
  table: {
    label: "Table",
    group: "insert",
    section: 1,
    keys: ["Mod-Shift-t"],
    words: "grid rows columns",
    isInsertable: true,
  },
  footnote: {
    label: "Footnote",
    group: "insert",
    section: 1,
    keys: ["Mod-Alt-f"],
    words: "note reference",
    isInsertable: true,
  },

  // Format.
  strong: { label: "Bold", group: "format", section: 1, keys: ["Mod-b"], words: "strong" },
  em: { label: "Italic", group: "format", section: 1, keys: ["Mod-i"], words: "emphasis" },
  underline: { label: "Underline", group: "format", section: 1, keys: ["Mod-u"] },
  strike: {
    label: "Strikethrough",
    group: "format",
    section: 1,
    keys: ["Mod-Shift-x"],
    words: "delete cross out",
  },
  highlight: {
    label: "Highlight",
    group: "format",
    section: 1,
    keys: ["Mod-Shift-h"],
    words: "marker yellow",
  },
  code: { label: "Code", group: "format", section: 1, keys: ["Mod-e"], words: "monospace" },
  superscript: { label: "Superscript", group: "format", section: 1, keys: ["Mod-Alt-."] },
  subscript: { label: "Subscript", group: "format", section: 1, keys: ["Mod-Alt-,"] },
  math: { label: "Formula", group: "format", section: 1, keys: ["Mod-Shift-m"], words: "math tex latex" },
  paragraph: {
    label: "Text",
    group: "format",
    section: 2,
    keys: ["Mod-Alt-0"],
    words: "paragraph plain",
    isInsertable: true,
  },
  "heading-1": {
    label: "Heading 1",
    group: "format",
    section: 2,
    keys: ["Mod-Alt-1"],
    words: "h1 title",
    isInsertable: true,
  },
  "heading-2": {
    label: "Heading 2",
    group: "format",
    section: 2,
    keys: ["Mod-Alt-2"],
    words: "h2",
    isInsertable: true,
  },
  "heading-3": {
    label: "Heading 3",
    group: "format",
    section: 2,
    keys: ["Mod-Alt-3"],
    words: "h3",
    isInsertable: true,
  },
  "heading-4": { label: "Heading 4", group: "format", section: 2, keys: ["Mod-Alt-4"], words: "h4" },
  "heading-5": { label: "Heading 5", group: "format", section: 2, keys: ["Mod-Alt-5"], words: "h5" },
  "heading-6": { label: "Heading 6", group: "format", section: 2, keys: ["Mod-Alt-6"], words: "h6" },
  "bullet-list": {
    label: "Bulleted list",
    group: "format",
    section: 3,
    keys: ["Mod-Shift-8"],
    words: "unordered ul points",
    isInsertable: true,
  },
  "ordered-list": {
    label: "Numbered list",
    group: "format",
    section: 3,
    keys: ["Mod-Shift-7"],
    words: "ordered ol",
    isInsertable: true,
  },
  "task-list": {
    label: "Task list",
    group: "format",
    section: 3,
    keys: ["Mod-Shift-6"],
    words: "to-do todo checkbox",
    isInsertable: true,
  },
  "check-task": {
    label: "Done",
    group: "format",
    section: 3,
    keys: ["Mod-Enter", "Ctrl-Enter"],
    words: "check tick task",
    place: "list",
  },
  sink: { label: "Indent item", group: "format", section: 3, keys: ["Tab"], place: "list" },
  lift: { label: "Outdent item", group: "format", section: 3, keys: ["Shift-Tab"], place: "list" },
  quote: {
    label: "Quote",
    group: "format",
    section: 4,
    keys: ["Mod-Shift-9", "Mod->"],
    words: "blockquote citation",
    isInsertable: true,
  },
  callout: {
    label: "Callout",
    group: "format",
    section: 4,
    keys: ["Mod-Alt-o"],
    words: "note tip warning admonition",
    isInsertable: true,
  },
  "code-block": {
    label: "Code block",
    group: "format",
    section: 4,
    keys: ["Mod-Alt-c"],
    words: "program source fence",
    isInsertable: true,
  },
  "math-block": {
    label: "Formula block",
    group: "format",
    section: 4,
    keys: ["Mod-Alt-m"],
    words: "math equation tex latex",
    isInsertable: true,
  },
  "alt-text": {
    label: "Describe image…",
    group: "format",
    section: 5,
    keys: ["Mod-Alt-d"],
    place: "image",
    words: "alt text",
  },
  "image-narrower": { label: "Image: narrower", group: "format", section: 5, place: "image" },
  "image-wider": { label: "Image: wider", group: "format", section: 5, place: "image" },
  "image-own-width": { label: "Image: its own width", group: "format", section: 5, place: "image" },
  "delete-image": { label: "Delete image", group: "format", section: 5, place: "image" },
  "cross-footnote": {
    label: "Footnote: there and back",
    group: "format",
    section: 5,
    keys: ["Mod-Alt-Enter"],
    words: "note reference jump",
  },
  "open-link": {
    label: "Open link",
    group: "format",
    section: 5,
    keys: ["Alt-Enter"],
    place: "link",
    words: "follow visit browser",
  },
  "remove-link": { label: "Remove link", group: "format", section: 5, place: "link", words: "unlink" },
  "save-file": {
    label: "Save file as…",
    group: "format",
    section: 5,
    keys: ["Mod-Alt-s"],
    place: "file",
    words: "download attachment",
  },
  "delete-file": { label: "Delete file", group: "format", section: 5, place: "file" },

  // Table.
  "row-above": {
    label: "Add row above",
    group: "table",
    section: 1,
    keys: ["Mod-Alt-ArrowUp"],
    place: "table",
  },
  "row-below": {
    label: "Add row below",
    group: "table",
    section: 1,
    keys: ["Mod-Alt-ArrowDown"],
    place: "table",
  },
  "column-before": {
    label: "Add column before",
    group: "table",
    section: 1,
    keys: ["Mod-Alt-ArrowLeft"],
    place: "table",
  },
  "column-after": {
    label: "Add column after",
    group: "table",
    section: 1,
    keys: ["Mod-Alt-ArrowRight"],
    place: "table",
  },
  "move-row-up": { label: "Move row up", group: "table", section: 2, place: "table" },
  "move-row-down": { label: "Move row down", group: "table", section: 2, place: "table" },
  "move-column-before": {
    label: "Move column before",
    group: "table",
    section: 2,
    place: "table",
    words: "left",
  },
  "move-column-after": {
    label: "Move column after",
    group: "table",
    section: 2,
    place: "table",
    words: "right",
  },
  "header-row": { label: "Header row", group: "table", section: 2, place: "table" },
  "merge-cells": { label: "Merge cells", group: "table", section: 2, place: "table", words: "join combine" },
  "split-cell": { label: "Split cell", group: "table", section: 2, place: "table", words: "unmerge" },
  "align-start": { label: "Align cells: start", group: "table", section: 2, place: "table", words: "left" },
  "align-center": { label: "Align cells: center", group: "table", section: 2, place: "table" },
  "align-right": { label: "Align cells: right", group: "table", section: 2, place: "table", words: "end" },
  "next-cell": { label: "Next cell", group: "table", section: 3, keys: ["Tab"], place: "table" },
  "previous-cell": {
    label: "Previous cell",
    group: "table",
    section: 3,
    keys: ["Shift-Tab"],
    place: "table",
  },
  "delete-row": { label: "Delete row", group: "table", section: 4, place: "table" },
  "delete-column": { label: "Delete column", group: "table", section: 4, place: "table" },
  "delete-table": { label: "Delete table", group: "table", section: 4, place: "table" },

  // View.
  palette: {
    label: "All commands…",
    group: "view",
    section: 1,
    keys: ["Mod-Shift-p"],
    words: "command palette",
  },
  "toggle-library": {
    label: "Library",
    group: "view",
    section: 1,
    keys: ["Mod-\\"],
    words: "sidebar documents",
  },
  "toggle-outline": {
    label: "Outline",
    group: "view",
    section: 1,
    keys: ["Mod-Shift-o"],
    words: "headings contents sections navigate",
  },
  "to-toolbar": {
    label: "To the toolbar",
    group: "view",
    section: 1,
    keys: ["Alt-F10"],
    words: "focus keyboard",
  },
  "focus-paragraph": { label: "Focus on the paragraph", group: "view", section: 2, words: "dim distraction" },
  "focus-sentence": { label: "Focus on the sentence", group: "view", section: 2, words: "dim distraction" },
  typewriter: { label: "Typewriter scrolling", group: "view", section: 2, words: "center middle" },
  "width-narrow": { label: "Narrow page", group: "view", section: 3, words: "width column measure" },
  "width-wide": { label: "Wide page", group: "view", section: 3, words: "width column measure" },
  "theme-system": { label: "Theme of the system", group: "view", section: 4, words: "appearance colours" },
  "theme-light": { label: "Light theme", group: "view", section: 4, words: "appearance colours day" },
  "theme-dark": { label: "Dark theme", group: "view", section: 4, words: "appearance colours night" },
  "high-contrast": { label: "High contrast", group: "view", section: 4, words: "accessibility" },

  counts: {
    label: "Word count…",
    group: "view",
    section: 2,
    words: "words characters reading time statistics",
  },
  goal: { label: "Writing goal…", group: "view", section: 2, words: "target words daily progress" },

  // Help.
  shortcuts: {
    label: "Keyboard shortcuts",
    group: "help",
    section: 1,
    keys: ["Mod-/"],
    words: "keys rebind",
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;

export type CommandId = keyof typeof entries;
export const commandTable: { readonly [Id in CommandId]: CommandEntry } = entries;
export const commandIds = Object.keys(entries) as readonly CommandId[];
export const isCommandId = (id: string): id is CommandId => Object.hasOwn(entries, id);

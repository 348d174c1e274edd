/** The plugins and view properties of a document's editor, in the order in which they get a key. */
import { dropCursor } from "prosemirror-dropcursor";
import { gapCursor } from "prosemirror-gapcursor";
import { history } from "prosemirror-history";
import type { Command, Plugin } from "prosemirror-state";
import type { DirectEditorProps } from "prosemirror-view";
import { activityPlugin } from "./activity.ts";
import type { Activity } from "./activity.ts";
import { footnotesPlugin } from "./footnotes.ts";
import { identifyPlugin } from "./identify-plugin.ts";
import { imageView, inlineImageView } from "./image-views.ts";
import { markdownRules } from "./input-rules.ts";
import { keymaps } from "./keymap.ts";
import { openLinkPlugin } from "./links.ts";
import { cleanedSlice } from "./paste.ts";
import { pasteParser } from "./paste-html.ts";
import { tablesPlugin, tableView } from "./tables.ts";
import { tasksPlugin } from "./tasks.ts";

/** What the editor asks of the app around it. */
export type EditorHost = {
  /** Asks for an address and sets the link, later. */
  askForLink: Command;
  openLink(href: string): void;
  activity(active: Activity): void;
};

export const editorPlugins = (host: EditorHost): Plugin[] => [
  markdownRules(),
  ...keymaps(host.askForLink),
  history({ depth: 500 }),
  identifyPlugin(),
  tasksPlugin(),
  footnotesPlugin(),
  openLinkPlugin((href) => host.openLink(href)),
  dropCursor({ color: false, class: "deckle-drop-cursor" }),
  gapCursor(),
  // Late, for it takes mouse and arrow keys in tables broadly. It edits nothing by itself.
  tablesPlugin(),
  activityPlugin((active) => host.activity(active)),
];

export const editorProps: Omit<DirectEditorProps, "state"> = {
  attributes: {
    role: "textbox",
    "aria-multiline": "true",
    "aria-label": "Document text",
    spellcheck: "true",
    translate: "no",
  },
  nodeViews: { image: imageView, image_inline: inlineImageView, table: tableView },
  clipboardParser: pasteParser,
  transformPasted: (slice, view) => cleanedSlice(slice, view.dragging?.move ? null : view.state.doc),
};

/** The plugins and view properties of a document's editor, in the order in which they get a key. */
import { dropCursor } from "prosemirror-dropcursor";
import { gapCursor } from "prosemirror-gapcursor";
import { history } from "prosemirror-history";
import type { Plugin } from "prosemirror-state";
import type { DirectEditorProps } from "prosemirror-view";
import { activityPlugin } from "./activity.ts";
import type { Activity } from "./activity.ts";
import { blockSettingsPlugin } from "./block-settings.ts";
import type { BlockSettings } from "./block-settings.ts";
import { findPlugin, foundPlacePlugin } from "./find.ts";
import type { FindTally } from "./find.ts";
import { focusModePlugin } from "./focus-mode.ts";
import type { FocusMode } from "./focus-mode.ts";
import { codeColoursPlugin } from "./code-colours.ts";
import { countsPlugin } from "./counts.ts";
import type { CountsHost } from "./counts.ts";
import { footnotePlacePlugin } from "./footnote-place.ts";
import type { FootnotePlace } from "./footnote-place.ts";
import { footnotesPlugin } from "./footnotes.ts";
import { hoveredBlockPlugin } from "./hovered-block.ts";
import type { HoveredBlock } from "./hovered-block.ts";
import { hoveredCellPlugin } from "./hovered-cell.ts";
import type { HoveredCell } from "./hovered-cell.ts";
import { identifyPlugin } from "./identify-plugin.ts";
import { imagesPlugin } from "./images-plugin.ts";
import type { ImagesHost } from "./images-plugin.ts";
import { mathPlugin } from "./math.ts";
import { markdownRules } from "./input-rules.ts";
import { keymaps } from "./keymap.ts";
import type { AskingCommands, CommandKeys } from "./keymap.ts";
import { laidOutPlugin } from "./laid-out.ts";
import type { ReadAloud } from "./laid-out.ts";
import { linkPlacePlugin } from "./link-place.ts";
import type { LinkPlace } from "./link-place.ts";
import { openLinkPlugin } from "./links.ts";
import { cleanedSlice } from "./paste.ts";
import { outlinePlugin } from "./outline.ts";
import type { OutlineHost } from "./outline.ts";
import { pastePlugin } from "./paste-plugin.ts";
import type { PasteHost } from "./paste-plugin.ts";
import { pasteParser } from "./paste-html.ts";
import { picturePlaces } from "./picture-places.ts";
import { selectedTextPlugin } from "./selected-text.ts";
import type { SelectedPlace } from "./selected-text.ts";
import { slashPlugin } from "./slash.ts";
import type { SlashHost } from "./slash.ts";
import { smartTypography } from "./smart-typography.ts";
import { typedTextPlugin } from "./typed-text.ts";
import { typewriterPlugin } from "./typewriter.ts";
import { spellingPlugin } from "./spelling.ts";
import type { SpellingHost } from "./spelling.ts";
import { columnsPlugin, tablesPlugin, tableView } from "./tables.ts";
import { tasksPlugin } from "./tasks.ts";

/** What the editor asks of the app around it. */
export type EditorHost = {
  /** The keys of commands as they are now. */
  keys: () => CommandKeys;
  asking: AskingCommands;
  /** Gives the focus to what is around the text. @returns whether there is anything */
  leave(): boolean;
  images: ImagesHost;
  openLink(href: string): void;
  activity(active: Activity): void;
  blockSettings(settings: BlockSettings): void;
  slash: SlashHost;
  /** Where the selected text is; null where there is none. */
  selected(place: SelectedPlace | null): void;
  /** Where the link is that the caret is in; null where it is in none. */
  link(place: LinkPlace | null): void;
  /** Where the reference is that the caret is beside; null where there is none. */
  footnote(place: FootnotePlace | null): void;
  /** The block that the mouse is beside; null where it is beside none. */
  hovered(block: HoveredBlock | null): void;
  /** The cell that the mouse is over; null where it is over none. */
  hoveredCell(cell: HoveredCell | null): void;
  found(tally: FindTally): void;
  focusMode(): FocusMode;
  isTypewriter(): boolean;
  isTypographic(): boolean;
  counting: CountsHost;
  outline: OutlineHost;
  spelling: SpellingHost;
  pasting: PasteHost;
  isRead: ReadAloud;
};

export const editorPlugins = (host: EditorHost): Plugin[] => [
  // First: what is scrolled to, or goes on from the caret, has to be there.
  laidOutPlugin(host.isRead),
  // Before the keys of commands: Enter and the arrows are its own while it is open.
  slashPlugin(host.slash),
  markdownRules(),
  // After those: what is Markdown is not to be printed.
  smartTypography(() => host.isTypographic(), navigator.language),
  focusModePlugin(() => host.focusMode()),
  typewriterPlugin(() => host.isTypewriter()),
  ...keymaps(host.keys, host.asking, () => host.leave()),
  history({ depth: 500 }),
  identifyPlugin(),
  tasksPlugin(),
  footnotesPlugin(),
  mathPlugin(),
  picturePlaces(),
  // Before tables, which take what is pasted into cells.
  imagesPlugin(host.images),
  pastePlugin(host.pasting, (words) => host.images.refuse(words)),
  openLinkPlugin((href) => host.openLink(href)),
  dropCursor({ color: false, class: "deckle-drop-cursor" }),
  gapCursor(),
  columnsPlugin(),
  // Late, for it takes mouse and arrow keys in tables broadly. It edits nothing by itself.
  tablesPlugin(),
  spellingPlugin(host.spelling),
  codeColoursPlugin(),
  findPlugin((tally) => host.found(tally)),
  foundPlacePlugin(),
  selectedTextPlugin((place) => host.selected(place)),
  linkPlacePlugin((place) => host.link(place)),
  footnotePlacePlugin((place) => host.footnote(place)),
  hoveredBlockPlugin((block) => host.hovered(block)),
  hoveredCellPlugin((cell) => host.hoveredCell(cell)),
  activityPlugin((active) => host.activity(active)),
  blockSettingsPlugin((settings) => host.blockSettings(settings)),
  countsPlugin(host.counting),
  outlinePlugin(host.outline),
  typedTextPlugin(),
];

export const editorProps: Omit<DirectEditorProps, "state"> = {
  attributes: {
    role: "textbox",
    "aria-multiline": "true",
    "aria-label": "Document text",
    spellcheck: "true",
    translate: "no",
  },
  // What is gone to does not lie under what floats at the page's edge.
  scrollMargin: { top: 64, bottom: 40, left: 5, right: 5 },
  scrollThreshold: { top: 56, bottom: 24, left: 0, right: 0 },
  nodeViews: { table: tableView },
  clipboardParser: pasteParser,
  transformPasted: (slice, view) => cleanedSlice(slice, view.dragging?.move ? null : view.state.doc),
};

/** For tests: an editor without a DOM. Keys and letters go through the real plugins, as in a view. */
import type { Node } from "prosemirror-model";
import { EditorState, NodeSelection, TextSelection } from "prosemirror-state";
import type { Transaction } from "prosemirror-state";
import type { EditorView } from "prosemirror-view";
import { shortcutsWith } from "../../electron/commands/shortcuts.ts";
import { schema } from "../document/schema.ts";
import { BlobArrivals } from "./blob-arrivals.ts";
import { editorPlugins } from "./plugins.ts";

const keys = shortcutsWith({});
const asking = {
  link: () => false,
  image: () => false,
  file: () => false,
  "save-file": () => false,
  "alt-text": () => false,
  "open-link": () => false,
};
const slash = {
  find: () => [],
  command: () => undefined,
  choose: () => {},
  show: () => {},
  hide: () => {},
};
const images = {
  arrivals: new BlobArrivals(),
  hasRelay: () => false,
  askForAltText: () => {},
  addFiles: () => {},
  addAttachments: () => {},
  refuse: () => {},
  whereIs: () => Promise.resolve("missing" as const),
  saveFile: () => {},
  addSlice: () => {},
};
const host = {
  keys: () => keys,
  asking,
  leave: () => false,
  slash,
  selected: () => {},
  link: () => {},
  footnote: () => {},
  hovered: () => {},
  hoveredCell: () => {},
  spelling: { isKnown: () => true, isWrong: () => false, learn: () => {}, subscribe: () => () => {} },
  found: () => {},
  focusMode: () => "off" as const,
  isTypewriter: () => false,
  pasting: { takesPlain: () => false, came: () => {}, again: () => false },
  isTypographic: () => true,
  isRead: { get: () => false, subscribe: () => () => {} },
  images,
  openLink: () => {},
  activity: () => {},
  blockSettings: () => {},
  counting: { counts: () => {}, wrote: () => {} },
  outline: { outline: () => {}, wanted: { get: () => false, subscribe: () => () => {} } },
};

export const block = (
  type: string,
  attrs: Record<string, unknown> | null,
  ...content: (string | Node)[]
): Node =>
  schema.node(
    type,
    attrs,
    content.filter((one) => one !== "").map((one) => (typeof one === "string" ? schema.text(one) : one)),
  );

export class Typist {
  state: EditorState;
  readonly composing = false;
  readonly editable = true;

  /** The caret is where the text has "|"; two of them are the ends of the selection. */
  constructor(...blocks: Node[]) {
    this.state = EditorState.create({ doc: block("doc", null, ...blocks), plugins: editorPlugins(host) });
    const marks: number[] = [];
    this.state.doc.descendants((node, pos) => {
      for (let at = node.text?.indexOf("|") ?? -1; at >= 0; at = node.text?.indexOf("|", at + 1) ?? -1)
        marks.push(pos + at);
    });
    const { tr } = this.state;
    for (const pos of marks.toReversed()) tr.delete(pos, pos + 1);
    const [anchor = 0, head = anchor] = marks.map((pos, i) => pos - i);
    if (marks.length > 0) tr.setSelection(TextSelection.create(tr.doc, anchor, head));
    const { doc, selection } = tr;
    this.state = EditorState.create({ doc, selection, plugins: editorPlugins(host) });
  }

  dispatch = (tr: Transaction): void => {
    this.state = this.state.apply(tr);
    this.state.doc.check();
  };

  /** As if the caret's line were the only one in its block. */
  endOfTextblock(direction: string): boolean {
    const { $head } = this.state.selection;
    if (direction === "backward" || direction === "left") return $head.parentOffset === 0;
    return !/forward|right/.test(direction) || $head.parentOffset === $head.parent.content.size;
  }

  /** A key by prosemirror-keymap's name. @returns whether the editor took it */
  press(name: string): boolean {
    const parts = name.split(/-(?!$)/);
    const key = parts.pop() ?? "";
    const has = (one: string): boolean => parts.includes(one);
    const event = {
      key,
      keyCode: 0,
      ctrlKey: has("Mod") || has("Ctrl"),
      shiftKey: has("Shift"),
      altKey: has("Alt"),
      metaKey: false,
    } as KeyboardEvent;
    const view = this as unknown as EditorView;
    return this.state.plugins.some(
      (plugin) => plugin.props.handleKeyDown?.call(plugin, view, event) === true,
    );
  }

  /** Letters, each offered to the input rules first; "\n" is Enter, "→" Tab, "⌫" Backspace. */
  type(text: string): this {
    const keys: Record<string, string> = { "\n": "Enter", "→": "Tab", "←": "Shift-Tab", "⌫": "Backspace" };
    for (const letter of text) {
      const key = keys[letter];
      const { from, to } = this.state.selection;
      if (key !== undefined) {
        // What the editor does not take, a browser does.
        if (!this.press(key) && key === "Backspace") this.dispatch(this.state.tr.delete(from - 1, to));
        continue;
      }
      const view = this as unknown as EditorView;
      const insert = (): Transaction => this.state.tr.insertText(letter);
      const isTaken = this.state.plugins.some(
        (plugin) => plugin.props.handleTextInput?.call(plugin, view, from, to, letter, insert) === true,
      );
      if (!isTaken) this.dispatch(insert());
    }
    return this;
  }

  /** The document in a few letters, with "|" where the caret is. */
  get shown(): string {
    return this.state.doc.children.map((node, i) => this.#sketch(node, this.#posOf(i))).join(" ");
  }

  #posOf(index: number): number {
    let pos = 0;
    for (let i = 0; i < index; i++) pos += this.state.doc.child(i).nodeSize;
    return pos;
  }

  #sketch(node: Node, pos: number): string {
    const { selection } = this.state;
    const short: Record<string, string> = { paragraph: "p", list_item: "li", table_row: "tr", table_cell: "td", table_header: "th" }; // prettier-ignore
    const name = `${short[node.type.name] ?? node.type.name}${node.attrs["checked"] === true ? "✓" : ""}`;
    const isSelected = selection instanceof NodeSelection && selection.from === pos;
    let inside: string;
    if (node.isTextblock) {
      inside = node.textBetween(0, node.content.size, "", "•");
      const at = selection.from - pos - 1;
      if (selection instanceof TextSelection && at >= 0 && at <= node.content.size)
        inside = `${inside.slice(0, at)}|${inside.slice(at)}`;
    } else {
      let start = pos + 1;
      inside = node.children
        .map((child) => {
          const sketch = this.#sketch(child, start);
          start += child.nodeSize;
          return sketch;
        })
        .join(" ");
    }
    return `${isSelected ? "*" : ""}${name}[${inside}]`;
  }
}

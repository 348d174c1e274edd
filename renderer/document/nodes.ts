/**
 * The nodes of the ProseMirror schema: what a document may hold, and what of it is valid.
 *
 * Everything that contains blocks (quotes, lists, items, callouts, footnotes, tables) carries an
 * `id`: the CRDT stores a document as a flat run of blocks, each with the path of containers it lies
 * in, and two neighbours lie in one container when its id is the same (see `block.ts`). An id
 * of "" means "not yet given"; `identify.ts` gives it in the window before the step is sent.
 *
 * Content expressions are as loose as rendering needs to be total: any merge of concurrent edits
 * must have a valid form, so an item may begin with any block and a row may hold no cell.
 *
 * Three attributes say how a node stands in the CRDT and are set by rendering only; an edit leaves
 * them at their defaults: `implicit` (text without a marker of its own), `hidden` (units before a
 * block that nothing shows), `tail` (end markers of a row or a cell).
 */
import type { Attrs, DOMOutputSpec, NodeSpec } from "prosemirror-model";
import { isBlobHash } from "./blobs.ts";
import { attribute, wholeNumber } from "./dom.ts";
import type { HTMLElementLike } from "./dom.ts";
import { fileNameFrom, isFileName, isMediaType } from "./file-name.ts";
import { isSafeSource } from "./link.ts";
import { hiddenMax, imageWidthMax, orderedStartMax, spanMax } from "./limits.ts";

const isString = (value: unknown): void => {
  if (typeof value !== "string") throw new RangeError("expected a string");
};
const isIntegerFrom =
  (least: number, most: number) =>
  (value: unknown): void => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw new RangeError(`expected a whole number from ${least} to ${most}`);
  };
const isWidths = (value: unknown): void => {
  if (value === null) return;
  if (!Array.isArray(value) || !value.every((width) => Number.isInteger(width) && width >= 0))
    throw new RangeError("expected null or an array of whole numbers");
};
const isOneOf =
  (...values: readonly string[]) =>
  (value: unknown): void => {
    if (!values.includes(value as string)) throw new RangeError(`expected one of "${values.join('", "')}"`);
  };

export const headingLevels = [1, 2, 3, 4, 5, 6] as const;
export const alignments = ["left", "center", "right"] as const;

/** Numbers, bars and columns begin at the side of the words within. */
const bySide = { dir: "auto" };

const id = { id: { default: "", validate: isString } };
const hidden = { hidden: { default: 0, validate: isIntegerFrom(0, hiddenMax) } };
const tail = { tail: { default: 1, validate: isIntegerFrom(0, hiddenMax) } };
const text = (fallback = ""): { default: string; validate: (value: unknown) => void } => ({
  default: fallback,
  validate: isString,
});
const levelOf = (node: { attrs: Attrs }): number => node.attrs["level"] as number;

/** Reads the language off `<pre><code class="language-ts">`, as Markdown tools write it. */
function languageOf(dom: HTMLElementLike): string {
  const own = attribute(dom, "data-language");
  if (own) return own;
  const code = dom.querySelector?.("code");
  return /(?:^|\s)language-(\S+)/.exec(code ? attribute(code, "class") : "")?.[1] ?? "";
}

/** The image itself is a blob of this hash, kept beside the document; `source` is where it was imported from. */
const imageAttrs = {
  hash: text(),
  mediaType: text(),
  size: { default: 0, validate: isIntegerFrom(0, Number.MAX_SAFE_INTEGER) },
  alt: text(),
  title: text(),
  width: { default: 0, validate: isIntegerFrom(0, imageWidthMax) }, // pixels; 0 is its own width
  // Of the picture itself, in pixels, so that its place is kept while it is not here; 0 is not known.
  naturalWidth: { default: 0, validate: isIntegerFrom(0, imageWidthMax) },
  naturalHeight: { default: 0, validate: isIntegerFrom(0, imageWidthMax) },
  source: text(),
};

const imageAttributes = (node: { attrs: Attrs }): Record<string, string> => ({
  "data-hash": node.attrs["hash"] as string,
  "data-media-type": node.attrs["mediaType"] as string,
  "data-size": String(node.attrs["size"]),
  ...(node.attrs["naturalWidth"] ? { "data-natural-width": String(node.attrs["naturalWidth"]) } : {}),
  ...(node.attrs["naturalHeight"] ? { "data-natural-height": String(node.attrs["naturalHeight"]) } : {}),
  // What comes from the CRDT has passed no parse rule, and this goes on the clipboard.
  "data-source": isSafeSource(node.attrs["source"] as string) ? (node.attrs["source"] as string) : "",
  alt: node.attrs["alt"] as string,
  ...(node.attrs["title"] ? { title: node.attrs["title"] as string } : {}),
  ...(node.attrs["width"] ? { width: String(node.attrs["width"]) } : {}),
});

const imageFrom = (dom: HTMLElementLike): Attrs => ({
  hash: attribute(dom, "data-hash"),
  mediaType: attribute(dom, "data-media-type"),
  size: wholeNumber(dom, "data-size", 0, Number.MAX_SAFE_INTEGER, 0),
  alt: attribute(dom, "alt"),
  title: attribute(dom, "title"),
  width: wholeNumber(dom, "width", 0, imageWidthMax, 0),
  naturalWidth: wholeNumber(dom, "data-natural-width", 0, imageWidthMax, 0),
  naturalHeight: wholeNumber(dom, "data-natural-height", 0, imageWidthMax, 0),
  source: attribute(dom, "data-source") || attribute(dom, "src"),
});

/** A string, if it may be one. */
const isStringThat =
  (mayBe: (value: string) => boolean, what: string) =>
  (value: unknown): void => {
    if (typeof value !== "string" || !mayBe(value)) throw new RangeError(`expected ${what}`);
  };

/** A file is a blob of this hash, as a picture is; "" is a file that nothing is known of. */
const fileAttrs = {
  hash: { default: "", validate: isStringThat((hash) => hash === "" || isBlobHash(hash), "a SHA-256") },
  name: { default: "", validate: isStringThat(isFileName, "a file's name") },
  mediaType: { default: "", validate: isStringThat(isMediaType, "a media type") },
  size: { default: 0, validate: isIntegerFrom(0, Number.MAX_SAFE_INTEGER) },
};

/** False where it names no blob: what it holds is pasted as text then. */
const fileFrom = (dom: HTMLElementLike): Attrs | false => {
  const hash = attribute(dom, "data-file");
  const mediaType = attribute(dom, "data-media-type");
  return (
    isBlobHash(hash) && {
      hash,
      name: fileNameFrom(attribute(dom, "data-name")),
      mediaType: isMediaType(mediaType) ? mediaType : "",
      size: wholeNumber(dom, "data-size", 0, Number.MAX_SAFE_INTEGER, 0),
    }
  );
};

const cellAttrs = {
  ...id, // that of its column
  ...tail,
  colspan: { default: 1, validate: isIntegerFrom(1, spanMax) },
  rowspan: { default: 1, validate: isIntegerFrom(1, spanMax) },
  align: { default: "", validate: isOneOf("", ...alignments) },
  colwidth: { default: null, validate: isWidths }, // pixels for each column it spans, as prosemirror-tables has it
};

const cellFrom = (dom: HTMLElementLike): Attrs => {
  const align = attribute(dom, "align") || /text-align:\s*(\w+)/.exec(attribute(dom, "style"))?.[1];
  return {
    colspan: wholeNumber(dom, "colspan", 1, spanMax, 1),
    rowspan: wholeNumber(dom, "rowspan", 1, spanMax, 1),
    align: alignments.find((one) => one === align) ?? "",
  };
};

const cellAttributes = (node: { attrs: Attrs }): Record<string, string> => {
  const { colspan, rowspan, align } = node.attrs;
  return {
    ...(colspan === 1 ? {} : { colspan: String(colspan) }),
    ...(rowspan === 1 ? {} : { rowspan: String(rowspan) }),
    ...(align ? { style: `text-align: ${align as string}` } : {}),
  };
};

export const nodes = {
  doc: { content: "block+" },
  paragraph: {
    // `implicit`: text that follows no marker in the CRDT.
    attrs: { implicit: { default: false, validate: "boolean" }, ...hidden },
    content: "inline*",
    group: "block",
    parseDOM: [{ tag: "p" }],
    toDOM: (): DOMOutputSpec => ["p", 0],
  },
  heading: {
    attrs: { level: { default: 1, validate: isIntegerFrom(1, 6) }, ...hidden },
    content: "inline*",
    group: "block",
    defining: true,
    parseDOM: headingLevels.map((level) => ({ tag: `h${level}`, attrs: { level } })),
    toDOM: (node): DOMOutputSpec => [`h${levelOf(node)}`, 0],
  },
  blockquote: {
    attrs: id,
    content: "block+",
    group: "block",
    defining: true,
    parseDOM: [{ tag: "blockquote" }],
    toDOM: (): DOMOutputSpec => ["blockquote", bySide, 0],
  },
  callout: {
    attrs: { ...id, kind: text("note") },
    content: "block+",
    group: "block",
    defining: true,
    parseDOM: [
      {
        tag: "aside[data-kind]",
        getAttrs: (dom: HTMLElementLike) => ({ kind: attribute(dom, "data-kind") || "note" }),
      },
    ],
    toDOM: (node): DOMOutputSpec => ["aside", { ...bySide, "data-kind": node.attrs["kind"] as string }, 0],
  },
  footnote: {
    // A `footnote_reference` names it by this id.
    attrs: id,
    content: "block+",
    group: "block",
    defining: true,
    parseDOM: [
      {
        tag: "section[data-footnote]",
        getAttrs: (dom: HTMLElementLike) => ({ id: attribute(dom, "data-footnote") }),
      },
    ],
    toDOM: (node): DOMOutputSpec => [
      "section",
      { ...bySide, "data-footnote": node.attrs["id"] as string },
      0,
    ],
  },
  bullet_list: {
    attrs: id,
    content: "list_item+",
    group: "block",
    parseDOM: [{ tag: "ul" }],
    toDOM: (): DOMOutputSpec => ["ul", bySide, 0],
  },
  ordered_list: {
    attrs: { ...id, start: { default: 1, validate: isIntegerFrom(0, orderedStartMax) } },
    content: "list_item+",
    group: "block",
    parseDOM: [
      {
        tag: "ol",
        getAttrs: (dom: HTMLElementLike) => ({ start: wholeNumber(dom, "start", 0, orderedStartMax, 1) }),
      },
    ],
    toDOM: (node): DOMOutputSpec =>
      node.attrs["start"] === 1
        ? ["ol", bySide, 0]
        : ["ol", { ...bySide, start: String(node.attrs["start"]) }, 0],
  },
  task_list: {
    attrs: id,
    content: "list_item+",
    group: "block",
    parseDOM: [{ tag: "ul[data-tasks]", priority: 60 }],
    toDOM: (): DOMOutputSpec => ["ul", { ...bySide, "data-tasks": "true" }, 0],
  },
  list_item: {
    // `checked` shows in a task list only, and stays while the list is another kind.
    attrs: { ...id, checked: { default: false, validate: "boolean" } },
    content: "block+",
    defining: true,
    parseDOM: [
      {
        tag: "li",
        getAttrs: (dom: HTMLElementLike) => ({ checked: attribute(dom, "data-checked") === "true" }),
      },
    ],
    toDOM: (node): DOMOutputSpec => ["li", { "data-checked": String(node.attrs["checked"]) }, 0],
  },
  code_block: {
    attrs: { language: text(), ...hidden },
    content: "text*",
    marks: "",
    group: "block",
    code: true,
    defining: true,
    parseDOM: [
      {
        tag: "pre",
        preserveWhitespace: "full",
        getAttrs: (dom: HTMLElementLike) => ({ language: languageOf(dom) }),
      },
    ],
    toDOM: (node): DOMOutputSpec => [
      "pre",
      { "data-language": node.attrs["language"] as string, spellcheck: "false" },
      ["code", 0],
    ],
  },
  math_block: {
    attrs: hidden,
    content: "text*", // TeX
    marks: "",
    group: "block",
    code: true,
    defining: true,
    parseDOM: [{ tag: "pre[data-math]", preserveWhitespace: "full", priority: 60 }],
    toDOM: (): DOMOutputSpec => ["pre", { "data-math": "true", spellcheck: "false" }, ["code", 0]],
  },
  horizontal_rule: {
    attrs: hidden,
    group: "block",
    parseDOM: [{ tag: "hr" }],
    toDOM: (): DOMOutputSpec => ["hr"],
  },
  image: {
    // Its text is the caption.
    attrs: { ...imageAttrs, ...hidden },
    content: "inline*",
    group: "block",
    defining: true,
    parseDOM: [
      {
        tag: "figure[data-image]",
        contentElement: "figcaption",
        getAttrs: (dom: HTMLElementLike) => {
          const img = dom.querySelector?.("img");
          return img ? imageFrom(img) : null;
        },
      },
    ],
    toDOM: (node): DOMOutputSpec => [
      "figure",
      { "data-image": "true" },
      ["img", imageAttributes(node)],
      ["figcaption", 0],
    ],
  },
  table: {
    attrs: id,
    content: "table_row+",
    group: "block",
    tableRole: "table",
    isolating: true,
    parseDOM: [{ tag: "table" }],
    toDOM: (): DOMOutputSpec => ["table", bySide, ["tbody", 0]],
  },
  table_row: {
    attrs: { ...id, ...tail },
    content: "(table_cell | table_header)*",
    tableRole: "row",
    parseDOM: [{ tag: "tr" }],
    toDOM: (): DOMOutputSpec => ["tr", 0],
  },
  table_cell: {
    attrs: cellAttrs,
    content: "block+",
    tableRole: "cell",
    isolating: true,
    parseDOM: [{ tag: "td", getAttrs: cellFrom }],
    toDOM: (node): DOMOutputSpec => ["td", cellAttributes(node), 0],
  },
  table_header: {
    attrs: cellAttrs,
    content: "block+",
    tableRole: "header_cell",
    isolating: true,
    parseDOM: [{ tag: "th", getAttrs: cellFrom }],
    toDOM: (node): DOMOutputSpec => ["th", cellAttributes(node), 0],
  },
  /** A block that this version does not know. Nothing but rendering makes one. */
  unknown_block: {
    attrs: { type: text(), data: text("{}"), ...hidden },
    content: "inline*",
    group: "block",
    toDOM: (node): DOMOutputSpec => ["p", { "data-unknown": node.attrs["type"] as string }, 0],
  },
  /** A container that this version does not know. */
  unknown_container: {
    attrs: { ...id, type: text(), data: text("{}") },
    content: "block+",
    group: "block",
    toDOM: (node): DOMOutputSpec => ["div", { "data-unknown": node.attrs["type"] as string }, 0],
  },
  text: { group: "inline" },
  hard_break: {
    inline: true,
    group: "inline",
    selectable: false,
    // Text that becomes code keeps its lines, and the other way round.
    linebreakReplacement: true,
    leafText: () => "\n",
    parseDOM: [{ tag: "br" }],
    toDOM: (): DOMOutputSpec => ["br"],
  },
  image_inline: {
    attrs: imageAttrs,
    inline: true,
    group: "inline",
    draggable: true,
    parseDOM: [{ tag: "img", getAttrs: imageFrom }],
    toDOM: (node): DOMOutputSpec => ["img", imageAttributes(node)],
  },
  /** Anything that is no picture to be shown: it has a name, and is saved elsewhere to be opened. */
  file: {
    attrs: fileAttrs,
    inline: true,
    group: "inline",
    draggable: true,
    leafText: (node) => node.attrs["name"] as string,
    parseDOM: [{ tag: "span[data-file]", priority: 60, getAttrs: fileFrom }],
    toDOM: (node): DOMOutputSpec => [
      "span",
      {
        "data-file": node.attrs["hash"] as string,
        "data-name": node.attrs["name"] as string,
        "data-media-type": node.attrs["mediaType"] as string,
        "data-size": String(node.attrs["size"]),
      },
      node.attrs["name"] as string,
    ],
  },
  footnote_reference: {
    attrs: { footnote: text() },
    inline: true,
    group: "inline",
    parseDOM: [
      {
        tag: "sup[data-footnote]",
        getAttrs: (dom: HTMLElementLike) => ({ footnote: attribute(dom, "data-footnote") }),
        priority: 60,
      },
    ],
    toDOM: (node): DOMOutputSpec => ["sup", { "data-footnote": node.attrs["footnote"] as string }],
  },
  document_link: {
    // `title` is what the target was called when it was linked, for where the target is not at hand.
    attrs: { document: text(), title: text() },
    inline: true,
    group: "inline",
    draggable: true,
    leafText: (node) => node.attrs["title"] as string,
    parseDOM: [
      {
        tag: "a[data-document]",
        priority: 60,
        getAttrs: (dom: HTMLElementLike) => ({
          document: attribute(dom, "data-document"),
          title: attribute(dom, "data-title"),
        }),
      },
    ],
    toDOM: (node): DOMOutputSpec => [
      "a",
      { "data-document": node.attrs["document"] as string, "data-title": node.attrs["title"] as string },
      node.attrs["title"] as string,
    ],
  },
  /** An inline object that this version does not know. */
  unknown_inline: {
    attrs: { type: text(), data: text("{}") },
    inline: true,
    group: "inline",
    toDOM: (node): DOMOutputSpec => ["span", { "data-unknown": node.attrs["type"] as string }],
  },
} satisfies Record<string, NodeSpec>;

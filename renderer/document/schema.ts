/**
 * The ProseMirror schema: what a document may hold, and what of it is valid.
 *
 * Everything that contains blocks (`blockquote`, lists, items) carries an `id`: the CRDT stores a
 * document as a flat run of blocks, each with the path of containers it lies in, and two neighbours
 * lie in one container exactly when its id is the same (see `block.ts`). An id of "" means "not yet
 * given"; `identify.ts` gives it in the window before the step is sent.
 *
 * Content expressions are as loose as rendering needs to be total: any merge of concurrent edits
 * must have a valid form, so an item may begin with any block.
 */
import { Schema } from "prosemirror-model";
import type { Attrs, DOMOutputSpec, MarkSpec, NodeSpec, NodeType } from "prosemirror-model";
import { isSafeHref } from "./link.ts";

const isString = (value: unknown): void => {
  if (typeof value !== "string") throw new RangeError("expected a string");
};
const isIntegerFrom =
  (least: number, most: number) =>
  (value: unknown): void => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw new RangeError(`expected a whole number from ${least} to ${most}`);
  };

export const headingLevels = [1, 2, 3, 4, 5, 6] as const;
export const orderedStartMax = 999_999_999; // CommonMark allows nine digits

const id = { id: { default: "", validate: isString } };
const levelOf = (node: { attrs: Attrs }): number => node.attrs["level"] as number;
const attribute = (dom: HTMLElementLike, name: string): string => dom.getAttribute(name) ?? "";

/** The part of an element that `parseDOM` rules touch; this layer has no DOM types. */
interface HTMLElementLike {
  getAttribute(name: string): string | null;
  querySelector?(selector: string): HTMLElementLike | null;
}

/** Reads the language off `<pre><code class="language-ts">`, as Markdown tools write it. */
function languageOf(dom: HTMLElementLike): string {
  const own = attribute(dom, "data-language");
  if (own) return own;
  const code = dom.querySelector?.("code");
  return /(?:^|\s)language-(\S+)/.exec(code ? attribute(code, "class") : "")?.[1] ?? "";
}

const nodes = {
  doc: { content: "block+" },
  paragraph: {
    // True for text that follows no marker in the CRDT; see `block.ts`. Never set by an edit.
    attrs: { implicit: { default: false, validate: "boolean" } },
    content: "inline*",
    group: "block",
    parseDOM: [{ tag: "p" }],
    toDOM: (): DOMOutputSpec => ["p", 0],
  },
  heading: {
    attrs: { level: { default: 1, validate: isIntegerFrom(1, 6) } },
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
    toDOM: (): DOMOutputSpec => ["blockquote", 0],
  },
  bullet_list: {
    attrs: id,
    content: "list_item+",
    group: "block",
    parseDOM: [{ tag: "ul" }],
    toDOM: (): DOMOutputSpec => ["ul", 0],
  },
  ordered_list: {
    attrs: { ...id, start: { default: 1, validate: isIntegerFrom(0, orderedStartMax) } },
    content: "list_item+",
    group: "block",
    parseDOM: [
      {
        tag: "ol",
        getAttrs: (dom: HTMLElementLike) => {
          const start = Number(attribute(dom, "start") || 1);
          return { start: Number.isInteger(start) && start >= 0 && start <= orderedStartMax ? start : 1 };
        },
      },
    ],
    toDOM: (node): DOMOutputSpec =>
      node.attrs["start"] === 1 ? ["ol", 0] : ["ol", { start: String(node.attrs["start"]) }, 0],
  },
  list_item: {
    attrs: id,
    content: "block+",
    defining: true,
    parseDOM: [{ tag: "li" }],
    toDOM: (): DOMOutputSpec => ["li", 0],
  },
  code_block: {
    attrs: { language: { default: "", validate: isString } },
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
  horizontal_rule: {
    group: "block",
    parseDOM: [{ tag: "hr" }],
    toDOM: (): DOMOutputSpec => ["hr"],
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
} satisfies Record<string, NodeSpec>;

const marks = {
  link: {
    attrs: {
      href: { validate: isString },
      title: { default: "", validate: isString },
    },
    inclusive: false,
    parseDOM: [
      {
        tag: "a[href]",
        getAttrs: (dom: HTMLElementLike) => {
          const href = attribute(dom, "href");
          return isSafeHref(href) ? { href, title: attribute(dom, "title") } : false;
        },
      },
    ],
    // The check is made here as well: what comes from the CRDT has passed no parse rule.
    toDOM: (mark): DOMOutputSpec => {
      const { href, title } = mark.attrs as { href: string; title: string };
      const safe = isSafeHref(href) ? { href } : {};
      return ["a", { ...safe, ...(title ? { title } : {}), rel: "noopener noreferrer nofollow" }, 0];
    },
  },
  em: {
    parseDOM: [{ tag: "i" }, { tag: "em" }, { style: "font-style=italic" }],
    toDOM: (): DOMOutputSpec => ["em", 0],
  },
  strong: {
    parseDOM: [
      { tag: "strong" },
      // Google Docs wraps everything it copies in <b style="font-weight: normal">.
      {
        tag: "b",
        getAttrs: (dom: HTMLElementLike) => !/font-weight:\s*normal/.test(attribute(dom, "style")) && null,
      },
      { style: "font-weight", getAttrs: (value: string) => /^(bold(er)?|[5-9]\d{2,})$/.test(value) && null },
    ],
    toDOM: (): DOMOutputSpec => ["strong", 0],
  },
  strike: {
    parseDOM: [{ tag: "s" }, { tag: "del" }, { tag: "strike" }, { style: "text-decoration=line-through" }],
    toDOM: (): DOMOutputSpec => ["s", 0],
  },
  code: {
    parseDOM: [{ tag: "code" }],
    toDOM: (): DOMOutputSpec => ["code", { spellcheck: "false" }, 0],
  },
} satisfies Record<string, MarkSpec>;

export type NodeName = keyof typeof nodes;
export type MarkName = keyof typeof marks;

export const schema = new Schema<NodeName, MarkName>({
  nodes: nodes as unknown as Record<NodeName, NodeSpec>,
  marks: marks as unknown as Record<MarkName, MarkSpec>,
});

/** The node type of a name known to be in the schema. Throws `RangeError` for any other. */
export function nodeType(name: string): NodeType {
  const type: NodeType | undefined = schema.nodes[name as NodeName];
  if (!type) throw new RangeError(`no node type "${name}"`);
  return type;
}

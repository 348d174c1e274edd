/** The marks of the ProseMirror schema. How each is written in the CRDT: the table in `block.ts`. */
import type { DOMOutputSpec, MarkSpec } from "prosemirror-model";
import { attribute } from "./dom.ts";
import type { HTMLElementLike } from "./dom.ts";
import { isSafeHref } from "./link.ts";
import { isScalar } from "./scalar.ts";

const isString = (value: unknown): void => {
  if (typeof value !== "string") throw new RangeError("expected a string");
};

/** The value of a mark that is on, as JSON: what Automerge can hold. */
const isScalarJson = (value: unknown): void => {
  isString(value);
  const parsed: unknown = JSON.parse(value as string);
  if (parsed === null || !isScalar(parsed)) throw new RangeError("expected the JSON of a scalar");
};

/** A colour that CSS may be given: a name or hex digits, nothing that could end the declaration. */
const isColor = (value: string): boolean => /^(?:[a-z]{1,32}|#[0-9a-f]{3,8})$/i.test(value);

export const marks = {
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
        // Word means bold by `mso-bidi-font-weight: normal`.
        getAttrs: (dom: HTMLElementLike) =>
          !/(?:^|[;\s])font-weight:\s*(?:normal|400)/.test(attribute(dom, "style")) && null,
      },
      { style: "font-weight", getAttrs: (value: string) => /^(bold(er)?|[5-9]\d{2,})$/.test(value) && null },
    ],
    toDOM: (): DOMOutputSpec => ["strong", 0],
  },
  underline: {
    parseDOM: [{ tag: "u" }, { tag: "ins" }, { style: "text-decoration=underline" }],
    toDOM: (): DOMOutputSpec => ["u", 0],
  },
  strike: {
    parseDOM: [{ tag: "s" }, { tag: "del" }, { tag: "strike" }, { style: "text-decoration=line-through" }],
    toDOM: (): DOMOutputSpec => ["s", 0],
  },
  superscript: {
    parseDOM: [{ tag: "sup" }, { style: "vertical-align=super" }],
    toDOM: (): DOMOutputSpec => ["sup", 0],
  },
  subscript: {
    parseDOM: [{ tag: "sub" }, { style: "vertical-align=sub" }],
    toDOM: (): DOMOutputSpec => ["sub", 0],
  },
  highlight: {
    attrs: { color: { default: "yellow", validate: isString } },
    parseDOM: [
      {
        tag: "mark",
        getAttrs: (dom: HTMLElementLike) => ({ color: attribute(dom, "data-color") || "yellow" }),
      },
    ],
    toDOM: (mark): DOMOutputSpec => {
      const color = mark.attrs["color"] as string;
      const style = isColor(color) ? { style: `--highlight: ${color}` } : {};
      return ["mark", { "data-color": color, ...style }, 0];
    },
  },
  code: {
    parseDOM: [{ tag: "code" }],
    toDOM: (): DOMOutputSpec => ["code", { spellcheck: "false" }, 0],
  },
  /** TeX in a line. A mark, not a node: two people in one formula merge letter by letter. */
  math: {
    parseDOM: [{ tag: "span[data-math]" }],
    toDOM: (): DOMOutputSpec => ["span", { "data-math": "true", spellcheck: "false" }, 0],
  },
  /** The anchor of a comment thread. Any number of them may lie over one another. */
  comment: {
    attrs: { id: { validate: isString } },
    inclusive: false,
    excludes: "",
    parseDOM: [
      {
        tag: "span[data-comment]",
        getAttrs: (dom: HTMLElementLike) => ({ id: attribute(dom, "data-comment") }),
      },
    ],
    toDOM: (mark): DOMOutputSpec => ["span", { "data-comment": mark.attrs["id"] as string }, 0],
  },
  /** A mark that this version does not know: not seen, but it goes where its text goes. */
  unknown_mark: {
    attrs: { name: { validate: isString }, value: { validate: isScalarJson } },
    inclusive: false,
    excludes: "",
    toDOM: (): DOMOutputSpec => ["span", 0],
  },
} satisfies Record<string, MarkSpec>;

/**
 * mdast's phrasing → inline nodes with marks. What the schema has no node for is text, and a link or
 * an image whose address is not allowed has it in words behind it.
 */
import type { Nodes, PhrasingContent } from "mdast";
import type { Mark, Node } from "prosemirror-model";
import { isSafeHref, isSafeSource } from "./link.ts";
import type { References } from "./markdown-references.ts";
import { sliceOf } from "./markdown-tree.ts";
import { schema } from "./schema.ts";

const { nodes, marks } = schema;

/** Of an image, what Markdown says of it. */
export interface Picture {
  source: string;
  alt: string;
  title: string;
}

/** Reads the phrasing of one source. */
export class Phrasing {
  readonly #references: References;
  readonly #source: string;

  constructor(references: References, source: string) {
    this.#references = references;
    this.#source = source;
  }

  all(children: readonly PhrasingContent[], around: readonly Mark[] = []): Node[] {
    return children.flatMap((child) => this.one(child, around));
  }

  one(node: Nodes, around: readonly Mark[] = []): Node[] {
    switch (node.type) {
      case "text":
      case "html":
        return textOf(node.value, around);
      case "inlineCode":
        return textOf(node.value, marks.code.create().addToSet(around));
      case "inlineMath":
        return textOf(node.value, marks.math.create().addToSet(around));
      case "break":
        return [nodes.hard_break.create(null, null, around)];
      case "emphasis":
        return this.all(node.children, marks.em.create().addToSet(around));
      case "strong":
        return this.all(node.children, marks.strong.create().addToSet(around));
      case "delete":
        return this.all(node.children, marks.strike.create().addToSet(around));
      case "link":
        return linked(node.url, node.title, around, (within) => this.all(node.children, within));
      case "linkReference": {
        const target = this.#references.target(node.identifier);
        if (!target) return this.#asWritten(node, around);
        return linked(target.url, target.title, around, (within) => this.all(node.children, within));
      }
      case "image":
      case "imageReference": {
        const picture = this.picture(node);
        if (!picture) return this.#asWritten(node, around);
        if (isSafeSource(picture.source)) return [nodes.image_inline.create({ ...picture }, null, around)];
        return textOf([picture.alt.trim(), picture.source && `(${picture.source})`].join(" ").trim(), around);
      }
      case "footnoteReference": {
        const footnote = this.#references.footnote(node.identifier);
        if (footnote === null) return this.#asWritten(node, around);
        return [nodes.footnote_reference.create({ footnote }, null, around)];
      }
      default:
        return this.#asWritten(node, around);
    }
  }

  /** What an image shows; null for a node that is none, and for one that names no definition. */
  picture(node: Nodes): Picture | null {
    if (node.type !== "image" && node.type !== "imageReference") return null;
    const target = node.type === "image" ? node : this.#references.target(node.identifier);
    return target && { source: target.url, alt: node.alt ?? "", title: target.title ?? "" };
  }

  #asWritten(node: Nodes, around: readonly Mark[]): Node[] {
    return textOf(sliceOf(node, this.#source), around);
  }
}

/** The content of a link, with the mark where the target is allowed and the target in words where not. */
function linked(
  href: string,
  title: string | null | undefined,
  around: readonly Mark[],
  content: (within: readonly Mark[]) => Node[],
): Node[] {
  if (!isSafeHref(href)) return [...content(around), ...textOf(` (${href})`, around)];
  const mark = marks.link.create({ href, title: title ?? "" });
  const inner = content(mark.addToSet(around));
  return inner.length > 0 ? inner : textOf(href, mark.addToSet(around));
}

/** Text of one line. */
export function textOf(value: string, around: readonly Mark[] = []): Node[] {
  const line = value.replace(/[ \t]*[\r\n]+[ \t]*/g, " ");
  return line === "" ? [] : [schema.text(line, around)];
}

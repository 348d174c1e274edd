/**
 * mdast's phrasing → inline nodes with marks. What the schema has no node for is text, and a link or
 * an image whose address is not allowed has it in words behind it.
 */
import type { Nodes, PhrasingContent } from "mdast";
import type { Mark, Node } from "prosemirror-model";
import { fileNameFrom } from "./file-name.ts";
import { fileFromPath } from "./file-path.ts";
import { imageFromPath } from "./image-path.ts";
import { isSafeHref, isSafeSource } from "./link.ts";
import type { References } from "./markdown-references.ts";
import { sliceOf } from "./markdown-tree.ts";
import { schema } from "./schema.ts";

const { nodes, marks } = schema;

/** Of an image, what Markdown says of it. `hash` and `mediaType` are of a picture of ours (`image-path.ts`). */
export interface Picture {
  source: string;
  hash: string;
  mediaType: string;
  alt: string;
  title: string;
}

/** Whether there is something that may be shown: a picture of ours, or an address that is allowed. */
export const isShowable = ({ hash, source }: Picture): boolean => hash !== "" || isSafeSource(source);

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
        return this.#linked(node.url, node.title, node.children, around);
      case "linkReference": {
        const target = this.#references.target(node.identifier);
        if (!target) return this.#asWritten(node, around);
        return this.#linked(target.url, target.title, node.children, around);
      }
      case "image":
      case "imageReference": {
        const picture = this.picture(node);
        if (!picture) return this.#asWritten(node, around);
        if (isShowable(picture)) return [nodes.image_inline.create({ ...picture }, null, around)];
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
    if (!target) return null;
    const ours = imageFromPath(target.url);
    return {
      source: ours ? "" : target.url,
      hash: ours?.hash ?? "",
      mediaType: ours?.mediaType ?? "",
      alt: node.alt ?? "",
      title: target.title ?? "",
    };
  }

  /** A file of ours, called what the link is called; any other link. */
  #linked(
    href: string,
    title: string | null | undefined,
    children: readonly PhrasingContent[],
    around: readonly Mark[],
  ): Node[] {
    const hash = fileFromPath(href);
    if (hash === null) return linked(href, title, around, (within) => this.all(children, within));
    const name = fileNameFrom(nodes.paragraph.create(null, this.all(children)).textContent);
    return [nodes.file.create({ hash, name }, null, around)];
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

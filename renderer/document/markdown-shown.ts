/** Documents in a line, for tests: `heading1("Title") paragraph("a", em("b"))`. */
import type { Attrs, Node } from "prosemirror-model";

/** Ids that tell in which order they were given: "id0", "id1" … */
export const counter = (): (() => string) => {
  let next = 0;
  return () => `id${next++}`;
};

/** What of a node's attributes its name does not say. Ids only where something names them. */
function shownAttrs(type: string, attrs: Attrs): string {
  switch (type) {
    case "heading":
      return String(attrs["level"]);
    case "ordered_list":
      return String(attrs["start"]);
    case "list_item":
      return attrs["checked"] === true ? ":done" : "";
    case "code_block":
      return attrs["language"] ? `:${attrs["language"] as string}` : "";
    case "callout":
      return `:${attrs["kind"] as string}`;
    case "table_cell":
    case "table_header":
      return attrs["align"] ? `:${attrs["align"] as string}` : "";
    case "footnote":
      return `:${attrs["id"] as string}`;
    case "footnote_reference":
      return `:${attrs["footnote"] as string}`;
    case "image":
    case "image_inline":
      return address(attrs["source"] as string, attrs["title"] as string, attrs["alt"] as string);
    case "file":
      return address(attrs["hash"] as string, "", attrs["name"] as string);
    default:
      return "";
  }
}

const address = (href: string, title = "", alt = ""): string =>
  `<${href}${title && ` "${title}"`}${alt && ` ${alt}`}>`;

export function shown(node: Node): string {
  const own = node.isText
    ? JSON.stringify(node.text)
    : `${node.type.name}${shownAttrs(node.type.name, node.attrs)}(${shownBlocks(node)})`;
  return node.marks.reduceRight((inner, { type, attrs }) => {
    const target = type.name === "link" ? address(attrs["href"] as string, attrs["title"] as string) : "";
    return `${type.name}${target}(${inner})`;
  }, own);
}

export const shownBlocks = (node: Node): string => node.children.map(shown).join(" ");

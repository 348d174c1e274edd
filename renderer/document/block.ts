/**
 * How a document is written in Automerge: one rich text, `body`, a flat run of markers and text.
 *
 * | ProseMirror                                   | Automerge                                                    |
 * |-----------------------------------------------|--------------------------------------------------------------|
 * | paragraph, heading, horizontal_rule           | a marker `{ type, parents, attrs, isEmbed: false }`, then text |
 * | code_block, math_block                        | the same; the text is the code or the TeX                    |
 * | image                                         | the same; the text is the caption                            |
 * | heading level, code language, image hash …    | `attrs.level`, `attrs.language`, `attrs.hash` …              |
 * | blockquote, callout, footnote, list, item     | an entry `"type:id"` of `parents`, outermost first           |
 * | table, row, cell                              | three such entries; a cell's id is that of its column        |
 * | the end of a row, of a cell                   | a marker `{ type: "end", parents }` with the path of it      |
 * | ordered_list start, list_item checked, callout kind, cell span, alignment, header | `attrs["<id>/start"]` … of every block in it |
 * | hard_break                                    | the character "\n" (in code and TeX it is a line end)        |
 * | image_inline, file, footnote_reference, document_link | U+FFFC with the marks `embed` and `embed/<attribute>` |
 * | strong, em, underline, strike, code, superscript, subscript, math | a mark of that name, `true`              |
 * | highlight                                     | the mark `highlight`: its colour                             |
 * | link                                          | the mark `link`: JSON of `{ href, title }`                   |
 * | comment                                       | the mark `comment:<id>`, `true`                              |
 * | unknown_block, _container, _inline, _mark     | whatever type or name a newer version gave it                |
 *
 * Two neighbours lie in one container when its entry is the same; a list of one id is one list
 * whatever its kind, and a container that somebody moved keeps what others add to it (`render.ts`).
 * Of a container's attributes, what most of its blocks say counts. Strings are scalars and
 * `parents` is replaced whole, so each is last-writer-wins: a merge never interleaves two paths and
 * every path was once written by somebody as it stands. A changed block keeps its marker object;
 * Automerge's own `updateBlock` deletes and inserts it, and two of those concurrently split a block.
 *
 * Text that follows no marker (all of it merged away, or only a rule before it) is a paragraph with
 * `implicit: true`. The first edit in it gives it a marker. So is the paragraph of a cell that nobody
 * wrote, because one person added its row and another its column (`table.ts`).
 *
 * Rows and cells end with a marker because what is inserted at one place by two people comes in
 * either order: a row after this one and a cell at its end must not be the same place.
 */
import type { AttributeSpec, Node } from "prosemirror-model";
import { isScalar, scalarsFrom } from "./scalar.ts";
import type { Scalar } from "./scalar.ts";

/** One entry of a path: a container and which one of its kind it is. */
export type Container = { type: string; id: string };

/** A block without its text. `attrs` holds its own and its containers' attributes that are not default. */
export type Block = { type: string; parents: Container[]; attrs: Record<string, Scalar> };

/** The type of the marker that ends the innermost container of its path. */
export const endType = "end";

export const containerTypes = new Set([
  "blockquote",
  "callout",
  "footnote",
  "bullet_list",
  "ordered_list",
  "task_list",
  "list_item",
  "table",
  "table_row",
  "table_cell",
]);
/** Blocks whose text shows no marks. */
export const codeTypes = new Set(["code_block", "math_block"]);

export const listTypes = new Set(["bullet_list", "ordered_list", "task_list"]);

/** "type:id" as stored. */
export const containerKey = (container: Container): string => `${container.type}:${container.id}`;

/** Parses a stored path entry; null for what is not one. */
export function parseContainer(entry: unknown): Container | null {
  if (typeof entry !== "string") return null;
  const colon = entry.indexOf(":");
  return colon > 0 ? { type: entry.slice(0, colon), id: entry.slice(colon + 1) } : null;
}

/** Whether a node stands for a marker of its own in the CRDT: a textblock or a leaf block. */
export const isLeafBlock = (node: Node): boolean => node.isTextblock || (node.isBlock && node.isLeaf);

/** Attributes that are stored under their own name, by node type. */
const storedNames: Record<string, readonly string[]> = {
  heading: ["level"],
  code_block: ["language"],
  image: ["hash", "mediaType", "size", "alt", "title", "width", "naturalWidth", "naturalHeight", "source"],
  ordered_list: ["start"],
  list_item: ["checked"],
  callout: ["kind"],
  table_cell: ["colspan", "rowspan", "align"],
  table_header: ["colspan", "rowspan", "align"],
};

const isCell = (node: Node): boolean => node.type.spec["tableRole"] === "cell" || isHeader(node);
const isHeader = (node: Node): boolean => node.type.spec["tableRole"] === "header_cell";

/** The attributes of a node that are not default, as they are stored. */
function storedAttrsOf(node: Node): Record<string, Scalar> {
  if (node.type.name.startsWith("unknown_")) return scalarsFrom(node.attrs["data"]);
  const attrs: Record<string, Scalar> = {};
  for (const name of storedNames[node.type.name] ?? []) {
    const value = node.attrs[name] as Scalar;
    if (value !== node.type.spec.attrs?.[name]?.default) attrs[name] = value;
  }
  if (isHeader(node)) attrs["header"] = true;
  if (isCell(node) && node.attrs["colwidth"]) attrs["colwidth"] = (node.attrs["colwidth"] as number[]).join();
  return attrs;
}

/** The attributes of a node type that are stored and valid; the others keep their defaults. */
export function attrsFrom(type: NodeTypeLike, read: (name: string) => unknown): Record<string, unknown> {
  const attrs: Record<string, unknown> = {};
  for (const name of storedNames[type.name] ?? []) take(attrs, type, name, read(name));
  if (type.name === "table_cell" || type.name === "table_header")
    take(attrs, type, "colwidth", widthsFrom(read("colwidth")));
  return attrs;
}

type NodeTypeLike = Node["type"];

function take(attrs: Record<string, unknown>, type: NodeTypeLike, name: string, value: unknown): void {
  if (value !== undefined && value !== null && isValid(type.spec.attrs?.[name], value)) attrs[name] = value;
}

/** Whether an attribute can have a value. Where it cannot, its default shows and the stored one stays. */
export function isValid(spec: AttributeSpec | undefined, value: unknown): boolean {
  if (!spec?.validate) throw new RangeError("an attribute that is stored says what it may be");
  if (typeof spec.validate === "string") return spec.validate.split("|").includes(typeof value);
  try {
    spec.validate(value);
    return true;
  } catch {
    return false;
  }
}

const widthsFrom = (value: unknown): number[] | undefined =>
  typeof value === "string" && /^\d{1,6}(,\d{1,6})*$/.test(value) ? value.split(",").map(Number) : undefined;

/** What is stored of a thing that this version does not know, as text for its `data` attribute. */
export function dataFrom(stored: Iterable<[string, unknown]>): string {
  const scalars = [...stored].filter(([, value]) => isScalar(value) && value !== null);
  return JSON.stringify(Object.fromEntries(scalars.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The path entry of a container node. */
export const containerOf = (node: Node): Container => ({
  type:
    node.type.name === "unknown_container"
      ? (node.attrs["type"] as string)
      : isHeader(node)
        ? "table_cell"
        : node.type.name,
  id: node.attrs["id"] as string,
});

/** Adds what its containers are to a block's path and attributes. */
function addContainers(block: Block, containers: readonly Node[]): Block {
  for (const node of containers) {
    const container = containerOf(node);
    block.parents.push(container);
    for (const [name, value] of Object.entries(storedAttrsOf(node)))
      block.attrs[`${container.id}/${name}`] = value;
  }
  return block;
}

/** The block that a leaf node with these ancestors (outermost first, without the doc) stands for. */
export function blockOf(leaf: Node, ancestors: readonly Node[]): Block {
  const type = leaf.type.name === "unknown_block" ? (leaf.attrs["type"] as string) : leaf.type.name;
  return addContainers({ type, parents: [], attrs: storedAttrsOf(leaf) }, ancestors);
}

/** The marker that ends a row or a cell, itself the last of `ancestors`. It carries no attributes. */
export const endOf = (ancestors: readonly Node[]): Block => ({
  type: endType,
  parents: ancestors.map(containerOf),
  attrs: {},
});

/**
 * Whether two entries are one container. A list of one id is one list, whatever its kind: somebody
 * may have changed that while another added an item.
 */
export const isOneContainer = (a: Container, b: Container | undefined): boolean =>
  b !== undefined && a.id === b.id && (a.type === b.type || (listTypes.has(a.type) && listTypes.has(b.type)));

export function sameParents(a: readonly Container[], b: readonly Container[]): boolean {
  return a.length === b.length && a.every((one, i) => one.type === b[i]?.type && one.id === b[i]?.id);
}

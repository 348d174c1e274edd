/**
 * How a document is written in Automerge: one rich text, `body`, a flat run of markers and text.
 *
 * | ProseMirror                          | Automerge                                                    |
 * |--------------------------------------|--------------------------------------------------------------|
 * | paragraph, heading, code_block, rule | a marker `{ type, parents, attrs, isEmbed: false }`, then text |
 * | heading level, code language         | `attrs.level`, `attrs.language`                              |
 * | blockquote, list, list_item          | an entry `"type:id"` of `parents`, outermost first           |
 * | ordered_list start                   | `attrs["<id>/start"]` of every block in the list             |
 * | hard_break                           | the character "\n" (in a code block it is a line end)        |
 * | strong, em, strike, code             | a mark of that name, `true`                                  |
 * | link                                 | the mark `link`: JSON of `{ href, title }`                   |
 *
 * Two neighbours lie in one container exactly when its entry is the same. Strings are scalars and
 * `parents` is replaced whole, so each is last-writer-wins: a merge never interleaves two paths and
 * every path was once written by somebody as it stands. A changed block keeps its marker object;
 * Automerge's own `updateBlock` deletes and inserts it, and two of those concurrently split a block.
 *
 * Text that follows no marker (all of it merged away, or only a rule before it) is a paragraph with
 * `implicit: true`. The first edit in it gives it a marker.
 */
import type { Attrs, Mark, Node } from "prosemirror-model";
import { schema } from "./schema.ts";

export type Scalar = string | number | boolean | null;

/** One entry of a path: a container and which one of its kind it is. */
export type Container = { type: string; id: string };

/** A block without its text. `attrs` holds its own and its containers' attributes that are not default. */
export type Block = { type: string; parents: Container[]; attrs: Record<string, Scalar> };

export const containerTypes = new Set(["blockquote", "bullet_list", "ordered_list", "list_item"]);
export const listTypes = new Set(["bullet_list", "ordered_list"]);

/**
 * Containers deeper than this are shown flattened: rendering recurses, and nobody reads it. A
 * Markdown list within a list is two containers, and 50 of those are let in.
 */
export const depthMax = 128;

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

/** Attributes that are stored, by node type, with the value that is not worth storing. */
const storedAttrs: Record<string, Record<string, Scalar>> = {
  heading: { level: 1 },
  code_block: { language: "" },
  ordered_list: { start: 1 },
};

export function storedAttrsOf(type: string): Record<string, Scalar> {
  return storedAttrs[type] ?? {};
}

/** The block that a leaf node with these ancestors (outermost first, without the doc) stands for. */
export function blockOf(leaf: Node, ancestors: readonly Node[]): Block {
  const attrs: Record<string, Scalar> = {};
  for (const [name, usual] of Object.entries(storedAttrsOf(leaf.type.name))) {
    const value = leaf.attrs[name] as Scalar;
    if (value !== usual) attrs[name] = value;
  }
  const parents: Container[] = [];
  for (const ancestor of ancestors) {
    const id = ancestor.attrs["id"] as string;
    parents.push({ type: ancestor.type.name, id });
    for (const [name, usual] of Object.entries(storedAttrsOf(ancestor.type.name))) {
      const value = ancestor.attrs[name] as Scalar;
      if (value !== usual) attrs[`${id}/${name}`] = value;
    }
  }
  return { type: leaf.type.name, parents, attrs };
}

export function sameParents(a: readonly Container[], b: readonly Container[]): boolean {
  return a.length === b.length && a.every((one, i) => one.type === b[i]?.type && one.id === b[i]?.id);
}

/** A mark's value in Automerge. */
export function markValue(mark: Mark): Scalar {
  return mark.type.name === "link"
    ? JSON.stringify({ href: mark.attrs["href"], title: mark.attrs["title"] })
    : true;
}

/** Marks by name, as Automerge gives them; what the schema does not know is left out (and stays). */
export function marksFrom(stored: Readonly<Record<string, unknown>> | undefined): readonly Mark[] {
  if (!stored) return [];
  const marks: Mark[] = [];
  for (const [name, value] of Object.entries(stored)) {
    const type = schema.marks[name as keyof typeof schema.marks];
    if (!type || value === null || value === false) continue;
    if (name !== "link") marks.push(type.create());
    else {
      const attrs = parseLink(value);
      if (attrs) marks.push(type.create(attrs));
    }
  }
  return marks;
}

function parseLink(value: unknown): Attrs | null {
  if (typeof value !== "string") return null;
  try {
    const { href, title } = JSON.parse(value) as { href?: unknown; title?: unknown };
    return typeof href === "string" ? { href, title: typeof title === "string" ? title : "" } : null;
  } catch {
    return null;
  }
}

/** Whether text typed at a mark's end belongs to it (Peritext): a link's does not. */
export const markExpands = (name: string): boolean => name !== "link";

/**
 * What is pasted or dropped: containers become new ones, footnotes keep their references, links are
 * checked once more, and nothing says how it once stood in the CRDT.
 */
import { Fragment, Slice } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { isSafeHref } from "../document/link.ts";
import { schema } from "../document/schema.ts";
import { newId } from "./identify-plugin.ts";
import { imageSourceLengthMax } from "./limits.ts";

const { nodes } = schema;
const { link } = schema.marks;

/** Set by rendering only; see `nodes.ts`. */
const ofRendering = ["implicit", "hidden", "tail"];

const footnotesIn = (content: Fragment | Node): string[] => {
  const ids: string[] = [];
  content.descendants((node) => void (node.type === nodes.footnote && ids.push(node.attrs["id"] as string)));
  return ids;
};

/** The new ids of the footnotes in a slice, by the old ones: a copy beside its original is another footnote. */
function footnoteIds(content: Fragment, doc: Node | null): ReadonlyMap<string, string> {
  const taken = new Set(doc ? footnotesIn(doc) : []);
  return new Map(footnotesIn(content).map((id) => [id, taken.has(id) ? newId() : id]));
}

/**
 * Where an image came from, if that is an address: not a file of this device. A picture that is written out is left
 * for `images-plugin.ts`, which stores it and takes it out.
 */
const sourceFrom = (source: string): string =>
  /^data:image\//i.test(source) || (/^https?:/i.test(source) && source.length <= imageSourceLengthMax)
    ? source
    : "";

function attrsOf(node: Node, footnotes: ReadonlyMap<string, string>): Record<string, unknown> {
  const attrs: Record<string, unknown> = { ...node.attrs };
  for (const name of ofRendering) if (name in attrs) attrs[name] = node.type.spec.attrs?.[name]?.default;
  // A pasted copy with the id of its original would be one container with it.
  if ("id" in attrs) attrs["id"] = node.type === nodes.footnote ? footnotes.get(attrs["id"] as string) : "";
  if ("source" in attrs) attrs["source"] = sourceFrom(attrs["source"] as string);
  if (node.type === nodes.footnote_reference)
    attrs["footnote"] = footnotes.get(attrs["footnote"] as string) ?? attrs["footnote"];
  return attrs;
}

function cleaned(node: Node, footnotes: ReadonlyMap<string, string>): Node {
  if (node.isText) {
    const mark = link.isInSet(node.marks);
    return mark && !isSafeHref(mark.attrs["href"] as string)
      ? node.mark(mark.removeFromSet(node.marks))
      : node;
  }
  return node.type.create(attrsOf(node, footnotes), cleanedFragment(node.content, footnotes), node.marks);
}

const cleanedFragment = (fragment: Fragment, footnotes: ReadonlyMap<string, string>): Fragment =>
  Fragment.fromArray(fragment.content.map((node) => cleaned(node, footnotes)));

/** @param doc where it is pasted; null where it is moved within, and what it was is gone from there */
export function cleanedSlice(slice: Slice, doc: Node | null): Slice {
  const footnotes = footnoteIds(slice.content, doc);
  return new Slice(cleanedFragment(slice.content, footnotes), slice.openStart, slice.openEnd);
}

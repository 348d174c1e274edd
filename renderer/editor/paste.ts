/**
 * What is pasted or dropped: containers become new ones, footnotes keep their references, links and all attributes are
 * checked once more, and nothing says how it once stood in the CRDT. The HTML may have claimed anything: ProseMirror
 * takes the nodes around a slice, with their attributes, from an attribute that any page can write.
 */
import { Fragment, Slice } from "prosemirror-model";
import type { Mark, Node } from "prosemirror-model";
import { containerTypes, isValid } from "../document/block.ts";
import { isBlobHash } from "../document/blobs.ts";
import { isSafeHref } from "../document/link.ts";
import { schema } from "../document/schema.ts";
import { newId } from "./identify-plugin.ts";
import { imageSourceLengthMax, pasteAttributeCharsMax, pasteParagraphCharsMax } from "./limits.ts";

const { nodes } = schema;
const { link } = schema.marks;

/** Set by rendering only; see `nodes.ts`. */
const ofRendering = ["implicit", "hidden", "tail"];

const footnotesIn = (content: Fragment | Node): string[] => {
  const ids: string[] = [];
  content.descendants((node) => void (node.type === nodes.footnote && ids.push(node.attrs["id"] as string)));
  return ids;
};

/**
 * The new ids of the footnotes in a slice, by the old ones: a copy beside its original is another footnote, and what
 * another program calls its notes says nothing here.
 */
function footnoteIds(content: Fragment, doc: Node | null): ReadonlyMap<string, string> {
  const taken = new Set(doc ? footnotesIn(doc) : []);
  return new Map(
    footnotesIn(content).map((id) => [
      id,
      taken.has(id) || id.startsWith("pasted-") || id.length > 64 ? newId() : id,
    ]),
  );
}

/**
 * Where an image came from, if that is an address: not a file of this device. A picture that is written out is left
 * for `images-plugin.ts`, which stores it and takes it out.
 */
const sourceFrom = (source: string): string =>
  /^data:image\//i.test(source) || (/^https?:/i.test(source) && source.length <= imageSourceLengthMax)
    ? source
    : "";

/** Letters that every device can hold: no halves of characters, and no controls but tab and line end. */
const wellFormed = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  text.toWellFormed().replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "");

const shortened = (value: unknown): unknown =>
  typeof value === "string" ? wellFormed(value.slice(0, pasteAttributeCharsMax)) : value;

/** Bounded elsewhere, or what a newer version wrote. */
const isLong = new Set(["source", "href", "data", "value"]);

/** The attributes that are valid; the others have their defaults. */
function validAttrs(
  spec: Readonly<Record<string, { default?: unknown; validate?: unknown }>>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const attrs: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(spec)) {
    const value = isLong.has(name) ? given[name] : shortened(given[name]);
    attrs[name] = isValid(one as Parameters<typeof isValid>[0], value) ? value : one.default;
  }
  return attrs;
}

function attrsOf(node: Node, footnotes: ReadonlyMap<string, string>): Record<string, unknown> {
  const specs = node.type.spec.attrs ?? {};
  const footnote = (id: unknown): unknown => footnotes.get(id as string) ?? id;
  const attrs = validAttrs(specs, {
    ...node.attrs,
    ...(node.type === nodes.footnote && { id: footnote(node.attrs["id"]) }),
    ...(node.type === nodes.footnote_reference && { footnote: footnote(node.attrs["footnote"]) }),
  });
  for (const name of ofRendering) if (name in attrs) attrs[name] = specs[name]?.default;
  // A pasted copy with the id of its original would be one container with it.
  if ("id" in attrs && node.type !== nodes.footnote) attrs["id"] = "";
  if ("source" in attrs) attrs["source"] = sourceFrom(attrs["source"] as string);
  if ("hash" in attrs && !isBlobHash(attrs["hash"] as string)) attrs["hash"] = "";
  return attrs;
}

function marksOf(node: Node): readonly Mark[] {
  if (node.marks.length === 0) return node.marks;
  return node.marks.flatMap((mark) => {
    if (mark.type === link)
      return isSafeHref(mark.attrs["href"] as string) && !/^\s*#/.test(mark.attrs["href"] as string)
        ? [link.create(validAttrs(link.spec.attrs ?? {}, mark.attrs))]
        : [];
    return [mark.type.create(validAttrs(mark.type.spec.attrs ?? {}, mark.attrs))];
  });
}

/** Nothing but rendering makes one, and one that goes by a name of ours would be taken for it. */
const isForged = (node: Node): boolean =>
  node.type.name.startsWith("unknown_") &&
  (node.attrs["type"] in schema.nodes || containerTypes.has(node.attrs["type"] as string));

/** A paragraph that is too long as several, none of its letters lost. */
function parted(paragraph: Node): Node | Node[] {
  if (paragraph.type !== nodes.paragraph || paragraph.content.size <= pasteParagraphCharsMax)
    return paragraph;
  const parts: Node[] = [];
  for (let from = 0; from < paragraph.content.size;) {
    let to = Math.min(from + pasteParagraphCharsMax, paragraph.content.size);
    if (to < paragraph.content.size) {
      const last = paragraph.textBetween(Math.max(from, to - 200), to, "", "\ufffc");
      // Between words, and between the halves of no letter.
      const space = last.lastIndexOf(" ");
      if (space > 0) to -= last.length - space - 1;
      else if (/[\ud800-\udbff]$/.test(last)) to--;
    }
    parts.push(paragraph.cut(from, to));
    from = to;
  }
  return parts;
}

function cleaned(node: Node, footnotes: ReadonlyMap<string, string>): Node | Node[] | null {
  if (node.isText) {
    const text = wellFormed(node.text ?? "");
    return text === "" ? null : schema.text(text, marksOf(node));
  }
  const content = cleanedFragment(node.content, footnotes);
  if (isForged(node))
    return node.isInline
      ? null
      : node.isTextblock
        ? nodes.paragraph.create(null, content)
        : nodes.blockquote.create(null, content);
  return parted(node.type.create(attrsOf(node, footnotes), content, marksOf(node)));
}

const cleanedFragment = (fragment: Fragment, footnotes: ReadonlyMap<string, string>): Fragment =>
  Fragment.fromArray(fragment.content.flatMap((node) => cleaned(node, footnotes) ?? []));

/** @param doc where it is pasted; null where it is moved within, and what it was is gone from there */
export function cleanedSlice(slice: Slice, doc: Node | null): Slice {
  const footnotes = footnoteIds(slice.content, doc);
  return new Slice(cleanedFragment(slice.content, footnotes), slice.openStart, slice.openEnd);
}

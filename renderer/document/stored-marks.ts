/**
 * Marks as the CRDT has them, a value by name, and the inline content that they stand for.
 *
 * An inline object (an image in a line, a footnote's reference) is the character U+FFFC with the mark
 * `embed` that says its type and a mark `embed/<attribute>` for each attribute that is not default:
 * so other marks lie over it as over any letter, and two people who change two of its attributes
 * both keep their change.
 */
import type { Attrs, Mark, Node } from "prosemirror-model";
import { isValid } from "./block.ts";
import { markSet, nodeType, schema } from "./schema.ts";
import { isScalar, scalarsFrom } from "./scalar.ts";
import type { Scalar } from "./scalar.ts";

export type StoredMarks = Readonly<Record<string, Scalar>>;

/** The character that stands for an inline object. */
export const embedCharacter = "\ufffc";
/** The mark that says which. */
export const embedName = "embed";
const embedPrefix = "embed/";
const commentPrefix = "comment:";

const noMarks: StoredMarks = {};
const embedTypes = new Set(["image_inline", "file", "footnote_reference", "document_link"]);
/** Names that are no mark's of a newer version: those of types that are stored under another name. */
const notStored = new Set(["comment", "unknown_mark"]);

/** Whether text typed at a mark's end belongs to it (Peritext). */
export const markExpands = (name: string): boolean =>
  name !== "link" && name !== embedName && !name.startsWith(commentPrefix) && !name.startsWith(embedPrefix);

function storedMark({ type, attrs }: Mark): [string, Scalar] {
  switch (type.name) {
    case "link":
      return ["link", JSON.stringify({ href: attrs["href"] as string, title: attrs["title"] as string })];
    case "highlight":
      return ["highlight", attrs["color"] as string];
    case "comment":
      return [commentPrefix + (attrs["id"] as string), true];
    case "unknown_mark":
      return [attrs["name"] as string, JSON.parse(attrs["value"] as string) as Scalar];
    default:
      return [type.name, true];
  }
}

/** The marks that an inline node is stored with, its own attributes among them. */
export function storedMarksOf(inline: Node): StoredMarks {
  const isEmbed = embedTypes.has(inline.type.name) || inline.type.name === "unknown_inline";
  if (inline.marks.length === 0 && !isEmbed) return noMarks;
  const stored: Record<string, Scalar> = {};
  for (const mark of inline.marks) {
    const [name, value] = storedMark(mark);
    stored[name] = value;
  }
  if (isEmbed) Object.assign(stored, storedEmbed(inline));
  return stored;
}

function storedEmbed({ type, attrs }: Node): Record<string, Scalar> {
  if (type.name === "unknown_inline") {
    const stored: Record<string, Scalar> = { [embedName]: attrs["type"] as string };
    for (const [name, value] of Object.entries(scalarsFrom(attrs["data"])))
      stored[embedPrefix + name] = value;
    return stored;
  }
  const stored: Record<string, Scalar> = { [embedName]: type.name };
  for (const [name, spec] of Object.entries(type.spec.attrs ?? {})) {
    const value = attrs[name] as Scalar;
    if (value !== spec.default) stored[embedPrefix + name] = value;
  }
  return stored;
}

/** The text that an inline node is stored as. */
export const storedText = (inline: Node): string =>
  inline.isText ? (inline.text as string) : inline.type === schema.nodes.hard_break ? "\n" : embedCharacter;

/** A stored mark as ProseMirror's; null for one that is off, or is no mark that its name can have. */
function markFrom(name: string, value: unknown): Mark | null {
  if (value === null || value === false || name === embedName || name.startsWith(embedPrefix)) return null;
  if (name.startsWith(commentPrefix))
    return schema.marks.comment.create({ id: name.slice(commentPrefix.length) });
  const type = notStored.has(name) ? undefined : schema.marks[name as keyof typeof schema.marks];
  if (!type)
    return isScalar(value) ? schema.marks.unknown_mark.create({ name, value: JSON.stringify(value) }) : null;
  if (name === "link") {
    const attrs = linkFrom(value);
    return attrs && type.create(attrs);
  }
  if (name === "highlight") return type.create(typeof value === "string" ? { color: value } : null);
  return type.create();
}

function linkFrom(value: unknown): Attrs | null {
  if (typeof value !== "string") return null;
  try {
    const { href, title } = JSON.parse(value) as { href?: unknown; title?: unknown };
    return typeof href === "string" ? { href, title: typeof title === "string" ? title : "" } : null;
  } catch {
    return null;
  }
}

/** Marks as Automerge gives them, as a set of ProseMirror's. */
function marksFrom(stored: Readonly<Record<string, unknown>>): readonly Mark[] {
  const marks: Mark[] = [];
  for (const [name, value] of Object.entries(stored)) {
    const mark = markFrom(name, value);
    if (mark) marks.push(mark);
  }
  return markSet(marks);
}

/** The inline object that U+FFFC with these marks is; null where it is just that character. */
function embedFrom(stored: Readonly<Record<string, unknown>>, marks: readonly Mark[]): Node | null {
  const name = stored[embedName];
  if (typeof name !== "string") return null;
  const found: Record<string, Scalar> = {};
  for (const [key, value] of Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (key.startsWith(embedPrefix) && isScalar(value) && value !== null)
      found[key.slice(embedPrefix.length)] = value;
  if (!embedTypes.has(name))
    return schema.nodes.unknown_inline.create({ type: name, data: JSON.stringify(found) }, null, marks);
  const type = nodeType(name);
  const attrs: Record<string, Scalar> = {};
  for (const [key, spec] of Object.entries(type.spec.attrs ?? {})) {
    const value = found[key];
    if (value !== undefined && isValid(spec, value)) attrs[key] = value;
  }
  return type.create(attrs, null, marks);
}

/** Adds to `content` what text with these marks is in a textblock that shows marks. */
export function addInline(
  content: Node[],
  text: string,
  stored: Readonly<Record<string, unknown>> | undefined,
): void {
  const marks = stored ? marksFrom(stored) : [];
  const isEmbed = stored !== undefined && typeof stored[embedName] === "string";
  let start = 0;
  const addText = (end: number): void => {
    if (end > start) content.push(schema.text(text.slice(start, end), marks));
    start = end + 1;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\n") {
      addText(at);
      content.push(schema.nodes.hard_break.create(null, null, marks));
    } else if (isEmbed && character === embedCharacter) {
      addText(at);
      content.push(embedFrom(stored, marks) as Node);
    }
  }
  addText(text.length);
}

/**
 * Markdown (CommonMark, GFM, GitHub's alerts, formulas between dollars) → document. Total: any string
 * gives a valid document, and what the schema has no node for comes through as text.
 *
 * HTML becomes code blocks, or stays in its line as it was written; so do definitions and footnotes
 * that nothing names; addresses that are not allowed stand behind the text of their link.
 *
 * The source goes in pieces (`markdown-split.ts`), bounded (`markdown-bounds.ts`), through mdast
 * (`markdown-tree.ts`) to blocks (`markdown-blocks.ts`).
 */
import { Fragment } from "prosemirror-model";
import type { Node } from "prosemirror-model";
import { blocksOf, codeBlock } from "./markdown-blocks.ts";
import { boundNesting, isDense } from "./markdown-bounds.ts";
import { textOf } from "./markdown-inline.ts";
import { References } from "./markdown-references.ts";
import { splitMarkdown } from "./markdown-split.ts";
import type { Piece } from "./markdown-split.ts";
import { identifiersIn, mentioned, parsePiece } from "./markdown-tree.ts";
import { schema } from "./schema.ts";

const { nodes, marks } = schema;

/** `newId` gives each container an id; the title is "" where the source has none. */
export function parseMarkdown(text: string, newId: () => string): { title: string; doc: Node } {
  const whole = text
    .toWellFormed()
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .replaceAll("\0", "\ufffd");
  const matter = frontMatter(whole);
  const body: Node[] = [];
  for (const { blocks, seam } of convertPieces(matter ? whole.slice(matter.length) : whole, newId))
    join(body, blocks, seam);
  let title = matter?.title ?? "";
  const first = body[0];
  if (first && first.type === nodes.heading && first.attrs["level"] === 1) {
    const heading = first.textBetween(0, first.content.size, " ", " ").trim();
    title ||= heading;
    // A title is plain text: a heading that says more than the title does stays where it is.
    if (title !== "" && title === heading && !holdsMore(first)) body.shift();
  }
  if (matter) body.unshift(codeBlock(matter.yaml, "yaml"));
  if (body.length === 0) body.push(nodes.paragraph.create());
  return { title, doc: nodes.doc.create(null, body) };
}

// Front matter

function frontMatter(whole: string): { length: number; yaml: string; title: string } | null {
  const found = /^---[ \t]*\n(?=(?:#.*\n)*[\w"'-][^:\n]*:(?:[ \t]|\n))([^]*?\n)---[ \t]*(?:\n|$)/.exec(whole);
  if (!found) return null; // two horizontal rules with text between them are no front matter
  const yaml = (found[1] ?? "").slice(0, -1);
  return { length: found[0].length, yaml, title: yamlTitle(yaml) };
}

/** The scalar of a `title:` line; block scalars and the like are left to the reader of the YAML. */
function yamlTitle(yaml: string): string {
  const value = /^title:[ \t]+(.*)$/m.exec(yaml)?.[1]?.trim() ?? "";
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(value)?.[1];
  if (double !== undefined)
    return double.replace(/\\(.)/g, (whole, escaped: string) => (/["\\/]/.test(escaped) ? escaped : whole));
  const single = /^'((?:[^']|'')*)'/.exec(value)?.[1];
  if (single !== undefined) return single.replaceAll("''", "'");
  return /^[|>&*![{%@`#]/.test(value) ? "" : value.replace(/[ \t]#.*$/, "").trim();
}

// Pieces

/**
 * Links and footnotes may be defined anywhere in the source. So pieces with definitions are parsed
 * first, and each piece is given the identifiers of others that it mentions. They are converted last,
 * when it is known which of their definitions are used. Other trees live only as long as their piece
 * takes: all at once they cost as much in garbage collection as in parsing.
 */
function convertPieces(source: string, newId: () => string): { blocks: Node[]; seam: Piece["seam"] }[] {
  const pieces = splitMarkdown(source)
    .flatMap(apart)
    .map((piece) => (piece.kind === "flow" ? { ...piece, text: boundNesting(piece.text) } : piece));

  const alone = pieces.map((piece) =>
    piece.kind === "flow" && piece.text.includes("]:") ? parsePiece(piece, []) : null,
  );
  const known = new Set(alone.flatMap((parsed) => [...identifiersIn(parsed)]));
  const defining = pieces.map((piece, index) => {
    const parsed = alone[index] ?? null;
    const own = identifiersIn(parsed);
    const foreign = parsed ? mentioned(piece.text, known).filter((identifier) => !own.has(identifier)) : [];
    return foreign.length > 0 ? parsePiece(piece, foreign) : parsed;
  });

  const references = new References(newId);
  for (const parsed of defining) if (parsed) references.define(parsed);
  const others = pieces.map((piece, index) =>
    defining[index] ? [] : blocksOf(parsePiece(piece, mentioned(piece.text, known)), references, newId),
  );
  return pieces.map(({ seam }, index) => {
    const parsed = defining[index];
    return { seam, blocks: (parsed ? blocksOf(parsed, references, newId) : others[index]) ?? [] };
  });
}

/** Takes a piece with a dense paragraph apart, so that its neighbours keep their formatting. */
function apart(piece: Piece): Piece[] {
  if (piece.kind !== "flow" || !isDense(piece.text)) return [piece];
  return splitMarkdown(piece.text, 1).map((part, index) =>
    index === 0 ? { ...part, seam: piece.seam } : part,
  );
}

/** Whether a heading says more than its text. */
function holdsMore(block: Node): boolean {
  return block.children.some(
    ({ isText, type, marks: set }) =>
      marks.link.isInSet(set) || marks.math.isInSet(set) || !(isText || type === nodes.hard_break),
  );
}

/** Adds the blocks of a piece, mending the block that a seam runs through. */
function join(body: Node[], blocks: Node[], seam: Piece["seam"]): void {
  const last = body.at(-1);
  const first = blocks[0];
  if (seam !== null && last && first && goesOn(last, first)) {
    const between = last.type === nodes.paragraph ? Fragment.from(textOf(seam)) : Fragment.empty;
    body[body.length - 1] = last.copy(last.content.append(between).append(first.content));
    blocks = blocks.slice(1);
  }
  for (const block of blocks) body.push(block);
}

/** Whether `first`, after a seam, is the rest of `last`. Only the first part of a callout says that it is one. */
function goesOn(last: Node, first: Node): boolean {
  if (last.type === nodes.callout) return first.type === nodes.blockquote;
  return last.type === first.type && (last.type === nodes.paragraph || !(last.isTextblock || last.isLeaf));
}

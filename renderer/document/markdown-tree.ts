/**
 * Markdown source → mdast, a piece at a time. Total: what micromark fails on comes through as
 * paragraphs of text.
 *
 * micromark takes `[a]` for a link, and `[^a]` for a footnote, only where it has seen `[a]:`. So a
 * piece is given the identifiers that other pieces define and it mentions.
 */
import { fromMarkdown } from "mdast-util-from-markdown";
import type { Options } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { mathFromMarkdown } from "mdast-util-math";
import { gfm } from "micromark-extension-gfm";
import type { Nodes, RootContent } from "mdast";
import { denseInlineNames, isDense } from "./markdown-bounds.ts";
import { formulaOf, isWhole, mathInProse } from "./markdown-math.ts";
import { closesFence } from "./markdown-split.ts";
import type { Piece } from "./markdown-split.ts";

/** A parsed piece. Offsets in `tree` count in `source`. */
export interface Parsed {
  tree: readonly RootContent[];
  source: string;
}

const extensions: NonNullable<Options["extensions"]> = [gfm(), mathInProse()];
const mdastExtensions = [gfmFromMarkdown(), mathFromMarkdown()];

const optionsWithout = (names: string[]): Options => ({
  extensions: names.length > 0 ? [...extensions, { disable: { null: names } }] : extensions,
  mdastExtensions,
});

/** A line that may close a `$$` block, in whatever containers. */
const formulaEnd = /^[ \t>]*\${2,}[ \t]*$/m;

/** `foreign` are identifiers that other pieces define. */
export function parsePiece(piece: Piece, foreign: readonly string[]): Parsed {
  return piece.kind === "flow" ? parseFlow(piece.text, foreign) : parseLiteral(piece);
}

function parseFlow(text: string, foreign: readonly string[]): Parsed {
  // The rule ends the last footnote, which would take an indented line for its own.
  const given =
    foreign.length > 0 ? `${foreign.map((identifier) => `[${identifier}]: <#>\n\n`).join("")}***\n\n` : "";
  const source = given + text;
  const dense = isDense(text) ? denseInlineNames : [];
  const withoutFormulas = optionsWithout([...dense, "mathFlow"]);
  try {
    const mayHoldFormula = formulaEnd.test(text);
    let root = fromMarkdown(source, mayHoldFormula ? optionsWithout(dense) : withoutFormulas);
    if (mayHoldFormula && holdsOpenFormula(root, source)) root = fromMarkdown(source, withoutFormulas);
    return {
      tree: root.children.filter((node) => (node.position?.start.offset ?? 0) >= given.length),
      source,
    };
  } catch {
    // micromark recurses on some nesting that the limits do not foresee; the text comes through bare.
    const paragraphs = text.split(/\n[ \t]*\n/).filter((part) => part.trim() !== "");
    return {
      tree: paragraphs.map((value) => ({
        type: "paragraph",
        children: [{ type: "text", value: value.trim() }],
      })),
      source,
    };
  }
}

function holdsOpenFormula(root: Nodes, source: string): boolean {
  let found = false;
  walk(root, (node) => {
    if (node.type === "math") found ||= !isWhole(rawSliceOf(node, source));
  });
  return found;
}

/** A fence, a formula or an HTML block, found by the splitter. Only an unusual info string needs a parser. */
function parseLiteral(piece: Piece): Parsed {
  const text = piece.text.replace(/\n$/, "");
  const source = piece.text;
  if (piece.kind === "html") return { tree: [{ type: "html", value: text }], source };
  if (piece.kind === "math") return { tree: [{ type: "math", value: formulaOf(text) }], source };
  const [opening = "", ...lines] = text.split("\n");
  const [, indent = "", run = "", info = ""] = /^( *)(`+|~+)[ \t]*(.*)$/.exec(opening) ?? [];
  const last = lines.at(-1) ?? "";
  if (closesFence(last, run)) lines.pop();
  const outdent = new RegExp(`^ {0,${indent.length}}`);
  const value = lines.map((line) => line.replace(outdent, "")).join("\n");
  return {
    tree: [
      {
        type: "code",
        lang: /[\\&]/.test(info) ? languageOf(opening) : (/^\S*/.exec(info)?.[0] ?? ""),
        value,
      },
    ],
    source,
  };
}

/** The first word of a fence's info string, its escapes and entities read. */
function languageOf(opening: string): string {
  const node = fromMarkdown(opening).children[0];
  return node?.type === "code" ? (node.lang ?? "") : "";
}

/** What `parsed` defines, as it would stand in brackets: a footnote's with its "^". */
export function identifiersIn(parsed: Parsed | null): ReadonlySet<string> {
  const found = new Set<string>();
  for (const top of parsed?.tree ?? [])
    walk(top, (node) => {
      if (node.type === "definition") found.add(node.identifier);
      if (node.type === "footnoteDefinition") found.add(`^${node.identifier}`);
    });
  return found;
}

/** Which of the `known` identifiers stand in brackets in `text`. */
export function mentioned(text: string, known: ReadonlySet<string>): string[] {
  if (known.size === 0) return [];
  const found = new Set<string>();
  for (const [, label = ""] of text.matchAll(/\[((?:[^[\]\\]|\\[^])+)(?=\])/g)) {
    // As micromark does: lower case alone does not join ß with ẞ.
    const identifier = label
      .replace(/[\t\n ]+/g, " ")
      .replace(/^ | $/g, "")
      .toLowerCase()
      .toUpperCase()
      .toLowerCase();
    if (known.has(identifier)) found.add(identifier);
  }
  return [...found];
}

/** Visits a node and all in it, outermost first; where `visit` says false, not what is in it. */
export function walk(node: Nodes, visit: (node: Nodes) => boolean | void): void {
  if (visit(node) === false || !("children" in node)) return;
  for (const child of node.children) walk(child, visit);
}

const rawSliceOf = (node: Nodes, source: string): string =>
  source.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);

/** What the source says at `node`, without the quote marks and indentation of containers around it. */
export function sliceOf(node: Nodes, source: string): string {
  const text = rawSliceOf(node, source);
  const outer = (node.position?.start.column ?? 1) - 1;
  return outer === 0 ? text : text.replace(new RegExp(`\\n[ \\t>]{0,${outer}}`, "g"), "\n");
}

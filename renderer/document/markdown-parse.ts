/**
 * Markdown (CommonMark and GFM) → document. Total: any string gives a valid document, and what the
 * schema has no node for comes through as text.
 *
 * Tables become code blocks that hold their source, images become links, footnotes and unused
 * definitions stay as they were written, link targets that are not allowed stand behind their text.
 *
 * The source is parsed in pieces (`markdown-split.ts`) and guarded before: nesting deeper than
 * micromark's stack can take is cut from the source, and a paragraph so dense in brackets, emphasis
 * or HTML openings that it would take micromark minutes keeps them as text.
 */
import { fromMarkdown } from "mdast-util-from-markdown";
import type { Options } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type { Definition, Nodes, PhrasingContent, RootContent } from "mdast";
import { Fragment } from "prosemirror-model";
import type { Mark, Node } from "prosemirror-model";
import { isSafeHref } from "./link.ts";
import { closesFence, splitMarkdown } from "./markdown-split.ts";
import type { Piece } from "./markdown-split.ts";
import { orderedStartMax, schema } from "./schema.ts";

/** Quotes and lists in one another; what lies deeper is laid into the last that fits. */
export const nestingMax = 50;
/** Leading white space outside fences, in columns: 100 levels of list that are only indented. */
export const indentColumnsMax = 200;
/** Brackets open at once in a paragraph; micromark takes cubic time in this. */
export const openBracketsMax = 50;
/** Brackets closed in a paragraph that none opened; each is looked for up to the paragraph's start. */
export const strayBracketsMax = 500;
/** `*`, `_` and `~` in a paragraph; micromark takes quadratic time in this. */
export const emphasisCharsMax = 1_000;
/** `<!`, `<?` and `[^` in a paragraph; micromark takes quadratic time in this. */
export const openingsMax = 200;

const extension = gfm();
const mdastExtensions = [gfmFromMarkdown()];
const options: Options = { extensions: [extension], mdastExtensions };
const denseInlineNames = [
  "attention",
  "strikethrough",
  "labelStartLink",
  "labelStartImage",
  "labelEnd",
  "gfmFootnoteCall",
  "gfmPotentialFootnoteCall",
  "htmlText",
];
const optionsWhenDense: Options = {
  extensions: [extension, { disable: { null: denseInlineNames } }],
  mdastExtensions,
};

const nodes = schema.nodes;
const marks = schema.marks;

/** A parsed piece. Offsets in `tree` count in `source`. */
interface Parsed {
  tree: readonly RootContent[];
  source: string;
}

/** `newId` gives each list, item and quote an id; the title is "" where the source has none. */
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
    if (title !== "" && title === heading && !holdsLink(first)) body.shift();
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

// Source → mdast

/**
 * Links may point to definitions anywhere in the source, and micromark takes `[a]` for a link only
 * where it has seen `[a]:`. So pieces with definitions are parsed first, and each piece is given the
 * definitions of others that it mentions. They are converted last, when it is known which of their
 * definitions are used. Other trees live only as long as their piece takes: all at once they cost
 * as much in garbage collection as in parsing.
 */
function convertPieces(source: string, newId: () => string): { blocks: Node[]; seam: Piece["seam"] }[] {
  const pieces = splitMarkdown(source)
    .flatMap(apart)
    .map((piece) => (piece.kind === "flow" ? { ...piece, text: boundNesting(piece.text) } : piece));

  const alone = pieces.map(({ kind, text }) =>
    kind === "flow" && text.includes("]:") ? parseFlow(text, []) : null,
  );
  const known = new Set(alone.flatMap((parsed) => [...identifiersIn(parsed)]));
  const defining = pieces.map(({ text }, index) => {
    const parsed = alone[index] ?? null;
    const own = identifiersIn(parsed);
    const foreign = parsed ? mentioned(text, known).filter((identifier) => !own.has(identifier)) : [];
    return foreign.length > 0 ? parseFlow(text, foreign) : parsed;
  });

  const conversion = new Conversion(newId);
  for (const parsed of defining) if (parsed) conversion.define(parsed);
  const others = pieces.map((piece, index) => {
    if (defining[index]) return [];
    return conversion.blocks(
      piece.kind === "flow" ? parseFlow(piece.text, mentioned(piece.text, known)) : parseLiteral(piece),
    );
  });
  return pieces.map(({ seam }, index) => {
    const parsed = defining[index];
    return { seam, blocks: (parsed ? conversion.blocks(parsed) : others[index]) ?? [] };
  });
}

/** `foreign` are identifiers that other pieces define. */
function parseFlow(text: string, foreign: readonly string[]): Parsed {
  const given =
    foreign.length > 0 ? `${foreign.map((identifier) => `[${identifier}]: <#>`).join("\n")}\n\n` : "";
  const source = given + text;
  try {
    const root = fromMarkdown(source, isDense(text) ? optionsWhenDense : options);
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

/** A fence or an HTML block, found by the splitter. Only an unusual info string needs a parser. */
function parseLiteral(piece: Piece): Parsed {
  const text = piece.text.replace(/\n$/, "");
  const source = piece.text;
  if (piece.kind === "html") return { tree: [{ type: "html", value: text }], source };
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

function identifiersIn(parsed: Parsed | null): ReadonlySet<string> {
  const found = new Set<string>();
  for (const top of parsed?.tree ?? [])
    walk(top, (node) => node.type === "definition" && found.add(node.identifier));
  return found;
}

/** Which of the `known` identifiers stand in brackets in `text`. */
function mentioned(text: string, known: ReadonlySet<string>): string[] {
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

/** Takes a piece with a dense paragraph apart, so that its neighbours keep their formatting. */
function apart(piece: Piece): Piece[] {
  if (piece.kind !== "flow" || !isDense(piece.text)) return [piece];
  return splitMarkdown(piece.text, 1).map((part, index) =>
    index === 0 ? { ...part, seam: piece.seam } : part,
  );
}

/** Whether a paragraph of `text` goes over the limits on what may be open in it. */
function isDense(text: string): boolean {
  for (const paragraph of text.split(/\n[ \t>]*\n|\n(?=[ \t>]*(?:[-+*]|1[.)])[ \t])/)) {
    let open = 0;
    let stray = 0;
    let emphasis = 0;
    let openings = 0;
    for (let at = 0; at < paragraph.length; at++) {
      const character = paragraph[at];
      const next = paragraph[at + 1];
      if (character === "[") {
        open++;
        if (next === "^") openings++;
      } else if (character === "]") {
        if (open > 0) open--;
        else stray++;
      } else if (character === "*" || character === "_" || character === "~") emphasis++;
      else if (character === "<" && (next === "!" || next === "?")) openings++;
      if (
        open > openBracketsMax ||
        stray > strayBracketsMax ||
        emphasis > emphasisCharsMax ||
        openings > openingsMax
      )
        return true;
    }
  }
  return false;
}

const linePrefix = /^(?:[ \t>]|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))*/;

/** Drops the container markers and the indentation of each line that go over the limits. */
function boundNesting(text: string): string {
  let changed = false;
  const lines = text.split("\n").map((line) => {
    const prefix = linePrefix.exec(line)?.[0] ?? "";
    if (prefix.length <= nestingMax || /^[ \t>]*([-*_])(?:[ \t]*\1)*[ \t]*$/.test(line)) return line;
    let markers = 0;
    let columns = 0;
    let kept = "";
    for (const [token] of prefix.matchAll(/[ \t]|>|[-+*]|\d+[.)]/g)) {
      if (token === " " || token === "\t") {
        columns += token === "\t" ? 4 : 1;
        if (columns <= indentColumnsMax || !/[ \t]$/.test(kept)) kept += token;
      } else if (++markers <= nestingMax) kept += token;
    }
    if (kept === prefix) return line;
    changed = true;
    return kept + line.slice(prefix.length);
  });
  return changed ? lines.join("\n") : text;
}

/** Visits what is converted: a table goes over as source, so links in it use no definition. */
function walk(node: Nodes, visit: (node: Nodes) => void): void {
  visit(node);
  if ("children" in node && node.type !== "table") for (const child of node.children) walk(child, visit);
}

// mdast → ProseMirror

class Conversion {
  readonly #newId: () => string;
  readonly #definitions = new Map<string, Definition>();
  readonly #used = new Set<string>();
  #source = "";

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  define(parsed: Parsed): void {
    for (const top of parsed.tree)
      walk(top, (node) => {
        if (node.type === "definition" && !this.#definitions.has(node.identifier))
          this.#definitions.set(node.identifier, node);
        if (node.type === "linkReference" || node.type === "imageReference") this.#used.add(node.identifier);
      });
  }

  blocks(parsed: Parsed): Node[] {
    this.#source = parsed.source;
    return this.#blocks(parsed.tree, 0);
  }

  #blocks(children: readonly Nodes[], depth: number): Node[] {
    return children.flatMap((child) => this.#block(child, depth));
  }

  #block(node: Nodes, depth: number): Node[] {
    switch (node.type) {
      case "paragraph":
        return [nodes.paragraph.create(null, this.#inlines(node.children))];
      case "heading":
        return [nodes.heading.create({ level: node.depth }, this.#inlines(node.children))];
      case "thematicBreak":
        return [nodes.horizontal_rule.create()];
      case "code":
        return [codeBlock(node.value, node.lang ?? "")];
      case "html":
        return [codeBlock(node.value.replace(/\n$/, ""), "html")];
      case "table":
        return [codeBlock(this.#sliceOf(node), "markdown")];
      case "blockquote": {
        if (depth >= nestingMax) return this.#blocks(node.children, depth);
        const id = this.#newId();
        return [nodes.blockquote.create({ id }, atLeastOne(this.#blocks(node.children, depth + 1)))];
      }
      case "list": {
        if (depth >= nestingMax) return node.children.flatMap((item) => this.#item(item, depth));
        const id = this.#newId();
        const items = node.children.map((item) =>
          nodes.list_item.create({ id: this.#newId() }, atLeastOne(this.#item(item, depth + 1))),
        );
        if (!node.ordered) return [nodes.bullet_list.create({ id }, items)];
        return [nodes.ordered_list.create({ id, start: Math.min(node.start ?? 1, orderedStartMax) }, items)];
      }
      case "listItem":
        return this.#item(node, depth);
      case "definition": {
        const isTarget = this.#used.has(node.identifier) && this.#definitions.get(node.identifier) === node;
        return isTarget ? [] : [paragraphOf(this.#sliceOf(node))];
      }
      case "footnoteDefinition":
        return withPrefix(`[^${node.label ?? node.identifier}]: `, this.#blocks(node.children, depth));
      default:
        return [nodes.paragraph.create(null, this.#inline(node, []))];
    }
  }

  #item(item: Nodes, depth: number): Node[] {
    if (item.type !== "listItem") return this.#block(item, depth);
    const blocks = this.#blocks(item.children, depth);
    if (typeof item.checked !== "boolean") return blocks;
    return withPrefix(item.checked ? "[x] " : "[ ] ", blocks);
  }

  #inlines(children: readonly PhrasingContent[], around: readonly Mark[] = []): Node[] {
    return children.flatMap((child) => this.#inline(child, around));
  }

  #inline(node: Nodes, around: readonly Mark[]): Node[] {
    switch (node.type) {
      case "text":
      case "html":
        return textOf(node.value, around);
      case "inlineCode":
        return textOf(node.value, marks.code.create().addToSet(around));
      case "break":
        return [nodes.hard_break.create(null, null, around)];
      case "emphasis":
        return this.#inlines(node.children, marks.em.create().addToSet(around));
      case "strong":
        return this.#inlines(node.children, marks.strong.create().addToSet(around));
      case "delete":
        return this.#inlines(node.children, marks.strike.create().addToSet(around));
      case "link":
        return linked(node.url, node.title, around, (within) => this.#inlines(node.children, within));
      case "image":
        return image(node.alt, node.url, node.title, around);
      case "linkReference": {
        const target = this.#targetOf(node.identifier);
        if (!target) return textOf(this.#sliceOf(node), around);
        return linked(target.url, target.title, around, (within) => this.#inlines(node.children, within));
      }
      case "imageReference": {
        const target = this.#targetOf(node.identifier);
        return target
          ? image(node.alt, target.url, target.title, around)
          : textOf(this.#sliceOf(node), around);
      }
      default:
        return textOf(this.#sliceOf(node), around);
    }
  }

  #targetOf(identifier: string): Definition | null {
    this.#used.add(identifier);
    return this.#definitions.get(identifier) ?? null;
  }

  /** What the source says at `node`, without the quote marks and indentation of containers around it. */
  #sliceOf(node: Nodes): string {
    const start = node.position?.start;
    const text = this.#source.slice(start?.offset ?? 0, node.position?.end.offset ?? 0);
    const outer = (start?.column ?? 1) - 1;
    return outer === 0 ? text : text.replace(new RegExp(`\\n[ \\t>]{0,${outer}}`, "g"), "\n");
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

function image(
  alt: string | null | undefined,
  url: string,
  title: string | null | undefined,
  around: readonly Mark[],
): Node[] {
  const fileName = /([^/?#]+)\/?(?:[?#].*)?$/.exec(url)?.[1] ?? url;
  const words = alt?.trim() || fileName;
  if (!marks.link.isInSet(around)) return linked(url, title, around, (within) => textOf(words, within));
  // In a link the text keeps that link, and the file name after it takes the image's.
  const outside = marks.link.removeFromSet(around);
  const target = linked(url, title, outside, (within) => textOf(fileName, within));
  return [...textOf(words, around), ...textOf(" (", outside), ...target, ...textOf(")", outside)];
}

function textOf(value: string, around: readonly Mark[]): Node[] {
  const line = value.replace(/[ \t]*[\r\n]+[ \t]*/g, " ");
  return line === "" ? [] : [schema.text(line, around)];
}

const paragraphOf = (value: string): Node => nodes.paragraph.create(null, textOf(value, []));

const codeBlock = (value: string, language: string): Node =>
  nodes.code_block.create({ language }, value === "" ? [] : [schema.text(value)]);

const atLeastOne = (blocks: Node[]): Node[] => (blocks.length > 0 ? blocks : [nodes.paragraph.create()]);

/** Puts `prefix` before the first paragraph, or into one of its own. */
function withPrefix(prefix: string, blocks: Node[]): Node[] {
  const first = blocks[0];
  if (first?.type !== nodes.paragraph) return [paragraphOf(prefix.trimEnd()), ...blocks];
  return [first.copy(Fragment.from(schema.text(prefix)).append(first.content)), ...blocks.slice(1)];
}

function holdsLink(block: Node): boolean {
  let found = false;
  block.descendants((node) => void (found ||= Boolean(marks.link.isInSet(node.marks))));
  return found;
}

/** Adds the blocks of a piece, mending the block that a seam runs through. */
function join(body: Node[], blocks: Node[], seam: Piece["seam"]): void {
  const last = body.at(-1);
  const first = blocks[0];
  if (seam !== null && last && first && last.type === first.type) {
    const between = last.type === nodes.paragraph ? Fragment.from(textOf(seam, [])) : Fragment.empty;
    const mends = last.type === nodes.paragraph || !(last.isTextblock || last.isLeaf);
    if (mends) {
      body[body.length - 1] = last.copy(last.content.append(between).append(first.content));
      blocks = blocks.slice(1);
    }
  }
  for (const block of blocks) body.push(block);
}

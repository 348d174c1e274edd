/**
 * Document → Markdown, the other way round than `markdown-parse.ts`: read by it, it gives the same text in the same
 * blocks. Total. What Markdown cannot say is said as well as it can be:
 *
 * Empty paragraphs are left out. The first row of a table is its header, and each cell is one line. Captions stand
 * below their images. Footnotes stand behind the outermost block that they are in, and one that nothing names is no
 * footnote. Blocks that this version does not know are their text.
 */
import type { Node } from "prosemirror-model";
import { isDense } from "./markdown-bounds.ts";
import { mathCharsMax, paragraphCharsMax, pieceChars } from "./markdown-split.ts";
import { inlineLines } from "./markdown-write-inline.ts";
import type { InlineOptions } from "./markdown-write-inline.ts";
import { imageOf } from "./markdown-write-leaves.ts";
import { tableLines } from "./markdown-write-table.ts";
import { orderedStartMax, schema } from "./schema.ts";

const { nodes } = schema;

/** A paragraph that is longer may be read in parts, wherever the piece before it ends. */
const paragraphCharsSafe = paragraphCharsMax - pieceChars;
/** A line that is longer may be cut inside a mark. */
const lineCharsSafe = 2 * paragraphCharsMax - pieceChars;

const callouts = new Set(["note", "tip", "important", "warning", "caution"]);

export function writeMarkdown(title: string, doc: Node): string {
  const name = title.trim();
  const heading = name === "" ? [] : [nodes.heading.create({ level: 1 }, schema.text(name))];
  const lines = new Writer(doc).document([...heading, ...doc.children]);
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

type Lines = readonly string[];
type Written = { block: Node; lines: Lines };
type Signs = { bullet: string; point: string };

class Writer {
  /** Labels by the ids of footnotes, in the order in which they are named. */
  readonly #labels = new Map<string, string>();
  readonly #options: InlineOptions;
  /** Footnotes that are to be written next, and the ids of all that were. */
  readonly #waiting: Node[] = [];
  readonly #taken = new Set<string>();

  constructor(doc: Node) {
    const defined = new Set<string>();
    doc.descendants((node) => void (node.type === nodes.footnote && defined.add(node.attrs["id"] as string)));
    doc.descendants((node) => {
      if (node.type !== nodes.footnote_reference) return;
      const id = node.attrs["footnote"] as string;
      if (defined.has(id) && !this.#labels.has(id)) this.#labels.set(id, String(this.#labels.size + 1));
    });
    const labelOf = (footnote: string): string | null => this.#labels.get(footnote) ?? null;
    this.#options = { inTable: false, inHeading: false, plain: false, labelOf };
  }

  document(blocks: readonly Node[]): Lines {
    const written = this.#written(blocks, firstSigns, (all) => {
      for (let footnote = this.#waiting.shift(); footnote; footnote = this.#waiting.shift()) {
        const label = this.#labels.get(footnote.attrs["id"] as string) ?? "";
        const lines = indented(`[^${label}]: `, "    ", this.#blocks(footnote.children));
        all.push({ block: footnote, lines });
      }
    });
    return joined(written);
  }

  /** Whether a block is a footnote that something names: it is written later. A second one of its id is none. */
  #isPutOff(block: Node): boolean {
    const id = block.type === nodes.footnote ? (block.attrs["id"] as string) : null;
    if (id === null || !this.#labels.has(id) || this.#taken.has(id)) return false;
    this.#taken.add(id);
    this.#waiting.push(block);
    return true;
  }

  #blocks(blocks: readonly Node[]): Lines {
    return joined(this.#written(blocks, firstSigns));
  }

  /** The blocks that say something, each with its lines. */
  #written(blocks: readonly Node[], first: Signs, afterEach?: (written: Written[]) => void): Written[] {
    const written: Written[] = [];
    for (const block of blocks) {
      if (!this.#isPutOff(block)) {
        const last = written.at(-1);
        const signs =
          last && isList(last.block) ? otherSigns(last.lines[0] ?? "") : last ? firstSigns : first;
        const lines = this.#block(block, signs);
        if (lines.length > 0) written.push({ block, lines });
      }
      afterEach?.(written);
    }
    return written;
  }

  #block(block: Node, signs: Signs): Lines {
    switch (block.type) {
      case nodes.heading:
        return this.#heading(block);
      case nodes.code_block:
        return codeLines(block.textContent, block.attrs["language"] as string);
      case nodes.math_block:
        return mathLines(block.textContent);
      case nodes.horizontal_rule:
        return ["___"]; // with any other sign it would be a rule and no item at the start of a list
      case nodes.image:
        return this.#image(block);
      case nodes.blockquote:
        return quoted(this.#blocks(block.children));
      case nodes.callout:
        return this.#callout(block);
      case nodes.bullet_list:
      case nodes.task_list:
      case nodes.ordered_list:
        return this.#list(block, signs);
      case nodes.table:
        return this.#table(block);
      default:
        return block.isTextblock ? this.#paragraph(block) : this.#blocks(block.children);
    }
  }

  #paragraph(block: Node): Lines {
    const lines = this.#inline(block, this.#options);
    const chars = lines.reduce((sum, line) => sum + line.length + 2, 0);
    if (chars <= paragraphCharsSafe)
      return lines.map((line, index) => (index < lines.length - 1 ? `${line}\\` : line));
    const isCut = lines.some((line) => line.length > lineCharsSafe);
    const whole = isCut ? inlineLines(block, { ...this.#options, plain: true }) : lines;
    return joined(whole.filter((line) => line !== "").map((line) => ({ block, lines: [line] })));
  }

  #heading(block: Node): Lines {
    const sign = "#".repeat(block.attrs["level"] as number);
    const lines = this.#inline(block, { ...this.#options, inHeading: true });
    return [[sign, ...lines.filter((line) => line !== "")].join(" ")];
  }

  #inline(block: Node, options: InlineOptions): Lines {
    const lines = inlineLines(block, options);
    return isDense(lines.join("\n")) ? inlineLines(block, { ...options, plain: true }) : lines;
  }

  #image(block: Node): Lines {
    const { alt } = block.attrs as { alt: string };
    const name = nodes.paragraph.create(null, alt.trim() === "" ? [] : [schema.text(alt)]);
    const written = imageOf(block);
    const image = written === null ? this.#paragraph(name) : [written];
    const caption = this.#paragraph(block);
    return joined([image, caption].flatMap((lines) => (lines.length > 0 ? [{ block, lines }] : [])));
  }

  #callout(block: Node): Lines {
    const kind = (block.attrs["kind"] as string).toLowerCase();
    const name = `[!${(callouts.has(kind) ? kind : "note").toUpperCase()}]`;
    const [first, ...rest] = this.#written(block.children, firstSigns);
    if (!first) return quoted([name]);
    const lines = joined([first, ...rest]);
    const isText = first.block.type === nodes.paragraph && lines[0] !== "\\";
    return quoted(isText ? [name, ...lines] : [name, "", ...lines]);
  }

  #list(list: Node, { bullet, point }: Signs): Lines {
    const isOrdered = list.type === nodes.ordered_list;
    const start = isOrdered ? (list.attrs["start"] as number) : 0;
    const all: string[] = [];
    let wasShort = true;
    for (const [index, item] of list.children.entries()) {
      const sign = isOrdered ? `${Math.min(start + index, orderedStartMax)}${point}` : bullet;
      const { lines, isShort } = this.#item(item, list.type === nodes.task_list, bullet);
      if (index > 0 && !(isShort && wasShort)) all.push("");
      wasShort = isShort;
      for (const line of indented(`${sign} `, " ".repeat(sign.length + 1), lines)) all.push(line);
    }
    return all;
  }

  /** `isShort`: it needs no blank line around it. */
  #item(item: Node, isTask: boolean, bullet: string): { lines: Lines; isShort: boolean } {
    // Three of one bullet in a line would be a rule.
    const [first, next, ...rest] = this.#written(item.children, otherSigns(bullet));
    const box = isTask ? (item.attrs["checked"] === true ? "[x]" : "[ ]") : null;
    if (!first) return { lines: box === null ? [] : [box], isShort: true };
    const following = next ? [next, ...rest] : [];
    const isText = first.block.type === nodes.paragraph;
    if (box !== null && !isText)
      return { lines: [box, "", ...joined([first, ...following])], isShort: false };
    const lines = box === null ? first.lines : [`${box} ${first.lines[0]}`, ...first.lines.slice(1)];
    if (!next) return { lines, isShort: isText && !lines.includes("") };
    const isShort = isText && rest.length === 0 && isInterrupting(next.block) && !next.lines.includes("");
    return isShort
      ? { lines: [...lines, ...next.lines], isShort }
      : { lines: joined([{ block: first.block, lines }, ...following]), isShort };
  }

  #table(table: Node): Lines {
    // Found before the cells are written, for they may be written twice.
    const notes = new Set<Node>();
    table.descendants((node) => void (this.#isPutOff(node) && notes.add(node)));
    const write = (plain: boolean): Lines =>
      tableLines(table, (block) => {
        if (notes.has(block)) return [];
        const image = block.type === nodes.image ? imageOf(block, true) : null;
        if (image !== null) return [image, ...inlineLines(block, { ...this.#options, inTable: true, plain })];
        return block.isTextblock ? inlineLines(block, { ...this.#options, inTable: true, plain }) : null;
      });
    const lines = write(false);
    return isDense(lines.join("\n")) ? write(true) : lines;
  }
}

// Lines

/** With blank lines between blocks. */
function joined(written: readonly Written[]): Lines {
  const all: string[] = [];
  for (const [index, { lines }] of written.entries()) {
    if (index > 0) all.push("");
    for (const line of lines) all.push(line);
  }
  return all;
}

const indented = (first: string, others: string, lines: Lines): Lines =>
  lines.length === 0
    ? [first.trimEnd()]
    : lines.map((line, index) => (index === 0 ? first + line : line === "" ? "" : others + line));

const quoted = (lines: Lines): Lines =>
  lines.length === 0 ? [">"] : lines.map((line) => (line === "" ? ">" : `> ${line}`));

// Lists

const isList = ({ type }: Node): boolean =>
  type === nodes.bullet_list || type === nodes.task_list || type === nodes.ordered_list;

/** A list that may begin right after a line of text: one of bullets that says something at once. */
const isInterrupting = ({ type, firstChild }: Node): boolean =>
  (type === nodes.bullet_list || type === nodes.task_list) &&
  firstChild?.firstChild?.type === nodes.paragraph &&
  firstChild.firstChild.textContent.trim() !== "";

const firstSigns: Signs = { bullet: "-", point: "." };

/** Two lists side by side are two only where their signs are not the same. */
const otherSigns = (line: string): Signs => ({
  bullet: line.startsWith("-") ? "*" : "-",
  point: /^\d+\./.test(line) ? ")" : ".",
});

// Leaves

/** A fence is closed by any run of its sign that is as long. */
function codeLines(text: string, language: string): Lines {
  const name = /^\s*(\S*)/.exec(language)?.[1] ?? "";
  const sign = name.includes("`") ? "~" : "`";
  const runs = text.match(/`+|~+/g) ?? [];
  const fence = sign.repeat(runs.reduce((longest, { length }) => Math.max(longest, length + 1), 3));
  return [fence + name.replace(/[\\&]/g, "\\$&"), ...linesOf(text), fence];
}

/** As code where its dollars would end it, or where it is longer than any formula is read. */
function mathLines(text: string): Lines {
  if (text.includes("$$") || text.length > mathCharsMax - 10) return codeLines(text, "math");
  return ["$$", ...linesOf(text), "$$"];
}

const linesOf = (text: string): Lines => (text === "" ? [] : text.split(/\r\n?|\n/));

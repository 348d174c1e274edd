/**
 * Inline nodes → lines of Markdown that `markdown-parse.ts` reads as the same text with the same marks.
 *
 * Marks lie in one another in one order (link, strong, em, strike), and code and formulas innermost. White space at
 * their edges is left outside, where Markdown wants it. Beside a delimiter a letter may have to stand as a character
 * reference, or Markdown would not take the delimiter for one. Strong is `**`, and em is `_` where both are in one
 * block: runs of one character that close one mark and open another are read in more than one way.
 *
 * What Markdown has no sign for (underline, highlight, superscript, subscript, comments) goes as its text.
 */
import type { Mark, Node } from "prosemirror-model";
import { isSafeHref } from "./link.ts";
import { codeOf, edged, escaped, fileOf, imageOf, mathOf, target } from "./markdown-write-leaves.ts";
import { schema } from "./schema.ts";
import type { MarkName } from "./schema.ts";

const { nodes, marks } = schema;

export interface InlineOptions {
  /** Pipes part cells, and a line is all there is. */
  inTable: boolean;
  /** Closing `#`s are taken away from a heading. */
  inHeading: boolean;
  /** Without marks and images: for what would be too dense to be read with them. */
  plain: boolean;
  /** The label of a footnote; null where there is no such footnote. */
  readonly labelOf: (footnote: string) => string | null;
}

type Delimited = "strong" | "em" | "strike";
type Kind = "text" | "code" | "math" | "atom";
interface Piece {
  kind: Kind;
  /** Of an atom, Markdown already. */
  text: string;
  link: Mark | null;
  on: Record<Delimited, boolean>;
}

const order: readonly Delimited[] = ["strong", "em", "strike"];

/** The lines of a textblock; hard breaks part them. No lines where it says nothing. */
export function inlineLines(block: Node, options: InlineOptions): string[] {
  const lines: Piece[][] = [[]];
  block.forEach((node) => {
    if (node.type === nodes.hard_break) lines.push([]);
    else lines.at(-1)?.push(...pieceOf(node, options));
  });
  // A break at the end would be a backslash.
  while (lines.at(-1)?.length === 0) lines.pop();
  const hasStrong = lines.some((line) => line.some(({ on }) => on.strong));
  const writer = new Writer(options, { strong: "**", em: hasStrong ? "_" : "*", strike: "~~" });
  return lines.map((line, index) => edged(writer.line(line, index === lines.length - 1)));
}

function pieceOf(node: Node, { plain, inTable, labelOf }: InlineOptions): Piece[] {
  const has = (mark: MarkName): boolean => !plain && marks[mark].isInSet(node.marks) !== undefined;
  const found = plain ? undefined : marks.link.isInSet(node.marks);
  const link = found && isSafeHref(found.attrs["href"] as string) ? found : null;
  const on = { strong: has("strong"), em: has("em"), strike: has("strike") };
  if (node.isText) {
    const text = (node.text ?? "").replace(/[\r\n]+/g, " ");
    const kind = has("code") ? "code" : has("math") ? "math" : "text";
    // In a cell a pipe is escaped, and in code and formulas a backslash is one.
    const isUnwritable = inTable && text.includes("|") && (kind === "math" || text.includes("\\"));
    return [{ kind: isUnwritable ? "text" : kind, text, link, on }];
  }
  if (node.type === nodes.footnote_reference) {
    const label = labelOf(node.attrs["footnote"] as string);
    return label === null ? [] : [{ kind: "atom", text: `[^${label}]`, link: null, on }];
  }
  if (node.type === nodes.image_inline) {
    const { alt } = node.attrs as { alt: string };
    const image = plain ? null : imageOf(node, inTable);
    if (image !== null) return [{ kind: "atom", text: image, link, on }];
    return alt === "" ? [] : [{ kind: "text", text: alt, link, on }];
  }
  if (node.type === nodes.file) {
    const file = plain ? null : fileOf(node, inTable);
    // A link in a link would be none.
    if (file !== null) return [{ kind: "atom", text: file, link: null, on }];
    const name = node.attrs["name"] as string;
    return name === "" ? [] : [{ kind: "text", text: name, link, on }];
  }
  const text = node.type === nodes.document_link ? (node.attrs["title"] as string) : "";
  return text === "" ? [] : [{ kind: "text", text, link, on }];
}

class Writer {
  readonly #options: InlineOptions;
  readonly #delimiters: Readonly<Record<Delimited, string>>;
  /** The last line, of nothing but text: an address at its end ends there. */
  #isPlainText = false;

  constructor(options: InlineOptions, delimiters: Readonly<Record<Delimited, string>>) {
    this.#options = options;
    this.#delimiters = delimiters;
  }

  line(pieces: readonly Piece[], isLast: boolean): string {
    const all = merged(pieces);
    const [first] = all;
    this.#isPlainText =
      isLast &&
      first !== undefined &&
      all.length === 1 &&
      !first.link &&
      !order.some((name) => first.on[name]);
    return runsBy(all, ({ link }) => link)
      .map((run) => {
        const link = run[0]?.link ?? null;
        if (!link) return this.#marked(run, 0);
        const { href, title } = link.attrs as { href: string; title: string };
        const only = run.length === 1 && run[0]?.kind === "text" ? run[0].text : null;
        if (only === href && title === "" && /^https?:\/\/[^\s<>\\|]+$/.test(href)) return `<${href}>`;
        return `[${this.#marked(run, 0)}](${target(href, title, this.#options.inTable)})`;
      })
      .join("");
  }

  #marked(pieces: readonly Piece[], level: number): string {
    const name = order[level];
    if (name === undefined) return this.#bare(pieces);
    const runs = runsBy(trimmed(pieces, name), ({ on }) => on[name]);
    const delimiter = this.#delimiters[name];
    let out = "";
    let closes: string | null = null; // the last character within the mark that was just closed
    for (const run of runs) {
      const inner = this.#marked(run, level + 1);
      if (inner === "") continue;
      const isOn = run[0]?.on[name] === true;
      if (closes !== null) out += delimits(delimiter, closes, inner) ? inner : lettered(inner, "start");
      else if (!isOn) out += inner;
      if (!isOn) {
        closes = null;
        continue;
      }
      const first = firstOf(inner);
      if (closes === null && !delimits(delimiter, first, lastOf(out))) out = lettered(out, "end");
      out += delimiter + inner + delimiter;
      closes = lastOf(inner);
    }
    return out;
  }

  #bare(pieces: readonly Piece[]): string {
    let out = "";
    let isAfterMath = false;
    for (const { kind, text } of pieces) {
      let written = kind === "atom" ? text : "";
      if (kind === "text") {
        written = escaped(text, this.#options.inHeading, this.#isPlainText);
        if (isAfterMath && /^\d/.test(written)) written = lettered(written, "start");
      } else if (kind === "code") written = codeOf(text, this.#options.inTable);
      else if (kind === "math") {
        written = mathOf(text);
        if (/^\$[^$^_]/.test(written) && /[A-Za-z0-9]$/.test(out)) out = lettered(out, "end");
      }
      isAfterMath = kind === "math";
      out += written;
    }
    return out;
  }
}

/** Neighbours that say the same of their text, as one. */
function merged(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = [];
  for (const piece of pieces.flatMap(apart)) {
    const last = all.at(-1);
    if (last && last.kind === piece.kind && piece.kind !== "atom" && isAlike(last, piece))
      all[all.length - 1] = { ...last, text: last.text + piece.text };
    else all.push(piece);
  }
  return all;
}

const isAlike = (a: Piece, b: Piece): boolean =>
  (a.link === b.link || (a.link !== null && b.link !== null && a.link.eq(b.link))) &&
  order.every((name) => a.on[name] === b.on[name]);

/** A formula neither begins nor ends with white space: that is text beside it. */
function apart(piece: Piece): Piece[] {
  if (piece.kind !== "math") return [piece];
  const [, before = "", formula = "", after = ""] = /^(\s*)([^]*?)(\s*)$/.exec(piece.text) ?? [];
  const parts: [Kind, string][] = [
    ["text", before],
    ["math", formula],
    ["text", after],
  ];
  return parts.flatMap(([kind, text]) => (text === "" ? [] : [{ ...piece, kind, text }]));
}

function runsBy(pieces: readonly Piece[], value: (piece: Piece) => Mark | boolean | null): Piece[][] {
  const runs: Piece[][] = [];
  let last: Mark | boolean | null | undefined;
  for (const piece of pieces) {
    const now = value(piece);
    const isSame =
      last === now || (typeof last === "object" && typeof now === "object" && last && now && last.eq(now));
    if (isSame && runs.length > 0) runs.at(-1)?.push(piece);
    else runs.push([piece]);
    last = now;
  }
  return runs;
}

/** Takes the mark from the white space at the edges of what it lies over. */
function trimmed(pieces: readonly Piece[], name: Delimited): Piece[] {
  return runsBy(pieces, ({ on }) => on[name]).flatMap((run) => {
    if (run[0]?.on[name] !== true) return run;
    const off = (piece: Piece, text: string): Piece[] =>
      text === "" ? [] : [{ ...piece, text, on: { ...piece.on, [name]: false } }];
    const inner = [...run];
    const before: Piece[] = [];
    const after: Piece[] = [];
    for (let first = inner.shift(); first; first = inner.shift()) {
      const space = first.kind === "text" ? (/^\s*/.exec(first.text)?.[0] ?? "") : "";
      before.push(...off(first, space));
      if (first.kind !== "text" || space.length < first.text.length) {
        inner.unshift({ ...first, text: first.text.slice(space.length) });
        break;
      }
    }
    for (let last = inner.pop(); last; last = inner.pop()) {
      const words = last.kind === "text" ? last.text.trimEnd() : last.text;
      after.unshift(...off(last, last.text.slice(words.length)));
      if (words !== "" || last.kind !== "text") {
        inner.push({ ...last, text: words });
        break;
      }
    }
    return [...before, ...inner, ...after];
  });
}

// Delimiters

/** As micromark has it, which looks at one code unit: the half of a pair is no sign. */
const isWord = (character: string): boolean =>
  character.length > 1 || (character !== "" && !/[\s\p{P}\p{S}]/u.test(character));
const lastOf = (text: string): string => /[\ud800-\udbff]?[^]$/.exec(text)?.[0] ?? "";

function firstOf(text: string): string {
  const point = text.codePointAt(0);
  return point === undefined ? "" : String.fromCodePoint(point);
}

/** Whether a delimiter between `inner` and the start of `outer` is read as one. */
const delimits = (delimiter: string, inner: string, outer: string): boolean =>
  !isWord(firstOf(outer)) || (delimiter !== "_" && isWord(inner));

/** With the letter at one end as a character reference; an underscore beside it is inside a word no longer. */
function lettered(text: string, end: "start" | "end"): string {
  const letter = end === "start" ? firstOf(text) : lastOf(text);
  const reference = `&#${letter.codePointAt(0)};`;
  return end === "start"
    ? reference + text.slice(letter.length).replace(/^_/, "\\_")
    : text.slice(0, text.length - letter.length).replace(/(?<!\\)_$/, "\\_") + reference;
}

/**
 * Cuts Markdown source into pieces that can be parsed one by one.
 *
 * micromark takes more than linear time in the length of what it is given (paragraphs of many
 * lines, setext headings, unclosed constructs), so a book is handed to it in pieces. A cut falls
 * where no construct can cross it; only a single block larger than `blockCharsMax` is cut inside.
 *
 * To find those places this follows the source line by line, as CommonMark does, but only through
 * the outermost container: a container's inside is never cut, except between the items of a list.
 * Fences, HTML blocks and `$$` blocks outside containers are recognised here outright, as pieces of
 * their own.
 *
 * A misjudged line costs structure (two lists for one), never text: every character of the source
 * is in exactly one piece.
 */

/** From this size on a piece ends at the next possible cut. Fastest between 4,000 and 16,000. */
export const pieceChars = 8_000;
/** A paragraph longer than this is parsed in parts; emphasis and links do not cross the seam. */
export const paragraphCharsMax = 16_000;
/** A container, table or HTML block longer than this is cut inside, wherever that falls. */
export const blockCharsMax = 128_000;
/** A `$$` that none closes within this many characters opens nothing: no formula is as long. */
export const mathCharsMax = 16_000;

export interface Piece {
  kind: "flow" | "fence" | "html" | "math";
  text: string;
  /**
   * Null: begins a new block. Otherwise its first block goes on with the last of the piece before,
   * where they are of one type; in a paragraph this text goes between the two.
   */
  seam: "" | " " | null;
}

type Container = { kind: "quote" } | { kind: "footnote" } | { kind: "item"; marker: string; offset: number };
interface Literal {
  kind: "fence" | "html";
  isEnd: (line: string) => boolean;
}

const blank = /^[ \t]*$/;
const marker = /^([-+*]|\d{1,9}[.)])([ \t]+|$)(.?)/;
const thematicBreak = /^(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const headingAtx = /^#{1,6}(?:[ \t]|$)/;
const fenceOpening = /^(`{3,})[^`]*$|^(~{3,})/;
const setextUnderline = /^(?:=+|-+)[ \t]*$/;
const tableDelimiterRow = /^[-:|][-:| \t]*$/;
const footnoteDefinition = /^\[\^[^\]\s]+\]:/;
const paragraphOpening = /^[\p{L}\p{N}]/u;

/** The kinds of HTML block that go on through blank lines, each with what ends it. */
const htmlThroughBlanks: readonly (readonly [opening: RegExp, closing: RegExp])[] = [
  [/^<(?:script|pre|style|textarea)(?:[\s>]|$)/i, /<\/(?:script|pre|style|textarea)>/i],
  [/^<!--/, /-->/],
  [/^<\?/, /\?>/],
  [/^<![A-Za-z]/, />/],
  [/^<!\[CDATA\[/, /\]\]>/],
];
const htmlBlockNames =
  "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul";
const htmlBlock = new RegExp(`^</?(?:${htmlBlockNames})(?:\\s|/?>|$)`, "i");
const htmlWholeTag =
  /^(?:<[a-z][a-z0-9-]*(?:\s+[a-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*\s*\/?>|<\/[a-z][a-z0-9-]*\s*>)\s*$/i;
const tagCharsMax = 4_000; // a longer line is not tried as one tag

/** Columns of leading white space, tabs to multiples of four. */
function indentOf(line: string): number {
  let columns = 0;
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === 0x20) columns++;
    else if (code === 0x09) columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

function containerAt(rest: string, indent: number): Container | null {
  if (rest.startsWith(">")) return { kind: "quote" };
  if (footnoteDefinition.test(rest)) return { kind: "footnote" };
  const found = thematicBreak.test(rest) ? null : marker.exec(rest);
  if (!found) return null;
  const [, symbol = "", space = "", next = ""] = found;
  const width = indent + symbol.length;
  // Tabs count from where they stand, not from the start of the line.
  let padding = 0;
  for (const character of space) padding += character === "\t" ? 4 - ((width + padding) % 4) : 1;
  const offset = width + (next === "" || padding > 4 ? 1 : padding);
  return { kind: "item", marker: symbol.slice(-1), offset };
}

function literalAt(rest: string): Literal | null {
  const fence = fenceOpening.exec(rest);
  if (fence) {
    const run = /^(?:`+|~+)/.exec(rest)?.[0] ?? "";
    return { kind: "fence", isEnd: (line) => closesFence(line, run) };
  }
  for (const [opening, closing] of htmlThroughBlanks)
    if (opening.test(rest)) return { kind: "html", isEnd: (line) => closing.test(line) };
  return null;
}

/** Whether `line` ends a fence that was opened with `run`. */
export function closesFence(line: string, run: string): boolean {
  const closing = line.trim();
  return (
    indentOf(line) < 4 && closing.length >= run.length && closing === run.charAt(0).repeat(closing.length)
  );
}

/**
 * Where the `$$` block whose first line begins at `at` ends, its line end included; 0 where there is
 * none. The dollars may stand beside the formula ("$$x$$", "$$\\begin{…}"); then no blank line is in it.
 */
function mathEnd(source: string, at: number): number {
  const [opening, beside = ""] =
    /^ {0,3}\$\$(?!\$)(?:[ \t]*(?=\n)|([^\n]))/.exec(source.slice(at, at + 100)) ?? [];
  if (opening === undefined) return 0;
  const from = at + opening.length - beside.length;
  const close = source.indexOf("$$", from);
  if (close < 0 || close - at > mathCharsMax) return 0;
  const rest = /^\$\$[ \t]*(?:\n|$)/.exec(source.slice(close, close + 100))?.[0];
  if (rest === undefined) return 0;
  const formula = source.slice(from, close);
  const isFenced = beside === "" && /\n {0,3}$/.test(formula);
  return isFenced || !(/\n[ \t]*\n/.test(formula) || formula.trim() === "") ? close + rest.length : 0;
}

/** Whether an opening item is one even right after a line of paragraph text. */
const interrupts = (rest: string): boolean => /^(?:[-+*]|1[.)])[ \t]+\S/.test(rest);

const endsParagraph = (rest: string): boolean =>
  literalAt(rest) !== null || headingAtx.test(rest) || thematicBreak.test(rest) || htmlBlock.test(rest);

/** The pieces of `source`, whose lines end in "\n" alone. `chars` is the size a piece aims for. */
export function splitMarkdown(source: string, chars = pieceChars): Piece[] {
  const pieces: Piece[] = [];
  let start = 0; // of the piece being gathered
  let seam: Piece["seam"] = null;
  let literal: Literal | null = null;
  let container: Container | null = null;
  let unclear = false; // whether the source is still in `container`
  let afterBlank = true;
  let inParagraph = false;
  let inTable = false;
  let inHtml = false;

  const cut = (at: number, kind: Piece["kind"], nextSeam: Piece["seam"] = null): void => {
    if (at > start) pieces.push({ kind, text: source.slice(start, at), seam });
    start = at;
    seam = nextSeam;
  };
  const cutIfFull = (at: number, nextSeam: Piece["seam"] = null): void => {
    if (at - start >= chars) cut(at, "flow", nextSeam);
  };

  for (let at = 0, end = 0; at < source.length; at = end) {
    const newline = source.indexOf("\n", at);
    end = newline < 0 ? source.length : newline + 1;
    const line = source.slice(at, newline < 0 ? end : newline);

    if (literal) {
      if (literal.isEnd(line)) {
        cut(end, literal.kind);
        literal = null;
      }
      continue;
    }
    if (blank.test(line)) {
      afterBlank = true;
      inParagraph = inTable = inHtml = false;
      continue;
    }
    const indent = indentOf(line);
    const rest = line.trimStart();
    const wasBlank = afterBlank;
    afterBlank = false;

    if (container) {
      const inside =
        container.kind === "quote"
          ? !wasBlank && indent < 4 && rest.startsWith(">")
          : indent >= (container.kind === "item" ? container.offset : 4);
      if (inside) {
        unclear = false;
        if (at - start >= blockCharsMax) cut(at, "flow", " ");
        continue;
      }
      const opened = indent < 4 ? containerAt(rest, indent) : null;
      if (opened && (opened.kind !== "item" || !unclear || wasBlank || interrupts(rest))) {
        const isSibling =
          container.kind === "item" && opened.kind === "item" && container.marker === opened.marker;
        cutIfFull(at, isSibling ? " " : null);
        container = opened;
        unclear = false;
        continue;
      }
      if (!wasBlank && (indent >= 4 || !(endsParagraph(rest) || mathEnd(source, at) > 0))) {
        // A lazy line of a paragraph in the container, or the first one after it: a later line tells.
        unclear = true;
        if (at - start >= blockCharsMax) cut(at, "flow", " ");
        continue;
      }
      container = null;
      unclear = false;
      cutIfFull(at);
    }

    if (inHtml) {
      if (at - start >= blockCharsMax) cut(at, "flow");
      continue;
    }
    if (wasBlank && indent < 4) cutIfFull(at);
    if (indent < 4) {
      literal = literalAt(rest);
      if (literal) {
        cut(at, "flow");
        inParagraph = inTable = false;
        if (literal.kind === "html" && literal.isEnd(line)) {
          cut(end, "html");
          literal = null;
        }
        continue;
      }
      const formulaEnd = rest.startsWith("$$") ? mathEnd(source, at) : 0;
      if (formulaEnd > 0) {
        cut(at, "flow");
        cut(formulaEnd, "math");
        end = formulaEnd;
        inParagraph = inTable = false;
        continue;
      }
      const opened = containerAt(rest, indent);
      if (opened && (opened.kind !== "item" || !inParagraph || interrupts(rest))) {
        cutIfFull(at);
        container = opened;
        inParagraph = inTable = false;
        continue;
      }
      inHtml =
        htmlBlock.test(rest) || (!inParagraph && line.length <= tagCharsMax && htmlWholeTag.test(rest));
      if (inHtml) {
        inParagraph = inTable = false;
        continue;
      }
      if (
        headingAtx.test(rest) ||
        (thematicBreak.test(rest) && !(inParagraph && setextUnderline.test(rest)))
      ) {
        cutIfFull(at);
        inParagraph = inTable = false;
        continue;
      }
      if (inParagraph && setextUnderline.test(rest)) {
        // micromark takes quadratic time in the number of these headings.
        if (end - start >= chars / 16) cut(end, "flow");
        inParagraph = false;
        continue;
      }
      if (inParagraph && tableDelimiterRow.test(rest)) inTable = true;
    }
    if (!inParagraph && indent >= 4) {
      if (at - start >= blockCharsMax) cut(at, "flow"); // indented code
      continue;
    }
    if (at - start >= (inTable ? blockCharsMax : paragraphCharsMax))
      cut(at, "flow", inParagraph ? " " : null);
    inParagraph = true;
    while (!inTable && end - start > paragraphCharsMax * 2) {
      const seamAt = seamIn(source, start + paragraphCharsMax, end);
      cut(seamAt, "flow", /\s/.test(source.slice(seamAt - 1, seamAt + 1)) ? " " : "");
    }
  }
  cut(source.length, literal?.kind ?? "flow");
  return pieces;
}

/** Where to cut a very long line: before a word that cannot be read as the start of a block. */
function seamIn(source: string, from: number, end: number): number {
  const reach = Math.min(from + 1_000, end - 1);
  for (let at = from; at < reach; at++)
    if (
      source[at - 1] === " " &&
      paragraphOpening.test(source.slice(at, at + 2)) &&
      !/^\d/.test(source[at] ?? "")
    )
      return at;
  const low = source.charCodeAt(from);
  return low >= 0xdc00 && low < 0xe000 ? from + 1 : from;
}

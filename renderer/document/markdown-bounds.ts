/**
 * What hostile Markdown may cost: bounds on what micromark is slow or recursive at, applied to the
 * source before it is parsed. What goes over them comes through as text, never away.
 */

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
/** `$` in a paragraph; runs of unlike length are each looked for up to the paragraph's end. */
export const dollarsMax = 1_000;

/** The constructs that a dense paragraph does without. */
export const denseInlineNames = [
  "attention",
  "strikethrough",
  "labelStartLink",
  "labelStartImage",
  "labelEnd",
  "gfmFootnoteCall",
  "gfmPotentialFootnoteCall",
  "htmlText",
  "mathText",
];

/** Whether a paragraph of `text` goes over the limits on what may be open in it. */
export function isDense(text: string): boolean {
  for (const paragraph of text.split(/\n[ \t>]*\n|\n(?=[ \t>]*(?:[-+*]|1[.)])[ \t])/)) {
    let open = 0;
    let stray = 0;
    let emphasis = 0;
    let openings = 0;
    let dollars = 0;
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
      else if (character === "$") dollars++;
      else if (character === "<" && (next === "!" || next === "?")) openings++;
      if (
        open > openBracketsMax ||
        stray > strayBracketsMax ||
        emphasis > emphasisCharsMax ||
        openings > openingsMax ||
        dollars > dollarsMax
      )
        return true;
    }
  }
  return false;
}

const linePrefix = /^(?:[ \t>]|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t])|\[\^[^\]\s]+\]:)*/;

/** Drops the container markers and the indentation of each line that go over the limits. */
export function boundNesting(text: string): string {
  let changed = false;
  const lines = text.split("\n").map((line) => {
    const prefix = linePrefix.exec(line)?.[0] ?? "";
    if (prefix.length <= nestingMax || /^[ \t>]*([-*_])(?:[ \t]*\1)*[ \t]*$/.test(line)) return line;
    let markers = 0;
    let columns = 0;
    let kept = "";
    for (const { 0: token, index } of prefix.matchAll(/[ \t]|>|[-+*]|\d+[.)]|\[\^[^\]\s]+\]:/g)) {
      if (token === " " || token === "\t") {
        columns += token === "\t" ? 4 : 1;
        if (columns <= indentColumnsMax || !/[ \t]$/.test(kept)) kept += token;
      } else if (++markers <= nestingMax) kept += token;
      else if (token.startsWith("[")) {
        // A footnote's label is text: escaped, it stays and opens nothing.
        changed = true;
        return `${kept}\\${line.slice(index)}`;
      }
    }
    if (kept === prefix) return line;
    changed = true;
    return kept + line.slice(prefix.length);
  });
  return changed ? lines.join("\n") : text;
}

/** Plain text on the clipboard: whether it is Markdown, and that as a slice. */
import { Fragment, Slice } from "prosemirror-model";
import { schema } from "../document/schema.ts";
import { newId } from "./identify-plugin.ts";
import { pasteTextCharsMax } from "./limits.ts";

export function boundedText(text: string): { text: string; isWhole: boolean } {
  const taken = text.slice(0, pasteTextCharsMax).toWellFormed();
  return { text: taken, isWhole: taken.length === text.length };
}

/** Nobody writes these by chance: one line of it, and the text is Markdown. */
const sure =
  /^ {0,3}#{1,6} \S|^ {0,3}(?:```|~~~)|^\s*[-*+] \[[ xX]\] \S|^\s*\|?\s*:?-{3,}:?\s*\||\[[^\]\n]+\]\(https?:\/\/[^)\s]+\)|(?:^|\s)\*\*\S[^*\n]*\*\*|^\[\^[^\]\s]+\]: /m;
/** Two lines of these are: one alone may be a dash in a letter, or a date. */
const likely = /^\s*(?:[-*+]|\d{1,9}[.)]|>) \S/gm;

export const isMarkdown = (text: string): boolean =>
  sure.test(text) || (text.match(likely)?.length ?? 0) >= 2;

/** Reads it as Markdown. The reader is loaded when it is first needed: the engine has one, the window seldom. */
export async function markdownSlice(text: string): Promise<Slice> {
  const { parseMarkdown } = await import("../document/markdown-parse.ts");
  const { title, doc } = parseMarkdown(text, newId);
  // A document's title stands above its text; here it is a heading like the others.
  const heading = schema.nodes.heading.create({ level: 1 }, title === "" ? null : schema.text(title));
  const isTaken = title !== "" && !text.trimStart().startsWith("---");
  return Slice.maxOpen(isTaken ? Fragment.from(heading).append(doc.content) : doc.content);
}

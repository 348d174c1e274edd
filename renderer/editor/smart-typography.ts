/**
 * Signs as they are printed: quotes by the language, dashes, an ellipsis. Each is a rule that one undo, or Backspace
 * right after, takes back to the keys that were pressed. Not in code and formulas.
 */
import { InputRule } from "prosemirror-inputrules";
import type { EditorState, Plugin } from "prosemirror-state";
import { schema } from "../document/schema.ts";
import { undoableRules } from "./undoable-rules.ts";

type Quotes = readonly [open: string, close: string, openInner: string, closeInner: string];
const english: Quotes = ["“", "”", "‘", "’"];
/** By language; others have the English ones. */
const quotesByLanguage: Readonly<Record<string, Quotes>> = {
  en: english,
  de: ["„", "“", "‚", "‘"],
  cs: ["„", "“", "‚", "‘"],
  pl: ["„", "”", "‚", "’"],
  // With a narrow space that does not break.
  fr: ["«\u202f", "\u202f»", "“", "”"],
  it: ["«", "»", "“", "”"],
  es: ["«", "»", "“", "”"],
  ru: ["«", "»", "„", "“"],
  sv: ["”", "”", "’", "’"],
  fi: ["”", "”", "’", "’"],
  da: ["»", "«", "›", "‹"],
};

const isFormula = (state: EditorState): boolean =>
  schema.marks.math.isInSet(state.storedMarks ?? state.selection.$from.marks()) !== undefined;

/** A stretch of code that is being typed as Markdown: its closing sign is still to come. */
function isInBackticks({ selection: { $from } }: EditorState): boolean {
  const before = $from.parent.textBetween(0, $from.parentOffset, undefined, "\ufffc");
  return (before.split("`").length - 1) % 2 === 1;
}

/** What opens comes at the beginning of a block, after a space, or after what opens as well. */
const opening = "(?:^|[\\s\\u202f([{<«„‚“‘\\ufffc—–-])";

/** @param isOn asked at each key, for a person may choose otherwise at any time */
export function smartTypography(isOn: () => boolean, language: string): Plugin {
  const [open, close, openInner, closeInner] =
    quotesByLanguage[language.toLowerCase().split("-")[0] ?? ""] ?? english;
  /** The last `keys` characters of a match become `sign`. */
  const rule = (pattern: RegExp, keys: number, sign: string): InputRule =>
    new InputRule(
      pattern,
      (state, [whole], start, end) => {
        if (!isOn() || isFormula(state) || isInBackticks(state)) return null;
        return state.tr.insertText(sign, start + whole.length - keys, end);
      },
      { inCodeMark: false },
    );
  const rules = [
    rule(new RegExp(`${opening}"$`), 1, open),
    rule(/"$/, 1, close),
    rule(new RegExp(`${opening}'$`), 1, openInner),
    // Between letters it is an apostrophe, whatever the language closes quotes with.
    rule(/[\p{L}\p{N}]'$/u, 1, "’"),
    rule(/'$/, 1, closeInner),
    // A line that begins with them is a rule in the making.
    rule(/\S ?--$/, 2, "–"),
    rule(/–-$/, 2, "—"),
    rule(/\.\.\.$/, 3, "…"),
  ];
  return undoableRules(rules);
}

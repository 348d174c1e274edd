/**
 * What is looked for, as something that finds it in the text of one block. Words and signs are found in all their
 * spellings (composed and decomposed letters are the same); patterns are those of RE2, which takes time in
 * proportion to the text whatever is asked, so that no pattern can stop the window.
 */
import { findTypedCharsMax } from "./limits.ts";

export type Wanted = {
  readonly text: string;
  readonly isCaseSensitive: boolean;
  readonly isWholeWord: boolean;
  readonly isPattern: boolean;
};

/** Offsets in the text of a block. */
export type Found = { readonly from: number; readonly to: number };

export type FindQuery = {
  readonly wanted: Wanted;
  find(text: string): readonly Found[];
  /** What stands for one that was found: `$1` is what the first group of a pattern holds. */
  replacement(text: string, found: Found, replacement: string): string;
};

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Each letter in both ways of writing it. */
function inAllForms(text: string): string {
  const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
  return [...graphemes]
    .map(({ segment }) => {
      const forms = [...new Set([segment, segment.normalize("NFC"), segment.normalize("NFD")])];
      return forms.length === 1 ? escaped(segment) : `(?:${forms.map(escaped).join("|")})`;
    })
    .join("");
}

const wordChar = "[\\p{L}\\p{N}\\p{M}_]";

function literal(wanted: Wanted): FindQuery {
  const words = inAllForms(wanted.text);
  const bounded = wanted.isWholeWord ? `(?<!${wordChar})${words}(?!${wordChar})` : words;
  // No mark may follow: "e" is not found in an "é" that is written as two.
  const pattern = new RegExp(`${bounded}(?!\\p{M})`, wanted.isCaseSensitive ? "gu" : "giu");
  return {
    wanted,
    find: (text) =>
      [...text.matchAll(pattern)].map(({ index, 0: { length } }) => ({ from: index, to: index + length })),
    replacement: (_, __, replacement) => replacement,
  };
}

const isBounded = (text: string, { from, to }: Found): boolean => {
  const isWord = (at: number): boolean => new RegExp(wordChar, "u").test(text.charAt(at));
  return !isWord(from - 1) && !isWord(to);
};

/** @returns in words why a pattern is none */
async function pattern(wanted: Wanted): Promise<FindQuery | string> {
  const { RE2JS, RE2JSSyntaxException } = await import("re2js");
  try {
    const flags = RE2JS.MULTILINE | (wanted.isCaseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
    const compiled = RE2JS.compile(wanted.text, flags);
    const find = (text: string): Found[] => {
      const matcher = compiled.matcher(text);
      const all: Found[] = [];
      while (matcher.find()) {
        const found = { from: matcher.start(), to: matcher.end() };
        // Nothing is nothing to be shown or replaced.
        if (found.to > found.from && (!wanted.isWholeWord || isBounded(text, found))) all.push(found);
      }
      return all;
    };
    return {
      wanted,
      find,
      replacement(text, { from }, replacement) {
        const matcher = compiled.matcher(text);
        while (matcher.find())
          if (matcher.start() === from)
            return replacement.replaceAll(/\$(\d)|\$\$/g, (sign, group: string | undefined) =>
              group === undefined
                ? "$"
                : Number(group) <= matcher.groupCount()
                  ? (matcher.group(Number(group)) ?? "")
                  : sign,
            );
        return replacement;
      },
    };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return `This is no pattern: ${error.message.replace(/^error parsing regexp: /, "")}.`;
  }
}

/** @returns null where nothing is looked for, or in words why it cannot be */
export function findQuery(wanted: Wanted): Promise<FindQuery | string | null> {
  if (wanted.text === "") return Promise.resolve(null);
  if (wanted.text.length > findTypedCharsMax)
    return Promise.resolve(`More than ${findTypedCharsMax} characters are not looked for.`);
  return wanted.isPattern ? pattern(wanted) : Promise.resolve(literal(wanted));
}

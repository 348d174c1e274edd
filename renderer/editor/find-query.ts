/**
 * What is looked for, as something that finds it in the text of one block. Words and signs are found in all their
 * spellings (composed and decomposed letters are the same); patterns are those of RE2, which takes time in
 * proportion to the text whatever is asked, so that no pattern can stop the window.
 */
import { findBlockWorkMax, findPatternWorkMax, findTypedCharsMax } from "./limits.ts";

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
  /** Longer blocks would keep the window waiting. */
  readonly blockCharsMax: number;
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
    blockCharsMax: Infinity,
    find: (text) =>
      [...text.matchAll(pattern)].map(({ index, 0: { length } }) => ({ from: index, to: index + length })),
    replacement: (_, __, replacement) => replacement,
  };
}

const endsInWord = new RegExp(`${wordChar}$`, "u");
const beginsWithWord = new RegExp(`^${wordChar}`, "u");
/** A letter may be two units long. */
const isBounded = (text: string, { from, to }: Found): boolean =>
  !endsInWord.test(text.slice(Math.max(0, from - 2), from)) && !beginsWithWord.test(text.slice(to, to + 2));

/** How much is made of a pattern, at most: engines like this write out what is repeated. */
function workOf(text: string): number {
  const repeats = [...text.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, from, to]) => Number(to || from));
  // RE2 takes no more than 1,000 of anything, one in another included.
  return (
    text.length *
    Math.min(
      1_000,
      repeats.reduce((all, each) => all * Math.max(1, each), 1),
    )
  );
}

/** Without the pattern, which is on screen, and which the engine repeats with what it has put before it. */
const reason = (message: string): string =>
  message.replace(/^error parsing regexp: /, "").replace(/: `[^]*`$/, "");

/** @returns in words why a pattern is none */
async function pattern(wanted: Wanted): Promise<FindQuery | string> {
  if (workOf(wanted.text) > findPatternWorkMax) return "This pattern repeats too much to be searched for.";
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
      blockCharsMax: Math.floor(findBlockWorkMax / compiled.programSize()),
      find,
      replacement(text, { from }, replacement) {
        const matcher = compiled.matcher(text);
        if (!matcher.find(from) || matcher.start() !== from) return replacement;
        return replacement.replaceAll(/\$(\d)|\$\$/g, (sign, group: string | undefined) => {
          if (group === undefined) return "$";
          return Number(group) <= matcher.groupCount() ? (matcher.group(Number(group)) ?? "") : sign;
        });
      },
    };
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return `This is no pattern: ${reason(error.message)}.`;
  }
}

/** @returns null where nothing is looked for, or in words why it cannot be */
export function findQuery(wanted: Wanted): Promise<FindQuery | string | null> {
  if (wanted.text === "") return Promise.resolve(null);
  if (wanted.text.length > findTypedCharsMax)
    return Promise.resolve(`More than ${findTypedCharsMax} characters are not looked for.`);
  return wanted.isPattern ? pattern(wanted) : Promise.resolve(literal(wanted));
}

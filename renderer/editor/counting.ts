/**
 * How many words and characters a text has.
 *
 * A word is what Unicode's segmentation (`Intl.Segmenter`, which has dictionaries for Chinese, Japanese, Thai and their
 * like) calls one; parts with a hyphen between them are one word, as in every word processor. A character is what a
 * person sees as one: a grapheme cluster. The ends of lines are none. One locale for all, so that every device counts
 * the same. Text of plain letters takes a quicker way to the same numbers, and a test holds the two against each other.
 */
import { pieceChars, pieceCharsMax } from "./limits.ts";

export type Counts = { readonly words: number; readonly characters: number; readonly withoutSpaces: number };

export const noCounts: Counts = { words: 0, characters: 0, withoutSpaces: 0 };

export const plus = (a: Counts, b: Counts, sign: 1 | -1 = 1): Counts => ({
  words: a.words + sign * b.words,
  characters: a.characters + sign * b.characters,
  withoutSpaces: a.withoutSpaces + sign * b.withoutSpaces,
});

const locale = "en";
const wordSegmenter = new Intl.Segmenter(locale, { granularity: "word" });
const characterSegmenter = new Intl.Segmenter(locale, { granularity: "grapheme" });

/** Of a piece, as `pieces` makes them: the time it takes grows with the length. */
export function countText(text: string): Counts {
  const words = latinWords(text) ?? segmentedWords(text);
  return { words, ...(plainCharacters(text) ?? segmentedCharacters(text)) };
}

const hyphens = new Set(["-", "\u2010", "\u2011"]);

export function segmentedWords(text: string): number {
  let words = 0;
  let isAfterWord = false;
  let isJoined = false;
  for (const { segment, isWordLike } of wordSegmenter.segment(text)) {
    if (isWordLike === true && !isJoined) words++;
    isJoined = isWordLike !== true && isAfterWord && hyphens.has(segment);
    isAfterWord = isWordLike === true;
  }
  return words;
}

export function segmentedCharacters(text: string): Omit<Counts, "words"> {
  let characters = 0;
  let spaces = 0;
  for (const { segment } of characterSegmenter.segment(text)) {
    if (lineEnd.test(segment)) continue;
    characters++;
    if (startsWithSpace.test(segment)) spaces++;
  }
  return { characters, withoutSpaces: characters - spaces };
}

const lineEnd = /^[\n\r\u2028\u2029]/;
const startsWithSpace = /^\s/;

/**
 * Letters that are each a character whatever stands beside them: no combining marks, no jamo, no emoji, no Indic
 * scripts, and no "\r", which is one with a "\n" behind it.
 */
const plain =
  /^[\t\n -~\u00a0-\u02ff\u0370-\u0482\u048a-\u0587\u05d0-\u05ea\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u3000-\u3029\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;

export function plainCharacters(text: string): Omit<Counts, "words"> | null {
  if (!plain.test(text)) return null;
  const lineEnds = text.match(/\n/g)?.length ?? 0;
  const spaces = text.match(/\s/g)?.length ?? 0;
  return { characters: text.length - lineEnds, withoutSpaces: text.length - spaces };
}

// The word break rules (Unicode Standard Annex 29) of the classes that Latin text is made of.
const unknown = 0; // anything else: ask the segmenter
const letter = 1;
const digit = 2;
const between = 3; // spaces and marks that are always a border
const inWords = 4; // between two letters or two digits it is none: don't, e.g, 3.14
const inNumbers = 5; // between two digits it is none: 1,204
const hyphen = 6;

const classes = classesOfLatin();

function classesOfLatin(): Uint8Array {
  const table = new Uint8Array(0x2027);
  const fill = (characters: string, as: number): void => {
    for (const one of characters) table[one.charCodeAt(0)] = as;
  };
  for (let code = 0; code < 0x180; code++) {
    const one = String.fromCharCode(code);
    if (/[\p{L}]/u.test(one)) table[code] = letter;
  }
  fill("0123456789", digit);
  // Not the colon, which is in a word or not as the version of Unicode has it, nor what joins as "_" does.
  fill('\t\n !"#$%&()*+/<=>?@[\\]^`{|}~\u00a0¡¢£¤¥¦§«¬°±²³¶¹»¼½¾¿×÷–—―“”„†‡•…', between);
  fill(".'‘’", inWords);
  fill(",;", inNumbers);
  fill("-\u2010\u2011", hyphen);
  return table;
}

/** @returns null where the text has something that only the segmenter knows about */
export function latinWords(text: string): number | null {
  let words = 0;
  let before = between;
  let beforeThat = between;
  for (let at = 0; at < text.length; at++) {
    const now = classes[text.charCodeAt(at)] ?? unknown;
    if (now === unknown) return null;
    if (now <= digit && !continues(beforeThat, before, now)) words++;
    beforeThat = before;
    before = now;
  }
  return words;
}

/** Whether a letter or a digit belongs to the word before it. */
function continues(beforeThat: number, before: number, now: number): boolean {
  switch (before) {
    case letter:
    case digit:
      return true;
    case inWords:
      return beforeThat === now;
    case inNumbers:
      return beforeThat === digit && now === digit;
    case hyphen:
      return beforeThat === letter || beforeThat === digit;
    default:
      return false;
  }
}

/** A letter before which a space stands for itself, with no mark that would join them. */
const plainBeforeSpace = 0x300;
const ideographicStops = "。！？、，\n";

/**
 * Cuts a text where a word ends, so that what the pieces have is what the whole has. One that is without a border over
 * `pieceCharsMax` is cut anyway: nobody wrote that.
 */
export function pieces(text: string): string[] {
  if (text.length <= pieceChars) return [text];
  const cut: string[] = [];
  let from = 0;
  while (text.length - from > pieceChars) {
    const to = borderFrom(text, from + pieceChars, from + pieceCharsMax);
    cut.push(text.slice(from, to));
    from = to;
  }
  if (from < text.length) cut.push(text.slice(from));
  return cut;
}

function borderFrom(text: string, first: number, last: number): number {
  for (let at = first; at < Math.min(last, text.length); at++) {
    const before = text.charCodeAt(at - 1);
    if (text.charCodeAt(at) === 0x20 && before < plainBeforeSpace) return at;
    if (ideographicStops.includes(text.charAt(at - 1)) && isIdeographic(text.charCodeAt(at))) return at;
  }
  if (last >= text.length) return text.length;
  const isInPair = (text.charCodeAt(last) & 0xfc00) === 0xdc00;
  return isInPair ? last - 1 : last;
}

/** Han and kana without the marks that would go with the letter before. */
const isIdeographic = (code: number): boolean =>
  (code >= 0x4e00 && code <= 0x9fff) ||
  (code >= 0x3041 && code <= 0x3096) ||
  (code >= 0x30a1 && code <= 0x30fa);

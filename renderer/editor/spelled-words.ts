/**
 * The words of a text that spelling is checked of. What is no prose is no word: addresses, code and formulas, what
 * has digits in it, acronyms and names like "iPhone"; and scripts that no dictionary of words is made for. Parts of a
 * word with a hyphen are words of their own.
 */
import type { Node } from "prosemirror-model";
import { spelledBlockCharsMax, spelledWordCharsMax } from "./limits.ts";

/** Offsets are of the text, or positions in the document where it says so. */
export type SpelledWord = { readonly from: number; readonly to: number; readonly word: string };

/** Addresses, mail, paths and names of files. Each test is linear: the text may be made to be slow. */
const isAddress = (token: string): boolean =>
  token.includes("://") ||
  token.includes("\\") ||
  token.includes("@") ||
  /^(?:www\.|mailto:|[("'‘“]?[~.]{0,2}\/)/i.test(token) ||
  /\p{L}\.\p{L}/u.test(token) ||
  /\/[^/]*\//.test(token);
/** With what touches it, so that "x86" and "snake_case" are seen whole. */
const run = /[\p{L}\p{M}\p{N}_'’]+/gu;
const unspelled =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

export function spelledWords(text: string): readonly SpelledWord[] {
  const prose = text.replaceAll(/\S+/g, (token) => (isAddress(token) ? " ".repeat(token.length) : token));
  const words: SpelledWord[] = [];
  for (const match of prose.matchAll(run)) {
    if (match[0].length > 2 * spelledWordCharsMax) continue;
    const lead = /^['’]+/.exec(match[0])?.[0].length ?? 0;
    const word = match[0].slice(lead).replace(/['’]+$/, "");
    if (!isSpelled(word)) continue;
    const from = match.index + lead;
    words.push({ from, to: from + word.length, word });
  }
  return words;
}

function isSpelled(word: string): boolean {
  if (word.length > spelledWordCharsMax || /[\p{N}_]/u.test(word) || unspelled.test(word)) return false;
  const letters = word.replaceAll(/[^\p{L}]/gu, "");
  if ([...letters].length < 2) return false;
  return !/\p{Lu}/u.test(letters.slice(1));
}

const caches = new WeakMap<Node, readonly SpelledWord[]>();

/** Of a textblock, by offsets in it: nodes are persistent, so each is read once. */
export function wordsOfBlock(block: Node): readonly SpelledWord[] {
  let words = caches.get(block);
  if (!words) caches.set(block, (words = readBlock(block)));
  return words;
}

function readBlock(block: Node): readonly SpelledWord[] {
  if (block.type.spec.code || block.content.size > spelledBlockCharsMax) return [];
  let text = "";
  block.forEach((child) => {
    const isProse =
      child.isText && !child.marks.some(({ type }) => type.name === "code" || type.name === "math");
    text += isProse ? (child.text ?? "") : "\u0000".repeat(child.nodeSize);
  });
  return spelledWords(text);
}

/** The word that a position touches, by positions in the document; null where there is none. */
export function wordAt(doc: Node, pos: number): SpelledWord | null {
  const $pos = doc.resolve(pos);
  if (!$pos.parent.isTextblock) return null;
  return touched(wordsOfBlock($pos.parent), $pos.parentOffset, $pos.start());
}

/** The same in a text, by offsets. */
export const wordIn = (text: string, offset: number): SpelledWord | null =>
  touched(spelledWords(text), offset, 0);

function touched(words: readonly SpelledWord[], offset: number, start: number): SpelledWord | null {
  const found = words.find(({ from, to }) => from <= offset && offset <= to);
  return found ? { word: found.word, from: start + found.from, to: start + found.to } : null;
}

/**
 * Real Markdown of any length for tests and benches, without keeping a book in the repository:
 * the READMEs and changelogs of the installed packages, in the order of their paths.
 *
 * The same lockfile gives the same text. Where the packages say less than is asked for, it begins
 * again from the first.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const packages = fileURLToPath(new URL("../node_modules", import.meta.url));

/** The Markdown files that the installed packages ship, by path; `only` picks by file name. */
export function markdownFiles(only: RegExp = /\.md$/i): string[] {
  return readdirSync(packages, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && only.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => (a < b ? -1 : 1));
}

export const countWords = (text: string): number => text.match(/\S+/g)?.length ?? 0;

/** Exactly `words` words of Markdown, a word being what stands between white space. */
export function bookMarkdown(words: number): string {
  const texts = markdownFiles(/^(?:readme|changelog)\.md$/i).map((file) => readFileSync(file, "utf8"));
  if (texts.every((text) => countWords(text) === 0)) throw new RangeError(`no Markdown under ${packages}`);
  let book = "";
  for (let left = words, at = 0; left > 0; at++) {
    const text = texts[at % texts.length] ?? "";
    const taken = firstWords(text, left);
    book += `${taken}\n\n`;
    left -= countWords(taken);
  }
  return book;
}

function firstWords(text: string, words: number): string {
  let left = words;
  for (const word of text.matchAll(/\S+/g))
    if (--left === 0) return text.slice(0, word.index + word[0].length);
  return text;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { words: { type: "string", default: "100000" } } });
  const words = Number(values.words);
  if (!Number.isInteger(words) || words < 1) throw new RangeError("--words takes a whole number from 1");
  process.stdout.write(bookMarkdown(words));
}

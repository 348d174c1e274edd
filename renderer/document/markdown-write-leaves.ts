/** Leaves of text as Markdown: text with its escapes, code, formulas, addresses, images. */
import type { Node } from "prosemirror-model";
import { filePath } from "./file-path.ts";
import { imagePath } from "./image-path.ts";
import { isSafeSource } from "./link.ts";

/** An image as Markdown; null where it has neither a picture of ours nor a safe address. */
export function imageOf({ attrs }: Node, inTable = false): string | null {
  const { hash, mediaType, source, alt, title } = attrs as Record<string, string>;
  const address = imagePath(hash ?? "", mediaType ?? "") ?? source ?? "";
  if (!isSafeSource(address)) return null;
  return `![${escaped((alt ?? "").replace(/\s+/g, " "))}](${target(address, title ?? "", inTable)})`;
}

/** A file as Markdown: a link that is called as it is; null where it has no blob. */
export function fileOf({ attrs }: Node, inTable = false): string | null {
  const { hash = "", name = "" } = attrs as Record<string, string>;
  const path = filePath(hash, name);
  // A label that begins with ^ is a footnote's.
  const label = escaped(name).replace(/^\^/, "\\^");
  return path && `[${label}](${target(path, "", inTable)})`;
}

/** A run of `sign` that is not in `text`, of at least so many. */
function fenceFor(text: string, sign: string, least: number): string {
  const runs = new Set((text.match(new RegExp(`\\${sign}+`, "g")) ?? []).map(({ length }) => length));
  let length = least;
  while (runs.has(length)) length++;
  return sign.repeat(length);
}

export function codeOf(text: string, inTable: boolean): string {
  const fence = fenceFor(text, "`", 1);
  const isPadded = /^`|`$/.test(text) || (/^ [^]* $/.test(text) && text.trim() !== "");
  const inner = isPadded ? ` ${text} ` : text;
  return fence + (inTable ? inner.replaceAll("|", "\\|") : inner) + fence;
}

export function mathOf(formula: string): string {
  const fence = fenceFor(formula, "$", formula.endsWith("\\") ? 2 : 1);
  return /^\$|\$$/.test(formula) ? `${fence} ${formula} ${fence}` : fence + formula + fence;
}

export function target(href: string, title: string, inTable: boolean): string {
  const safe = href.replace(/[\r\n]/g, (end) => (end === "\n" ? "%0A" : "%0D"));
  const isPlain = /^[\w\-./:?=#%~+,;@!$'&]+$/.test(safe);
  const address = entitled(isPlain ? safe : `<${safe.replace(/[\\<>]/g, "\\$&")}>`);
  const named = title.replace(/[\r\n]+/g, " ");
  const whole = named === "" ? address : `${address} "${entitled(named.replace(/[\\"]/g, "\\$&"))}"`;
  return inTable ? whole.replaceAll("|", "\\|") : whole;
}

/** With ampersands that would begin a character reference escaped. */
const entitled = (text: string): string => text.replace(/&(?=#|[a-z])/gi, "\\&");

const addresses = /(?:https?:\/\/|www\.)[^\s<]*/gi;

/**
 * Text with all escaped that could be read as more.
 *
 * An address in the text is a link to whoever reads it, escapes and all; one that holds any is not let be read as one.
 */
export function escaped(text: string, inHeading = false, isWhole = false): string {
  let out = "";
  let from = 0;
  for (const { 0: address, index } of text.matchAll(addresses)) {
    const written = escapedWords(address, inHeading);
    const ends = index + address.length === text.length && !isWhole;
    out += escapedWords(text.slice(from, index), inHeading);
    out +=
      written === address && !ends ? address : written.replace(/[:.]/, (sign) => `&#${sign.charCodeAt(0)};`);
    from = index + address.length;
  }
  return out + escapedWords(text.slice(from), inHeading);
}

const escapedWords = (text: string, inHeading: boolean): string =>
  text
    .replace(/[\\`*[\]<$~|]|&(?=#|[a-z])|!$/gi, "\\$&")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
    .replace(/#/g, inHeading ? "\\#" : "#");

/** A line that begins no block, and whose white space at the ends stays. */
export function edged(line: string): string {
  const edge = (space: string): string => `&#${space.charCodeAt(0)};`;
  return line
    .replace(/^[ \t]/, edge)
    .replace(/[ \t]$/, edge)
    .replace(/^(?:#{1,6}(?=\s|$)|>|[-+](?=[\s\-+:]|$)|=+$|:(?=-))/, "\\$&")
    .replace(/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2");
}

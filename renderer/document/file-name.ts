/**
 * What a file in a document may be called: a name, never a path, and nothing in it that shows other than it is
 * written. It comes from other people's devices and becomes the name that a save dialog offers.
 */
import { fileNameCharsMax } from "./limits.ts";

/** Controls, what turns the direction of writing, halves of characters, ends of lines, separators of paths. */
const notShown = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\]/u;
const allNotShown = new RegExp(notShown, "gu");

export const isFileName = (name: string): boolean => name.length <= fileNameCharsMax && !notShown.test(name);

/** The name without what no name has; "" where nothing is left. A long one keeps its extension. */
export function fileNameFrom(name: string): string {
  const plain = name.replaceAll(allNotShown, " ").replaceAll(/\s+/g, " ").trim();
  if (plain.length <= fileNameCharsMax) return plain;
  const extension = /\.[^. ]{1,16}$/u.exec(plain)?.[0] ?? "";
  let kept = "";
  // Between characters: half of one would be none.
  for (const character of plain) {
    if (kept.length + character.length + extension.length > fileNameCharsMax) break;
    kept += character;
  }
  return kept.trimEnd() + extension;
}

/** What its program said that it is: for whoever shows it. Nothing is served or run by it. */
export const isMediaType = (type: string): boolean =>
  type === "" || /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(type);

/**
 * The name that a document's file is offered under: its title, without what a file's name cannot have on any
 * of the systems that it may be copied to. The person changes it in the dialog as they like.
 */
import { exportNameCharsMax } from "./limits.ts";

/** Names that are devices on Windows, whatever follows a dot. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

export const exportName = (title: string): string => `${plainName(title, "Untitled")}.md`;

/** @param otherwise where nothing of it is left */
export function plainName(text: string, otherwise: string): string {
  const plain = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, " ")
    .replaceAll(/[/\\:*?"<>|]/g, "-")
    .replaceAll(/\s+/g, " ");
  // Neither hidden nor out of this folder, and Windows drops dots and spaces at the end.
  const inner = [...plain]
    .slice(0, exportNameCharsMax)
    .join("")
    .replaceAll(/^[. ]+|[. ]+$/g, "");
  const name = inner === "" ? otherwise : inner;
  return reserved.test(name) ? name.replace(/^[^.]*/, "$&-") : name;
}
